import type { Database } from '../../../scripts/hosts/databases.ts';
import { runSql } from '../sql.ts';

/** Every row of a project, as text, by table. */
export type Rows = Map<string, string[]>;

/** What changes by itself when somebody asks for something. */
const VOLATILE_FIELDS: Record<string, string[]> = { directus_users: ['last_access'] };

/** Tables that grow by themselves; what was there has to stay as it was. */
const GROWING = ['directus_activity', 'directus_revisions', 'directus_sessions', 'tenancy_audit'];

/** Reads the whole database beside Directus, with the definitions of its tables. */
export async function readRows(database: Database): Promise<Rows> {
  const tables = await runSql(database, `SELECT name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite_%'`);
  const rows: Rows = new Map([['sqlite_master', tables.map((row) => JSON.stringify(row))]]);

  for (const { name } of await runSql(
    database,
    `SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'`,
  )) {
    const table = String(name);
    const volatile = VOLATILE_FIELDS[table] ?? [];
    const found = await runSql(database, `SELECT * FROM "${table}"`);
    rows.set(
      table,
      found.map((row) =>
        JSON.stringify(Object.fromEntries(Object.entries(row).filter(([field]) => !volatile.includes(field)))),
      ),
    );
  }

  return rows;
}

export interface Allowance {
  /** Rows that name one of these ids may come, go and change. */
  ids: readonly string[];
  /** Sessions that may end: those of whoever asked. */
  sessions: readonly string[];
}

/** What became of the rows, in words; empty when nothing happened that is not allowed. */
export function differences(before: Rows, after: Rows, { ids, sessions }: Allowance): string[] {
  return [...new Set([...before.keys(), ...after.keys()])].flatMap((table) => {
    const allowed = table === 'directus_sessions' ? sessions : ids;
    const isAllowed = (row: string): boolean => allowed.some((id) => row.includes(id));
    const [old, now] = [before.get(table) ?? [], after.get(table) ?? []];
    const [had, has] = [new Set(old), new Set(now)];

    return [
      ...old.filter((row) => !has.has(row) && !isAllowed(row)).map((row) => `${table} lost ${row}`),
      ...(GROWING.includes(table)
        ? []
        : now.filter((row) => !had.has(row) && !isAllowed(row)).map((row) => `${table} has ${row}`)),
    ];
  });
}
