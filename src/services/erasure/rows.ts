import type { Item, PrimaryKey } from '@directus/types';
import type { Knex } from 'knex';
import { AUDIT_TABLE, DETOURS_TABLE, TENANT_MEMBERS } from '../../tenancy/managed.ts';
import { fullAccessWith, type ServiceContext } from '../directus.ts';
import { batches } from '../database.ts';
import { ROWS_PER_BATCH } from './attachments.ts';
import { bookErased } from './book.ts';
import type { Plan, Source } from './plan.ts';

/** Files whose stored content one transaction deletes: the storage may be far away. */
const FILES_PER_BATCH = 25;

/** Users whom one transaction deletes, with what they have. */
const USERS_PER_BATCH = 200;

/** Called after each batch. */
export type Erased = (collection: string, rows: number) => void;

/**
 * Deletes the rows of a source that go, batch by batch, each in a transaction of its own that books them too.
 *
 * @throws the error of the database where rows that came in meanwhile refer to them
 */
export async function eraseRows(context: ServiceContext, plan: Plan, source: Source, erased: Erased): Promise<void> {
  const { database } = context;
  const { collection, primary } = source;

  for (;;) {
    const keys = await nextKeys(database, source, batchSize(context, collection));
    if (keys.length === 0) return;

    await database.transaction(async (transaction) => {
      const remove = REMOVERS[collection] ?? removeRows;
      await remove({ context, plan, transaction, source, keys, erased });
    });

    erased(collection, keys.length);
  }

  /** The first keys that are left; rows before those that they refer to. */
  async function nextKeys(knex: Knex, { leavesFirst }: Source, limit: number): Promise<PrimaryKey[]> {
    const query = source.going(knex).orderBy(primary).limit(limit);

    for (const field of leavesFirst) {
      query.whereNotExists(
        knex({ referrer: collection })
          .whereRaw('?? = ??', [`referrer.${field}`, `${collection}.${primary}`])
          .whereRaw('?? <> ??', [`referrer.${primary}`, `${collection}.${primary}`])
          .select(knex.raw('1')),
      );
    }

    return (await query.pluck(`${collection}.${primary}`)) as PrimaryKey[];
  }
}

function batchSize({ env }: ServiceContext, collection: string): number {
  if (collection === 'directus_users') return USERS_PER_BATCH;
  if (collection !== 'directus_files') return ROWS_PER_BATCH;

  // Directus' service of files asks for this limit, whoever calls it.
  const limit = Number(env['MAX_BATCH_MUTATION']);
  return limit >= 1 ? Math.min(limit, FILES_PER_BATCH) : FILES_PER_BATCH;
}

interface Removal {
  context: ServiceContext;
  plan: Plan;
  transaction: Knex.Transaction;
  source: Source;
  keys: PrimaryKey[];
  erased: Erased;
}

const REMOVERS: Partial<Record<string, (removal: Removal) => Promise<void>>> = {
  directus_files: removeFiles,
  directus_users: removeUsers,
};

async function removeRows({ plan, transaction, source: { collection, primary }, keys }: Removal): Promise<void> {
  await transaction(collection).whereIn(primary, keys).delete();
  await bookErased(transaction, plan.tenant, collection, keys);
}

/**
 * Directus' own service deletes what is stored, and what was derived from it, after the rows. In a transaction the rows are
 * there until all of that is gone: whoever interrupts it leaves nothing behind of which nobody knows.
 */
async function removeFiles({ context, plan, transaction, keys }: Removal): Promise<void> {
  const files = (): Knex.QueryBuilder => transaction('directus_files').whereIn('id', keys);
  const rows: { id: string; filename_disk: string | null; filesize: unknown }[] = await files().select(
    'id',
    'filename_disk',
    'filesize',
  );

  const stored = rows.flatMap(({ id, filename_disk: name }) => (name ? [id] : []));

  // The service does not see files whose upload was not finished.
  await files().update({ tus_id: null, tus_data: null });
  if (stored.length > 0) await fullAccessWith(context, plan.schema, transaction).files().deleteMany(stored);
  await files().delete();

  const bytes = rows.reduce((sum, { filesize }) => sum + Number(filesize ?? 0), 0);
  await bookErased(transaction, plan.tenant, 'directus_files', keys, bytes);
}

/** What people have beside their account, by the field that names them. */
const BELONGINGS = {
  directus_comments: 'user_created',
  directus_dashboards: 'user_created',
  directus_notifications: 'recipient',
  directus_presets: 'user',
  [TENANT_MEMBERS]: 'user_id',
} as const;

async function removeUsers({ context, plan, transaction, keys, erased }: Removal): Promise<void> {
  const { tenant } = plan;

  const dashboards = (await transaction('directus_dashboards')
    .whereIn('user_created', keys)
    .pluck('id')) as PrimaryKey[];
  erased('directus_panels', await removeBy(transaction, tenant, 'directus_panels', 'dashboard', dashboards));

  for (const [collection, field] of Object.entries(BELONGINGS)) {
    erased(collection, await removeBy(transaction, tenant, collection, field, keys));
  }

  await transaction(DETOURS_TABLE).whereIn('user_id', keys).delete();
  // What they did in other tenants, to which they belonged once, names nobody any more.
  await transaction(AUDIT_TABLE).whereIn('user', keys).update({ user: null, ip: null });

  // Directus' service empties what the database would not, ends sessions, and counts the seats of its licence anew.
  await fullAccessWith(context, plan.schema, transaction).users().deleteMany(keys, { bypassLimits: true });
  await bookErased(transaction, tenant, 'directus_users', keys);
}

/** Deletes rows of a collection of Directus, or of the bundle, by the values of a field; answers how many there were. */
export async function removeBy(
  transaction: Knex,
  tenant: string,
  collection: string,
  field: string,
  values: readonly PrimaryKey[],
): Promise<number> {
  if (values.length === 0) return 0;

  const rows: Item[] = await transaction(collection)
    .whereIn(field, values as PrimaryKey[])
    .select('id');

  const keys = rows.map((row) => row['id'] as PrimaryKey);

  for (const batch of batches(keys, ROWS_PER_BATCH)) {
    await transaction(collection).whereIn('id', batch).delete();
    await bookErased(transaction, tenant, collection, batch);
  }

  return keys.length;
}
