import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Database } from '../../scripts/hosts/databases.ts';
import type { Host } from '../../scripts/hosts/host.ts';
import { runSql } from './sql.ts';

/** Every row of every table, as text. */
export type Dump = Map<string, string[]>;

const TABLES = {
  sqlite: `SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'`,
  postgres: `SELECT table_name AS name FROM information_schema.tables
    WHERE table_schema = 'public' AND table_type = 'BASE TABLE' AND table_name <> 'spatial_ref_sys'`,
  mariadb: `SELECT table_name AS name FROM information_schema.tables WHERE table_schema = DATABASE()`,
};

/** Reads the whole database. */
export async function dumpOf(database: Database): Promise<Dump> {
  const dump: Dump = new Map();

  for (const { name } of await runSql(database, TABLES[database.kind])) {
    const table = String(name);
    const rows = await runSql(database, `SELECT * FROM ${table}`);
    dump.set(table, rows.map((row) => JSON.stringify(row)).sort());
  }

  return dump;
}

/** What of a dump is not in another one, by table. */
export function rowsOnlyIn(dump: Dump, other: Dump): Record<string, string[]> {
  const found: Record<string, string[]> = {};

  for (const [table, rows] of dump) {
    const others = new Set(other.get(table));
    const only = rows.filter((row) => !others.has(row));
    if (only.length > 0) found[table] = only;
  }

  return found;
}

/** The names of all stored files, those that were derived from others too. */
export async function storedFiles(host: Pick<Host, 'directory'>): Promise<string[]> {
  return (await readdir(join(host.directory, 'uploads'))).sort();
}
