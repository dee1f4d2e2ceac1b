import { DatabaseSync } from 'node:sqlite';
import knex from 'knex';
import type { Database } from '../../scripts/hosts/databases.ts';

/**
 * Runs one statement beside Directus, for what no route can bring about: states that only a crash, another version or
 * another instance leaves behind. Values are bound to question marks.
 */
export async function runSql(
  { kind, connection }: Database,
  statement: string,
  values: (string | number | null)[] = [],
): Promise<Record<string, unknown>[]> {
  if ('filename' in connection) {
    const database = new DatabaseSync(connection.filename, { timeout: 10_000 });
    try {
      return database.prepare(statement).all(...values);
    } finally {
      database.close();
    }
  }

  const client = kind === 'postgres' ? 'pg' : 'mysql2';
  const database = knex({ client, connection: connection.connectionString, pool: { min: 0, max: 1 } });
  try {
    const result: unknown = await database.raw(statement, values);
    return rowsOf(result);
  } finally {
    await database.destroy();
  }
}

/** The rows of an answer: PostgreSQL's driver gives an object with them, MySQL's a pair of them and their fields. */
function rowsOf(result: unknown): Record<string, unknown>[] {
  const rows: unknown = Array.isArray(result) ? result[0] : (result as { rows: unknown }).rows;
  return Array.isArray(rows) ? (rows as Record<string, unknown>[]) : [];
}
