import { TENANT_FIELD } from '../tenancy/managed.ts';
import { indexName } from './indexes.ts';

/** The errors of PostgreSQL's and MySQL's drivers, as far as Directus takes the names in its own error from them. */
interface DriverError {
  code?: unknown;
  table?: unknown;
  constraint?: unknown;
  detail?: unknown;
  sqlMessage?: unknown;
}

/**
 * Puts what a driver says of a value that is taken within a tenant into the words it has for a field that is unique by
 * itself, so that Directus answers with its usual error of that one field. Whatever is not of an index that this extension
 * made stays as it is. SQLite names the columns in the order of the index, and Directus takes the last: the field.
 */
export function nameOneField(error: unknown, query: unknown): void {
  if (typeof error !== 'object' || error === null) return;
  const failure: DriverError = error;

  if (failure.code === '23505') nameOnPostgres(failure);
  if (failure.code === 'ER_DUP_ENTRY') nameOnMySql(failure, String((query as { sql?: unknown } | null)?.sql));
}

/** Whether a driver says that a value is taken which has to be unique. */
export function isNotUnique(error: unknown): boolean {
  const { code, message } = error as { code?: unknown; message?: unknown };
  return code === '23505' || code === 'ER_DUP_ENTRY' || /UNIQUE constraint failed/.test(String(message));
}

/** `Key (tenant_id, slug)=(…, …) already exists.`, in the server's language; Directus takes the first parentheses. */
function nameOnPostgres(failure: DriverError): void {
  const { table, constraint, detail } = failure;
  if (typeof table !== 'string' || typeof detail !== 'string') return;

  const column = new RegExp(`\\(${TENANT_FIELD}, (.+?)\\)=\\(`).exec(detail)?.[1];
  if (column === undefined) return;

  // Names with other than small letters are in quotes.
  const field = column.startsWith('"') ? column.slice(1, -1).replaceAll('""', '"') : column;
  if (constraint === withinTenant(table, field)) failure.detail = `Key (${field}) already exists.`;
}

/**
 * `Duplicate entry '…' for key '<index>'`, in the server's language, with the table and a dot in front of the index on MySQL
 * 8. Directus takes the field from an index that is called `<collection>_<field>_unique`.
 */
function nameOnMySql(failure: DriverError, sql: string): void {
  const { sqlMessage } = failure;
  if (typeof sqlMessage !== 'string') return;

  const key = /'([^']+)'[^']*$/.exec(sqlMessage)?.[1];
  const table = /^(?:insert into|update) `([^`]+)`/i.exec(sql)?.[1];
  if (key === undefined || table === undefined) return;

  const index = key.startsWith(`${table}.`) ? key.slice(table.length + 1) : key;
  const field = fieldOf(index, table, sql);
  if (field !== null) failure.sqlMessage = `Duplicate entry 'of a tenant' for key '${table}.${table}_${field}_unique'`;
}

/** The field of an index of ours: one that the statement writes, or, where it gets its default, the one in the name. */
function fieldOf(index: string, table: string, sql: string): string | null {
  const written = [...sql.matchAll(/`([^`]+)`/g)].map(([, column = '']) => column);
  const named = new RegExp(`^tenancy_.*_${TENANT_FIELD}_(.+)_unique$`).exec(index)?.[1];
  const candidates = named === undefined ? written : [...written, named];
  return candidates.find((column) => withinTenant(table, column) === index) ?? null;
}

function withinTenant(table: string, field: string): string {
  return indexName(table, [TENANT_FIELD, field], { unique: true });
}
