/** The median; of an even number of values the higher of the two in the middle. */
export function medianOf(values: readonly number[]): number {
  return quantileOf(values, 0.5);
}

/** The value below which that part of all values is. */
export function quantileOf(values: readonly number[], part: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? NaN;
}

/** How something compares with what it is set beside, measured alternately. */
export interface Ratio {
  median: number;
  /** Of the 95th percentiles. */
  slow: number;
  /** The lowest and the highest ratio of medians among parts of the run, which tell how much of it is chance. */
  spread: [number, number];
}

const PARTS = 10;

/** @param base measured in the same rounds as `values` */
export function ratioOf(values: readonly number[], base: readonly number[]): Ratio {
  const size = Math.max(1, Math.floor(values.length / PARTS));
  const parts: number[] = [];

  for (let from = 0; from + size <= values.length; from += size) {
    parts.push(medianOf(values.slice(from, from + size)) / medianOf(base.slice(from, from + size)));
  }

  return {
    median: medianOf(values) / medianOf(base),
    slow: quantileOf(values, 0.95) / quantileOf(base, 0.95),
    spread: [Math.min(...parts), Math.max(...parts)],
  };
}

/** A ratio in a cell of a table: `1.12 (1.05 to 1.20; 95 %: 1.18)`. */
export function formatRatio({ median, slow, spread: [low, high] }: Ratio): string {
  return `${median.toFixed(2)} (${low.toFixed(2)} to ${high.toFixed(2)}; 95 %: ${slow.toFixed(2)})`;
}
