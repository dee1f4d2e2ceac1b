import { DatabaseSync } from 'node:sqlite';
import type { Database } from '../../scripts/hosts/databases.ts';
import { runSql } from './sql.ts';

/**
 * Makes the database take rows of a collection without tenant again, as after somebody altered the column by hand, or before
 * this extension did. What keeps such rows out is Directus and its hooks alone then.
 */
export async function allowUnownedRows(database: Database, collection: string): Promise<void> {
  switch (database.kind) {
    case 'postgres':
      await runSql(database, `ALTER TABLE ${collection} ALTER COLUMN tenant_id DROP NOT NULL`);
      return;
    case 'mariadb':
      await runSql(
        database,
        `ALTER TABLE ${collection} MODIFY tenant_id ${await typeOnMariadb(database, collection)} NULL`,
      );
      return;
    case 'sqlite':
      rewriteOnSqlite(database, collection);
  }
}

/** With the character set: another one would not fit the column that the foreign key leads to. */
async function typeOnMariadb(database: Database, collection: string): Promise<string> {
  const [column] = await runSql(
    database,
    `SELECT CONCAT(column_type, ' CHARACTER SET ', character_set_name, ' COLLATE ', collation_name) AS type
    FROM information_schema.columns
    WHERE table_schema = DATABASE() AND table_name = ? AND column_name = 'tenant_id'`,
    [collection],
  );

  return String(column?.['type']);
}

/** SQLite alters no column: the statement that made the table is changed where the database keeps it. */
function rewriteOnSqlite({ connection }: Database, collection: string): void {
  if (!('filename' in connection)) throw new Error('A file of SQLite was expected.');
  const database = new DatabaseSync(connection.filename, { timeout: 10_000 });

  try {
    const where = `type = 'table' AND name = '${collection}'`;
    const { sql } = database.prepare(`SELECT sql FROM sqlite_master WHERE ${where}`).get() as { sql: string };
    const changed = sql.replace(/([`"]tenant_id[`"] [^,]*?) not null/i, '$1');
    if (changed === sql) throw new Error(`"${collection}" takes rows without tenant already: ${sql}`);

    const { schema_version: version } = database.prepare('PRAGMA schema_version').get() as { schema_version: number };
    database.exec('PRAGMA writable_schema = ON');
    database.prepare(`UPDATE sqlite_master SET sql = ? WHERE ${where}`).run(changed);
    database.exec(`PRAGMA schema_version = ${version + 1}`);
  } finally {
    database.close();
  }
}
