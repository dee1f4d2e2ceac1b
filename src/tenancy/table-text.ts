/**
 * A table for a terminal, line by line, the header first.
 *
 * @param texts how many columns hold text; in those after them numbers stand below each other by their last digits
 */
export function columnsAsText(
  header: readonly string[],
  rows: readonly (readonly string[])[],
  texts: number,
): string[] {
  const widths = header.map((title, column) =>
    Math.max(title.length, ...rows.map((cells) => cells[column]?.length ?? 0)),
  );

  return [header, ...rows].map((cells) =>
    cells
      .map((cell, column) => (column < texts ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join('  ')
      .trimEnd(),
  );
}
