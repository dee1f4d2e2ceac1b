import { DatabaseSync } from 'node:sqlite';
import knex from 'knex';
import type { Database } from '../../scripts/hosts/databases.ts';

/**
 * Runs one statement beside Directus, for what no route can bring about: states that only a crash, another version or
 * another instance leaves behind. Values are bound to question marks.
 */
export async function runSql(
  { connection }: Database,
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

  const database = knex({ client: 'pg', connection: connection.connectionString, pool: { min: 0, max: 1 } });
  try {
    const result = await database.raw<{ rows: Record<string, unknown>[] }>(statement, values);
    return result.rows;
  } finally {
    await database.destroy();
  }
}
