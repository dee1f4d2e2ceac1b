import type { Knex } from 'knex';

export type DatabaseVendor = 'postgres' | 'mysql' | 'sqlite' | 'other';

/** The family of the database behind a knex instance. */
export function vendorOf(database: Knex): DatabaseVendor {
  switch (String(database.client.config.client)) {
    case 'pg':
    case 'postgres':
      return 'postgres';
    case 'mysql':
    case 'mysql2':
      return 'mysql';
    case 'sqlite3':
      return 'sqlite';
    default:
      return 'other';
  }
}

const queues = new Map<string, Promise<unknown>>();

/**
 * Runs `work` while no other instance on the same database runs work under the same name: PostgreSQL and MySQL hold a lock
 * of the session, bound to one connection for the time; SQLite has one instance, whose own queue is enough.
 *
 * @throws what `work` throws, after the lock was given back
 */
export async function withLock<Result>(database: Knex, name: string, work: () => Promise<Result>): Promise<Result> {
  const previous = queues.get(name) ?? Promise.resolve();
  const run = previous.catch(() => undefined).then(() => withDatabaseLock(database, name, work));
  queues.set(name, run);

  try {
    return await run;
  } finally {
    if (queues.get(name) === run) queues.delete(name);
  }
}

async function withDatabaseLock<Result>(database: Knex, name: string, work: () => Promise<Result>): Promise<Result> {
  const lock = LOCKS[vendorOf(database)];
  if (!lock) return work();

  const connection: unknown = await database.client.acquireConnection();

  try {
    const answer: unknown = await database.raw(lock.take, [name]).connection(connection);
    if (!lock.isTaken(answer)) throw new Error(`The database did not give the lock "${name}" in time. Try again.`);

    try {
      return await work();
    } finally {
      await database.raw(lock.giveBack, [name]).connection(connection);
    }
  } finally {
    await database.client.releaseConnection(connection);
  }
}

interface Lock {
  take: string;
  giveBack: string;
  /** Whether an answer to `take` says that the lock is ours. */
  isTaken(answer: unknown): boolean;
}

/** MySQL's locks are the whole server's, which other projects may use too, and their names have at most 64 characters. */
const MYSQL_LOCK_NAME = `SHA1(CONCAT(DATABASE(), ':', ?))`;

const LOCKS: Partial<Record<DatabaseVendor, Lock>> = {
  postgres: {
    take: 'SELECT pg_advisory_lock(hashtext(?))',
    giveBack: 'SELECT pg_advisory_unlock(hashtext(?))',
    isTaken: () => true,
  },
  mysql: {
    take: `SELECT GET_LOCK(${MYSQL_LOCK_NAME}, 600) AS taken`,
    giveBack: `SELECT RELEASE_LOCK(${MYSQL_LOCK_NAME})`,
    isTaken: (answer) => Number((answer as { taken: unknown }[][])[0]?.[0]?.taken) === 1,
  },
};

/** Creates an index unless one of that name is there. Names are at most 63 characters, the limit of PostgreSQL. */
export async function ensureIndex(
  database: Knex,
  table: string,
  columns: string[],
  options: { unique?: boolean } = {},
): Promise<void> {
  const name = indexName(table, columns, options);
  if (await hasIndex(database, table, name)) return;

  await database.schema.alterTable(table, (builder) => {
    if (options.unique) builder.unique(columns, { indexName: name });
    else builder.index(columns, name);
  });
}

/** Drops what is left of an index of {@link ensureIndex} when its first column is gone: some databases keep the others. */
export async function dropIndexOfOthers(database: Knex, table: string, columns: string[]): Promise<void> {
  const name = indexName(table, columns);
  if (!(await hasIndex(database, table, name))) return;
  await database.schema.alterTable(table, (builder) => void builder.dropIndex(columns, name));
}

/** The name under which {@link ensureIndex} creates an index. */
export function indexName(table: string, columns: string[], options: { unique?: boolean } = {}): string {
  const name = ['tenancy', table, ...columns, options.unique ? 'unique' : 'index'].join('_');
  return name.length <= 63 ? name : `${name.slice(0, 54)}_${checksum(name)}`;
}

/** Eight hexadecimal digits that differ for different names (FNV-1a, 32 bit). */
function checksum(text: string): string {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  return (hash >>> 0).toString(16).padStart(8, '0');
}

async function hasIndex(database: Knex, table: string, name: string): Promise<boolean> {
  switch (vendorOf(database)) {
    case 'postgres':
      return hasRow(database('pg_indexes').where({ tablename: table, indexname: name }));
    case 'mysql':
      return hasRow(
        database('information_schema.statistics')
          .where({ table_name: table, index_name: name })
          .andWhereRaw('table_schema = DATABASE()'),
      );
    case 'sqlite':
      return hasRow(database('sqlite_master').where({ type: 'index', tbl_name: table, name }));
    case 'other':
      return false;
  }
}

async function hasRow(query: Knex.QueryBuilder): Promise<boolean> {
  return (await query.select(query.client.raw('1 as found')).first()) !== undefined;
}

/** How many rows a query meets; PostgreSQL answers counts as text. */
export async function countOf(query: Knex.QueryBuilder): Promise<number> {
  const row = (await query.count({ count: '*' }).first()) as { count?: unknown } | undefined;
  return Number(row?.count ?? 0);
}
