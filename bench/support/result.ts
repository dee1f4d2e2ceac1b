import { writeFile } from 'node:fs/promises';
import { say } from './project.ts';
import { formatRatio, type Ratio } from './statistics.ts';

/** What a benchmark found out. */
export interface Result {
  /** What was measured, and how; whole sentences. */
  text: string;
  head: string[];
  rows: string[][];
  /** For programs: ratios by row and column, where the rows are kinds of requests. */
  ratios?: Record<string, Record<string, Ratio>>;
}

/** A result with a row for each kind of request and a column for each subject but the first. */
export function resultOf(text: string, ratios: Record<string, Record<string, Ratio>>): Result {
  const labels = Object.keys(Object.values(ratios)[0] ?? {});

  return {
    text,
    head: ['request', ...labels],
    rows: Object.entries(ratios).map(([kind, byLabel]) => [kind, ...Object.values(byLabel).map(formatRatio)]),
    ratios,
  };
}

/** The result as Markdown. */
export function asMarkdown({ text, head, rows }: Result): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [text, '', line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

/** Prints a result, and keeps it for programs where a file is named. */
export async function tell(result: Result, file: string | undefined): Promise<void> {
  say(asMarkdown(result));
  if (file !== undefined) await writeFile(file, `${JSON.stringify(result, null, 2)}\n`);
}
