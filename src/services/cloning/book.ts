import type { Item } from '@directus/types';
import type { Knex } from 'knex';
import { COPIES_TABLE } from '../../tenancy/managed.ts';
import { batches, vendorOf } from '../database.ts';
import { cachedAccess, fullAccessWith, type ServiceContext } from '../directus.ts';

/** Files whose stored content one transaction removes: the storage may be far away. */
const FILES_PER_BATCH = 25;

/** Creates the table of copies that are being made where it is missing. */
export async function ensureCopiesTable(database: Knex): Promise<void> {
  if (await database.schema.hasTable(COPIES_TABLE)) return;

  await database.schema.createTable(COPIES_TABLE, (table) => {
    table.string('id', 36).primary();
    table.string('tenant', 36).notNullable().index();
    // The plain type ends at 64 KB on MySQL.
    table.text('file', 'longtext').notNullable();
  });
}

/**
 * Books the copies of stored files before they are made: what is in the storage is not undone with a transaction, so whoever
 * finds a booking that no provisioning holds removes what it names.
 *
 * @param files what Directus' service of files needs to know of each, so much that a row can be made of it
 */
export async function bookCopies(database: Knex, tenant: string, files: readonly BookedFile[]): Promise<void> {
  for (const batch of batches(files)) {
    await database(COPIES_TABLE).insert(batch.map((file) => ({ id: file.id, tenant, file: JSON.stringify(file) })));
  }
}

export type BookedFile = Item & { id: string; storage: string; filename_disk: string };

/**
 * Holds the bookings of a tenant until the transaction ends, however it does.
 *
 * @returns how many there are
 */
export async function holdCopies(transaction: Knex, tenant: string): Promise<number> {
  return transaction(COPIES_TABLE).where({ tenant }).update({ tenant });
}

/** Ends the bookings of a tenant, in the transaction in which its files become rows. */
export async function keepCopies(transaction: Knex, tenant: string): Promise<void> {
  await transaction(COPIES_TABLE).where({ tenant }).delete();
}

/**
 * Removes what is stored of copies of which nothing came: a provisioning failed, or its process ended. What another one is
 * making at the moment stays. Does not throw: what cannot be removed now is another time.
 */
export async function removeLeftCopies(context: ServiceContext): Promise<void> {
  try {
    while ((await removeSome(context)) > 0);
  } catch (error) {
    context.logger.warn(
      error,
      'Tenancy: copies of files of a provisioning that failed could not be removed from the storage. They are when Directus ' +
        'starts the next time, or with the next tenant that is provisioned from a template.',
    );
  }
}

async function removeSome(context: ServiceContext): Promise<number> {
  const { database, env } = context;
  // Whoever asks for the schema at a start has Directus read it at once, beside all else that it does then.
  if (!(await database(COPIES_TABLE).first('id'))) return 0;

  const { schema } = await cachedAccess(context);
  // Directus' service of files asks for this limit, whoever calls it.
  const limit = Number(env['MAX_BATCH_MUTATION']);

  return database.transaction(async (transaction) => {
    const query = transaction(COPIES_TABLE)
      .orderBy('id')
      .limit(limit >= 1 ? Math.min(limit, FILES_PER_BATCH) : FILES_PER_BATCH);
    // On SQLite nobody writes while somebody else does.
    if (vendorOf(database) !== 'sqlite') query.forUpdate().skipLocked();

    const left: { id: string; file: string }[] = await query.select('id', 'file');
    if (left.length === 0) return 0;

    const ids = left.map(({ id }) => id);
    await transaction(COPIES_TABLE).whereIn('id', ids).delete();

    // The service finds by their rows what is stored of files; these come and go in this transaction.
    await transaction('directus_files').insert(left.map(({ file }) => JSON.parse(file) as Item));
    const files = fullAccessWith(context, schema, transaction).files();
    // No flow or hook has heard of these files, and none hears that they are gone.
    await Object.assign(files, { eventScope: COPIES_TABLE }).deleteMany(ids);

    return ids.length;
  });
}
