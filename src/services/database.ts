import { setTimeout as wait } from 'node:timers/promises';
import type { Knex } from 'knex';
import { say } from '../tenancy/sentences.ts';
import { CallContext } from './call-context.ts';

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

/** A uuid for an expression in which the database cannot tell the type by itself. */
export function uuidValue(database: Knex, id: string): Knex.Raw {
  return database.raw(vendorOf(database) === 'postgres' ? 'CAST(? AS uuid)' : '?', [id]);
}

const queues = new Map<string, Promise<unknown>>();

/** Connections that whoever has a lock may need at once besides the one that keeps it: a transaction, and what reads beside it. */
const CONNECTIONS_OF_WORK = 2;

/** How many locks this process holds at once at most, however large the pool is. */
const MOST_LOCKS = 3;

/** The environment variable of Directus with the most connections that it keeps. */
const POOL_SIZE = 'DB_POOL__MAX';

/** The most connections that the pool of a database has. */
function poolSizeOf({ client }: Knex): number {
  return ({ ...client.poolDefaults(), ...client.config.pool } as { max: number }).max;
}

/**
 * Looks at the pool before anything is done with it: where locks leave too few connections for the work, that would fail half-way,
 * after waiting for another one.
 *
 * @throws when the pool is too small, with the environment variable to set
 */
export function assertPoolSuffices(database: Knex): void {
  const least = 1 + CONNECTIONS_OF_WORK;
  if (!LOCKS[vendorOf(database)] || poolSizeOf(database) >= least) return;

  throw new Error(
    `The environment variable ${POOL_SIZE} must be at least ${least}: ` +
      'one connection keeps a lock, and the work behind it needs others.',
  );
}

/** The connection that keeps the locks of a call. */
interface Keeper {
  connection: unknown;
  /** How many it keeps. Work that goes on when what started it has ended finds it without any. */
  locks: number;
  /** Gives the connection back. */
  end(): Promise<void>;
}

/** A lock that is taken inside of another needs neither a place nor a connection of its own. */
const inside = new CallContext<Keeper>();

const waiting: (() => void)[] = [];
let keepers = 0;

/**
 * Waits, in the order of coming, until another connection may keep locks: whoever has one needs others for the work, and locks that
 * took all of a pool would wait for themselves. A transaction has its connection already.
 *
 * @returns gives the place back
 */
async function takePlace(database: Knex): Promise<() => void> {
  if (database.isTransaction) return () => undefined;

  // One in any pool: commands run without the look at it, and nobody may wait for a place that never comes.
  const places = Math.min(MOST_LOCKS, Math.max(1, poolSizeOf(database) - CONNECTIONS_OF_WORK));
  if (keepers >= places) await new Promise<void>((resolve) => waiting.push(resolve));
  else keepers += 1;

  return () => {
    // Whoever is next takes over the place.
    const next = waiting.shift();
    if (next) next();
    else keepers -= 1;
  };
}

async function makeKeeper(database: Knex): Promise<Keeper> {
  const leave = await takePlace(database);

  try {
    const connection: unknown = await database.client.acquireConnection();

    const end = async (): Promise<void> => {
      await database.client.releaseConnection(connection);
      leave();
    };

    return { connection, locks: 0, end };
  } catch (error) {
    leave();
    throw error;
  }
}

/** Runs work with the connection that keeps its locks. */
async function withKeeper<Result>(database: Knex, work: (connection: unknown) => Promise<Result>): Promise<Result> {
  const outer = inside.get();
  const keeper = outer && outer.locks > 0 ? outer : await makeKeeper(database);
  keeper.locks += 1;

  try {
    return await inside.run(keeper, () => work(keeper.connection));
  } finally {
    keeper.locks -= 1;
    if (keeper.locks === 0) await keeper.end();
  }
}

/**
 * Runs `work` while no other instance on the same database runs work under the same name: PostgreSQL and MySQL hold a lock
 * of the session, bound to one connection for the time; SQLite has one instance, whose own queue is enough.
 *
 * @throws what `work` throws, after the lock was given back
 */
export function withLock<Result>(database: Knex, name: string, work: () => Promise<Result>): Promise<Result> {
  const lock = LOCKS[vendorOf(database)];
  if (!lock) return queued(name, work);

  // The place first: who waits for one must not stand before somebody who has it.
  return withKeeper(database, (connection) =>
    queued(name, () => withDatabaseLock(database, connection, lock, name, work)),
  );
}

/** Runs work after all that this process does under the same name. */
export async function queued<Result>(name: string, work: () => Promise<Result>): Promise<Result> {
  const previous = queues.get(name) ?? Promise.resolve();
  const run = previous.catch(() => undefined).then(work);
  queues.set(name, run);

  try {
    return await run;
  } finally {
    if (queues.get(name) === run) queues.delete(name);
  }
}

