import type { Knex } from 'knex';
import { EXAMPLES } from '../tenancy/doctor/report.ts';

/** How many rows a query meets, and some of them. */
export interface Sample {
  count: number;
  examples: string[];
}

/**
 * Counts the rows of a query and names some of them, in one query.
 *
 * @param columns what names a row, qualified as the query needs it; several are put together with a colon
 */
export async function sampleOf(
  database: Knex,
  query: Knex.QueryBuilder,
  ...columns: [string, ...string[]]
): Promise<Sample> {
  const names = columns.map((_column, index) => `example_${index}`);

  const rows: Record<string, unknown>[] = await query
    .select(Object.fromEntries(columns.map((column, index) => [names[index], column])))
    .select(database.raw('COUNT(*) OVER () AS ??', ['total']))
    .orderBy(columns.map((column) => ({ column })))
    .limit(EXAMPLES);

  return {
    count: Number(rows[0]?.['total'] ?? 0),
    examples: rows.map((row) => names.map((name) => String(row[name])).join(': ')),
  };
}
