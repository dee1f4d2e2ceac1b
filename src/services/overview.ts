import type { FieldOverview, SchemaOverview } from '@directus/types';
import type { Knex } from 'knex';
import { TENANT_FIELD } from '../tenancy/managed.ts';
import { isOwnedByTenants } from '../tenancy/scopes.ts';
import type { TenantOverview } from '../tenancy/types.ts';
import { rowsTogether, vendorOf } from './database.ts';
import { cachedAccess, type FullAccess, type ServiceContext } from './directus.ts';

/** For how many days the growth is told, today included. */
const DAYS = 30;

const MILLISECONDS_PER_DAY = 86_400_000;

/** What a tenant has of each collection, how that grew, and when somebody was there last. */
export async function readOverview(context: ServiceContext, tenant: string): Promise<TenantOverview> {
  const access = await cachedAccess(context);
  const { schema, knex } = access;
  const contents = [
    'directus_files',
    ...Object.keys(schema.collections).filter((name) => isOwnedByTenants(name, schema)),
  ];

  const [collections, growth, lastActivity] = await Promise.all([
    countContents(knex, contents, tenant),
    readGrowth(knex, schema, contents, tenant),
    readLastActivity(access, tenant),
  ]);

  return { collections, growth, last_activity: lastActivity };
}

async function countContents(
  database: Knex,
  collections: readonly string[],
  tenant: string,
): Promise<TenantOverview['collections']> {
  const parts = collections.map((collection, index) =>
    database(collection)
      .where(TENANT_FIELD, tenant)
      .count({ items: '*' })
      .select(database.raw(`${index} AS part`)),
  );

  const rows = await rowsTogether<{ part: unknown; items: unknown }>(database, parts);
  const counts = new Map(rows.map(({ part, items }) => [Number(part), Number(items)]));

  return collections
    .map((collection, index) => ({ collection, items: counts.get(index) ?? 0 }))
    .sort((a, b) => b.items - a.items || a.collection.localeCompare(b.collection));
}

/**
 * The rows that are there now, by the day on which they were created. The database groups them, so that what is read is at most
 * a row for each day and collection.
 */
async function readGrowth(
  database: Knex,
  schema: SchemaOverview,
  collections: readonly string[],
  tenant: string,
): Promise<TenantOverview['growth']> {
  const today = Date.now();
  const days = Array.from({ length: DAYS }, (_, index) => dayOf(today - (DAYS - 1 - index) * MILLISECONDS_PER_DAY));
  const amounts = new Map(days.map((day) => [day, 0]));

  // A day more than is told: what a boundary means depends on the time zone of the connection, and the days are what decides.
  const from = Date.parse(dayOf(today - DAYS * MILLISECONDS_PER_DAY));

  const dated = new Map(
    collections.flatMap((collection) => {
      const field = creationDateOf(collection, schema);
      return field ? [[collection, field]] : [];
    }),
  );

  const parts = [...dated].map(([collection, field]) => {
    const day = dayIn(database, field);

    return database(collection)
      .where(TENANT_FIELD, tenant)
      .where(field.field, '>=', boundaryIn(database, from))
      .select({ day })
      .count({ items: '*' })
      .groupBy(day);
  });

  for (const { day, items } of await rowsTogether<{ day: string; items: unknown }>(database, parts)) {
    const amount = amounts.get(day);
    if (amount !== undefined) amounts.set(day, amount + Number(items));
  }

  return {
    since: dayOf(today - (DAYS - 1) * MILLISECONDS_PER_DAY),
    days: [...amounts].map(([date, items]) => ({ date, items })),
    uncounted: collections.filter((collection) => !dated.has(collection)).sort(),
  };
}

/** `YYYY-MM-DD`, in UTC. */
function dayOf(time: number): string {
  return new Date(time).toISOString().slice(0, 10);
}

const DATED_TYPES: ReadonlySet<string> = new Set(['timestamp', 'dateTime', 'date']);

/** The field in which Directus notes when a row was created. */
function creationDateOf(collection: string, schema: SchemaOverview): FieldOverview | undefined {
  return Object.values(schema.collections[collection]?.fields ?? {}).find(
    ({ special, type }) => special.includes('date-created') && DATED_TYPES.has(type),
  );
}

/**
 * The day of a date, as `YYYY-MM-DD`. In UTC where the database knows the moment (`timestamp`, and everything that Directus
 * writes in MySQL); fields without time zone have the day that stands in them, which is that of the server.
 */
function dayIn(database: Knex, { field, type }: FieldOverview): Knex.Raw {
  const date = type === 'timestamp' ? `?? AT TIME ZONE 'UTC'` : '??';

  switch (vendorOf(database)) {
    case 'postgres':
      return database.raw(`TO_CHAR(${date}, 'YYYY-MM-DD')`, [field]);
    case 'mysql':
      return database.raw(`DATE_FORMAT(??, '%Y-%m-%d')`, [field]);
    case 'sqlite':
      // Directus writes milliseconds; what came with SQL, such as a default of the column, is text.
      return database.raw(
        `CASE TYPEOF(??) WHEN 'text' THEN DATE(??) ELSE DATE(?? / 1000, 'unixepoch') END`,
        Array<string>(3).fill(field),
      );
    default:
      return database.raw(`CAST(CAST(${date} AS DATE) AS VARCHAR(10))`, [field]);
  }
}

/** The beginning of a day, to compare dates with; in SQLite any text is more than a number. */
function boundaryIn(database: Knex, time: number): string | number {
  return vendorOf(database) === 'sqlite' ? time : dayOf(time);
}

/** When somebody whose active tenant it is was there last. */
async function readLastActivity({ items }: FullAccess, tenant: string): Promise<string | null> {
  const [last] = (await items('directus_users').readByQuery({
    filter: { role: { _eq: tenant }, last_access: { _nnull: true } },
    fields: ['last_access'],
    sort: ['-last_access'],
    limit: 1,
  })) as { last_access: string }[];

  return last?.last_access ?? null;
}
