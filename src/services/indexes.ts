import type { Knex } from 'knex';
import type { TableIndex } from '../tenancy/doctor/indexes.ts';
import { alterOnline, nameAfter, rowsOf, vendorOf, type DatabaseVendor } from './database.ts';

/** One column of an index, in the words of every vendor's query. */
interface IndexColumn {
  name: string;
  column: string | null;
  is_unique: unknown;
  is_primary: unknown;
  is_partial: unknown;
}

const QUERIES: Partial<Record<DatabaseVendor, string>> = {
  sqlite: `
    SELECT list.name AS "name", info.name AS "column", list."unique" AS is_unique,
      CASE WHEN list.origin = 'pk' THEN 1 ELSE 0 END AS is_primary, list.partial AS is_partial
    FROM pragma_index_list(?) AS list JOIN pragma_index_info(list.name) AS info
    ORDER BY list.name, info.seqno`,
  // An index that is still being built, or whose building failed, is not used: it counts as one of a part of the rows.
  postgres: `
    SELECT class.relname AS "name", attribute.attname AS "column", list.indisunique AS is_unique,
      list.indisprimary AS is_primary, (list.indpred IS NOT NULL OR NOT list.indisvalid) AS is_partial
    FROM pg_index AS list
    JOIN pg_class AS class ON class.oid = list.indexrelid
    JOIN LATERAL unnest(list.indkey) WITH ORDINALITY AS part(number, place) ON part.place <= list.indnkeyatts
    LEFT JOIN pg_attribute AS attribute
      ON attribute.attrelid = list.indrelid AND attribute.attnum = part.number AND part.number > 0
    WHERE list.indrelid = to_regclass(quote_ident(?))
    ORDER BY class.relname, part.place`,
  mysql: `
    SELECT index_name AS \`name\`, column_name AS \`column\`, 1 - non_unique AS is_unique,
      index_name = 'PRIMARY' AS is_primary, 0 AS is_partial
    FROM information_schema.statistics
    WHERE table_schema = DATABASE() AND table_name = ?
    ORDER BY index_name, seq_in_index`,
};

/** The indexes of a table; null on a database whose catalogue is not known here. */
export async function readIndexes(database: Knex, table: string): Promise<TableIndex[] | null> {
  const query = QUERIES[vendorOf(database)];
  if (!query) return null;

  const indexes = new Map<string, TableIndex>();

  for (const row of rowsOf<IndexColumn>(database, await database.raw(query, [table]))) {
    const index = indexes.get(row.name) ?? {
      name: row.name,
      columns: [],
      unique: isTrue(row.is_unique),
      primary: isTrue(row.is_primary),
      partial: isTrue(row.is_partial),
    };

    index.columns.push(row.column);
    indexes.set(row.name, index);
  }

  return [...indexes.values()];
}

function isTrue(value: unknown): boolean {
  return value === true || Number(value) === 1;
}

/** How an index is made. */
export interface IndexOptions {
  unique?: boolean;
  /** Whether others may write meanwhile, where the database can do that, which may then wait for what they began; true when left out. */
  online?: boolean;
}

/**
 * Creates an index unless it is there. One of its name that is of no use is built again: PostgreSQL leaves such a one behind
 * when it is interrupted, and SQLite and MySQL keep what is left of an index when one of its columns goes.
 */
export async function ensureIndex(
  database: Knex,
  table: string,
  columns: string[],
  options: IndexOptions = {},
): Promise<void> {
  const name = indexName(table, columns, options);
  const present = (await readIndexes(database, table))?.find((index) => index.name === name);

  if (present) {
    if (!present.partial && present.columns.join() === columns.join()) return;
    await discardIndex(database, table, name);
  }

  await buildIndex(database, table, columns, name, options);
}

/** The name under which {@link ensureIndex} creates an index. */
export function indexName(table: string, columns: string[], options: { unique?: boolean } = {}): string {
  return nameAfter(table, ...columns, options.unique ? 'unique' : 'index');
}

/** Drops an index, or the constraint that it belongs to. */
export async function dropIndex(database: Knex, table: string, name: string): Promise<void> {
  switch (vendorOf(database)) {
    case 'mysql':
      await database.raw('ALTER TABLE ?? DROP INDEX ??', [table, name]);
      return;
    case 'postgres':
      // A constraint takes its index along; what was made as an index has no constraint.
      await database.raw('ALTER TABLE ?? DROP CONSTRAINT IF EXISTS ??', [table, name]);
      await database.raw('DROP INDEX IF EXISTS ??', [name]);
      return;
    default:
      await database.raw('DROP INDEX IF EXISTS ??', [name]);
  }
}

/** Builds an index under a name that is free. */
export async function buildIndex(
  database: Knex,
  table: string,
  columns: string[],
  name: string,
  { unique = false, online = true }: IndexOptions = {},
): Promise<void> {
  const kind = unique ? 'UNIQUE INDEX' : 'INDEX';
  const list = columns.map(() => '??').join(', ');

  switch (vendorOf(database)) {
    case 'postgres':
      try {
        // To build it concurrently means to wait for what others began, such as a backup: not for a table that is new.
        const how = online && !(await isEmpty(database, table)) ? 'CONCURRENTLY' : '';
        await database.raw(`CREATE ${kind} ${how} IF NOT EXISTS ?? ON ?? (${list})`, [name, table, ...columns]);
      } catch (error) {
        // What is left of a unique index refuses values all the same.
        await discardIndex(database, table, name);
        throw error;
      }
      return;
    case 'mysql':
      await alterOnline(database, `ALTER TABLE ?? ADD ${kind} ?? (${list})`, [table, name, ...columns]);
      return;
    default:
      await database.schema.alterTable(table, (builder) => {
        if (unique) builder.unique(columns, { indexName: name });
        else builder.index(columns, name);
      });
  }
}

async function isEmpty(database: Knex, table: string): Promise<boolean> {
  const row: unknown = await database(table).first(database.raw('1 AS found'));
  return row === undefined;
}

/** Drops an index that is of no use, and has no constraint; readers and writers do not wait for it. */
export async function discardIndex(database: Knex, table: string, name: string): Promise<void> {
  if (vendorOf(database) === 'postgres') await database.raw('DROP INDEX CONCURRENTLY IF EXISTS ??', [name]);
  else await dropIndex(database, table, name);
}
