import type { Database } from '../../scripts/hosts/databases.ts';
import type { Account } from '../../tests/support/client.ts';
import { runSql } from '../../tests/support/sql.ts';
import { must } from '../../tests/support/world.ts';

/** How much there is. */
export interface Size {
  tenants: number;
  /** Tasks of each tenant; it has a tenth as many projects, and a fiftieth as many clients. */
  rows: number;
  /** Files of each tenant. */
  files: number;
  /** Tasks that the first tenant has besides. */
  whale: number;
}

/** The collections that are measured, each referring to the one before. */
export const COLLECTIONS = ['clients', 'projects', 'tasks'] as const;

/** The column of the tenant, in all variants but the one that has the rows of one tenant alone. */
export const COLUMN = 'tenant_id';

/** Rows of each tenant in a table. */
export function countOf(table: (typeof COLLECTIONS)[number], { rows }: Size): number {
  return Math.max(1, Math.round(rows / { clients: 50, projects: 10, tasks: 1 }[table]));
}

/** The tenant that is measured: one in the middle. */
export function measuredTenant({ tenants }: Size): number {
  return Math.ceil(tenants / 2);
}

const reference = (field: string) => ({ field, type: 'integer', schema: {} });

/** Creates the collections, without rows. */
export async function createCollections(superAdmin: Account): Promise<void> {
  const key = { field: 'id', type: 'integer', schema: { is_primary_key: true, has_auto_increment: true } };
  const text = (field: string) => ({ field, type: 'string', schema: {} });

  for (const [collection, fields] of [
    ['clients', [text('name')]],
    ['projects', [text('title'), reference('client')]],
    ['tasks', [text('title'), { field: 'done', type: 'boolean', schema: {} }, reference('project')]],
  ] as const) {
    await must(superAdmin, 'POST', '/collections', { collection, schema: {}, meta: {}, fields: [key, ...fields] });
  }

  for (const [collection, field, target] of [
    ['projects', 'client', 'clients'],
    ['tasks', 'project', 'projects'],
  ]) {
    await must(superAdmin, 'POST', '/relations', {
      collection,
      field,
      related_collection: target,
      schema: { on_delete: 'SET NULL' },
    });
  }
}

/** SQL of both databases that are measured. */
export interface Dialect {
  /** The numbers from one to another, as a table with the column `number`. */
  numbers(from: number, to: number): string;
  /** The key of the tenant with that number, by an expression. */
  tenantKey(number: string): string;
  /** Text as JSON. */
  json(text: string): string;
  uuid(text: string): string;
}

export function dialectOf({ kind }: Database): Dialect {
  const isSqlite = kind === 'sqlite';
  const uuid = (text: string): string => (isSqlite ? text : `CAST(${text} AS uuid)`);

  return {
    numbers: (from, to) =>
      isSqlite
        ? `(WITH RECURSIVE counter(number) AS (SELECT ${from} UNION ALL SELECT number + 1 FROM counter WHERE number < ${to}) SELECT number FROM counter)`
        : `generate_series(${from}, ${to})`,
    tenantKey: (number) =>
      uuid(
        `'00000000-0000-4000-8000-' || ` +
          (isSqlite ? `substr('000000000000' || ${number}, -12)` : `lpad(CAST(${number} AS text), 12, '0')`),
      ),
    json: (text) => (isSqlite ? text : `CAST(${text} AS json)`),
    uuid,
  };
}

/** The key that {@link Dialect.tenantKey} gives a tenant. */
export function keyOfTenant(number: number): string {
  return `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;
}

/**
 * Fills the collections by SQL: keys and texts of the rows of one tenant are the same whether there are others or not.
 *
 * @param tenants the first and the last number of a tenant
 * @param column whether rows name their tenant
 */
export async function fill(
  database: Database,
  size: Size,
  [from, to]: [number, number],
  column: boolean,
): Promise<void> {
  const { numbers, tenantKey } = dialectOf(database);
  const tenants = `${numbers(from, to)} AS tenant(number)`;
  const [named, key] = column ? [`, ${COLUMN}`, `, ${tenantKey('tenant.number')}`] : ['', ''];
  const [clients, projects, tasks] = COLLECTIONS.map((table) => countOf(table, size)) as [number, number, number];

  const insert = (table: string, count: number, columns: string, values: string): Promise<unknown> =>
    runSql(
      database,
      `INSERT INTO ${table} (id, ${columns}${named})
       SELECT (tenant.number - 1) * ${count} + line.number, ${values}${key}
       FROM ${aliased(database, tenants)}, ${aliased(database, `${numbers(1, count)} AS line(number)`)}`,
    );

  const parent = (count: number): string => `(tenant.number - 1) * ${count} + 1 + line.number % ${count}`;
  await insert('clients', clients, 'name', `'client ' || line.number`);
  await insert('projects', projects, 'title, client', `'project ' || line.number, ${parent(clients)}`);
  await insert(
    'tasks',
    tasks,
    'title, done, project',
    `'task ' || line.number, line.number % 2 = 0, ${parent(projects)}`,
  );

  if (size.whale > 0 && from === 1) {
    await runSql(
      database,
      `INSERT INTO tasks (id, title, done, project${named})
       SELECT ${size.tenants * tasks} + number, 'task ' || number, number % 2 = 0, 1 + number % ${projects}${column ? `, ${tenantKey('1')}` : ''}
       FROM ${aliased(database, `${numbers(1, size.whale)} AS line(number)`)}`,
    );
  }

  if (size.files > 0) {
    const fileKey = dialectOf(database).uuid(
      database.kind === 'sqlite'
        ? `'10000000-0000-4000-8000-' || substr('000000000000' || ((tenant.number - 1) * ${size.files} + line.number), -12)`
        : `'10000000-0000-4000-8000-' || lpad(CAST((tenant.number - 1) * ${size.files} + line.number AS text), 12, '0')`,
    );
    await runSql(
      database,
      `INSERT INTO directus_files (id, storage, filename_disk, filename_download, title, type${named})
       SELECT ${fileKey}, 'local', 'file-' || tenant.number || '-' || line.number, 'file.txt', 'file ' || line.number, 'text/plain'${key}
       FROM ${aliased(database, tenants)}, ${aliased(database, `${numbers(1, size.files)} AS line(number)`)}`,
    );
  }

  if (database.kind === 'postgres') {
    for (const table of COLLECTIONS) {
      await runSql(database, `SELECT setval(pg_get_serial_sequence('${table}', 'id'), (SELECT max(id) FROM ${table}))`);
    }
  }
}

/** SQLite knows no names of columns behind that of a table. */
function aliased({ kind }: Database, table: string): string {
  return kind === 'sqlite' ? table.replace(/\(number\)$/, '') : table;
}