async function withDatabaseLock<Result>(
  database: Knex,
  connection: unknown,
  lock: Lock,
  name: string,
  work: () => Promise<Result>,
): Promise<Result> {
  const end = Date.now() + LOCK_SECONDS * 1000;

  while (!lock.isTaken(await database.raw(lock.take, [name]).connection(connection))) {
    if (Date.now() >= end) {
      throw new Error(say('The database did not give the lock "{name}" in time. Try again.', { name }));
    }

    await wait(LOCK_INTERVAL);
  }

  try {
    return await work();
  } finally {
    await database.raw(lock.giveBack, [name]).connection(connection);
  }
}

interface Lock {
  take: string;
  giveBack: string;
  /** Whether an answer to `take` says that the lock is ours. */
  isTaken(answer: unknown): boolean;
}

/** Seconds after which nobody waits any more for a lock. */
const LOCK_SECONDS = 600;

/** Milliseconds after which a lock that another session has is asked for again. */
const LOCK_INTERVAL = 50;

/** MySQL's locks are the whole server's, which other projects may use too, and their names have at most 64 characters. */
const MYSQL_LOCK_NAME = `SHA1(CONCAT(DATABASE(), ':', ?))`;

const LOCKS: Partial<Record<DatabaseVendor, Lock>> = {
  // A statement that waits keeps its view of the database, and an index that is built concurrently waits for all of these.
  // Whoever builds one has a lock; others would wait for that, and it for them, which PostgreSQL does not notice.
  postgres: {
    take: 'SELECT pg_try_advisory_lock(hashtext(?)) AS taken',
    giveBack: 'SELECT pg_advisory_unlock(hashtext(?))',
    isTaken: (answer) => (answer as { rows: { taken: boolean }[] }).rows[0]?.taken === true,
  },
  mysql: {
    take: `SELECT GET_LOCK(${MYSQL_LOCK_NAME}, ${LOCK_SECONDS}) AS taken`,
    giveBack: `SELECT RELEASE_LOCK(${MYSQL_LOCK_NAME})`,
    isTaken: (answer) => Number((answer as { taken: unknown }[][])[0]?.[0]?.taken) === 1,
  },
};

/** Does work when a transaction has been committed; never where it was rolled back. */
export async function afterCommit(database: Knex, work: () => Promise<void>): Promise<void> {
  const isCommitted =
    !database.isTransaction ||
    (await (database as Knex.Transaction).executionPromise.then(
      () => true,
      () => false,
    ));

  if (isCommitted) await work();
}

/** A name after a table that is the same each time, of at most 63 characters, which is the limit of PostgreSQL. */
export function nameAfter(table: string, ...parts: string[]): string {
  const name = ['tenancy', table, ...parts].join('_');
  return name.length <= 63 ? name : `${name.slice(0, 54)}_${checksum(name)}`;
}

/** Eight hexadecimal digits that differ for different names (FNV-1a, 32 bit). */
function checksum(text: string): string {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  return (hash >>> 0).toString(16).padStart(8, '0');
}

/** The rows of a raw query, which every driver wraps in its own way. */
export function rowsOf<Row>(database: Knex, result: unknown): Row[] {
  switch (vendorOf(database)) {
    case 'postgres':
      return (result as { rows: Row[] }).rows;
    case 'mysql':
      return (result as [Row[]])[0];
    default:
      return result as Row[];
  }
}

/** Whether the database keeps statements by name for us, as far as this process has seen. */
let keepsStatements = true;

/**
 * Asks a query with these values for its place holders, and answers its rows. `onSent` is called when the query is on its way: until
 * then it waits its turn, behind all that the process does without waiting for something.
 */
export type OftenAsked<Row> = (
  database: Knex,
  bindings: readonly (string | null)[],
  onSent?: () => void,
) => Promise<Row[]>;

/**
 * A query that is asked with nearly every request. PostgreSQL plans a query anew each time, which takes longer than to answer this
 * kind of it, unless the query has a name. Poolers that hand each transaction to another session lose what was named: then the
 * query has none, from that time on. To be made once, for the name comes from the whole text.
 *
 * @param name what the query is called in front of that
 * @param text SQL, with `?` for each value and nowhere else
 * @returns a function that throws what the database says to the query as it is
 */
export function oftenAsked<Row>(name: string, text: string): OftenAsked<Row> {
  const statement: Statement = { name: nameAfter(name, checksum(text)), text, numbered: withNumbers(text) };

  return async (database, bindings, onSent) => {
    const driver = DRIVERS[vendorOf(database)];

    if (!driver) {
      const query = database.raw(text, bindings as string[]);
      // Knex tells this right before it hands the query to the driver, which writes it at once.
      if (onSent) query.on('query', () => queueMicrotask(onSent));
      return rowsOf<Row>(database, await query);
    }

    const ask = async (): Promise<Row[]> =>
      rowsOf<Row>(database, await askDriver(database.client as Client, driver(statement, bindings), onSent));

    try {
      return await ask();
    } catch (error) {
      if (!LOST_STATEMENT.has((error as { code?: unknown }).code)) throw error;
      keepsStatements = false;
      return ask();
    }
  };
}

