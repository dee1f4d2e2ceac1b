import type { Knex } from 'knex';
import { EXAMPLES, type Finding } from '../../tenancy/doctor/report.ts';
import type { RecordedScopes } from '../../tenancy/scopes.ts';
import type { FullAccess, ServiceContext } from '../directus.ts';

/** What a check looks at. */
export interface DoctorContext extends ServiceContext {
  /** Directus' services, with a schema that was just read. */
  access: FullAccess;
  recorded: RecordedScopes;
  /** Where the doctor works: in a Directus that answers requests, or in a command that ends by itself. */
  place: DoctorPlace;
}

export type DoctorPlace = 'server' | 'command';

/** One thing that isolation depends on. */
export interface Check {
  readonly id: string;
  examine(context: DoctorContext): Finding | Promise<Finding>;
  /**
   * Mends what can be mended without a decision of somebody who knows the project; the second time there is nothing to do.
   * Answers what was done, null where nothing was.
   */
  mend?(context: DoctorContext): Promise<string | null>;
}

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