/** SQL as PostgreSQL takes it, with a number for each value. */
function withNumbers(text: string): string {
  return text.split('?').reduce((before, part, place) => `${before}$${place}${part}`);
}

/** A query, and the name under which a driver may keep it. */
interface Statement {
  name: string;
  text: string;
  numbered: string;
}

/** A connection of a driver, with what Knex calls it. */
interface Connection {
  __knexUid: string;
}

interface PostgresConnection extends Connection {
  query(statement: { name?: string; text: string; values: readonly unknown[] }): Promise<unknown>;
}

interface SqliteConnection extends Connection {
  all(text: string, values: readonly unknown[], done: (error: Error | null, rows: unknown) => void): void;
}

/** Knex' client, as far as it is used here; in a transaction it hands out the connection of that. */
interface Client {
  acquireConnection(): Promise<Connection>;
  releaseConnection(connection: Connection): Promise<void>;
  emit(event: string, ...details: unknown[]): unknown;
}

/** What a driver is asked, and how. */
interface Asked {
  sql: string;
  bindings: readonly unknown[];
  by(connection: Connection): Promise<unknown>;
}

type Driver = (statement: Statement, bindings: readonly unknown[]) => Asked;

const DRIVERS: Partial<Record<DatabaseVendor, Driver>> = {
  postgres: ({ name, numbered: sql }, bindings) => ({
    sql,
    bindings,
    by: (connection) =>
      (connection as PostgresConnection).query({ ...(keepsStatements && { name }), text: sql, values: bindings }),
  }),
  sqlite: ({ text: sql }, bindings) => ({
    sql,
    bindings,
    by: (connection) =>
      new Promise((resolve, reject) => {
        (connection as SqliteConnection).all(sql, bindings, (error, rows) => (error ? reject(error) : resolve(rows)));
      }),
  }),
};

/**
 * Asks by a connection of Knex, and past its builder, which would take longer for a query than the database. Whoever listens to
 * Knex hears of it as of any other, such as Directus for its log and its metrics. Answers as a raw query does: see {@link rowsOf}.
 */
async function askDriver(client: Client, { sql, bindings, by }: Asked, onSent?: () => void): Promise<unknown> {
  const connection = await client.acquireConnection();
  const told = { __knexUid: connection.__knexUid, sql, bindings };

  try {
    client.emit('query', told);
    const asked = by(connection);
    // The driver has sent it by now: the connection was waiting for it.
    if (onSent) queueMicrotask(onSent);
    const answer = await asked;
    client.emit('query-response', answer, told);
    return answer;
  } catch (error) {
    client.emit('query-error', error, told);
    throw error;
  } finally {
    await client.releaseConnection(connection);
  }
}

/**
 * invalid_sql_statement_name, duplicate_prepared_statement, and feature_not_supported for a statement whose tables have changed since
 * (https://www.postgresql.org/docs/current/errcodes-appendix.html).
 */
const LOST_STATEMENT = new Set<unknown>(['26000', '42P05', '0A000']);

/** Alters a table on MySQL or MariaDB while others read and write it, or without that where the database cannot. */
export async function alterOnline(database: Knex, statement: string, bindings: string[]): Promise<void> {
  try {
    await database.raw(`${statement}, ALGORITHM=INPLACE, LOCK=NONE`, bindings);
  } catch (error) {
    if (!NOT_ONLINE.has((error as { errno?: unknown }).errno)) throw error;
    await database.raw(statement, bindings);
  }
}

/** ER_ALTER_OPERATION_NOT_SUPPORTED, and the same with a reason. */
const NOT_ONLINE = new Set<unknown>([1845, 1846]);

/** How many rows a query meets; PostgreSQL answers counts as text. */
export async function countOf(query: Knex.QueryBuilder): Promise<number> {
  const row = (await query.count({ count: '*' }).first()) as { count?: unknown } | undefined;
  return Number(row?.count ?? 0);
}

/** SQLite puts at most 500 queries together. */
export const MOST_PARTS = 400;

/** The rows of several queries with the same columns, asked for together: by one query, up to what a database takes at once. */
export async function rowsTogether<Row>(
  database: Knex,
  parts: readonly Knex.QueryBuilder[],
  atOnce = MOST_PARTS,
): Promise<Row[]> {
  const rows: Row[] = [];

  for (const some of batches(parts, atOnce)) {
    rows.push(...((await database.unionAll(some)) as Row[]));
  }

  return rows;
}

/** Rows that are read and written at once: SQLite puts no more together in one statement. */
export const ROWS_PER_BATCH = 400;

/** A list in pieces of which one query can ask. */
export function* batches<Each>(all: readonly Each[], size = ROWS_PER_BATCH): Generator<Each[]> {
  for (let start = 0; start < all.length; start += size) yield all.slice(start, start + size);
}
