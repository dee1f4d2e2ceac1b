import { createHash } from 'node:crypto';
import type { PrimaryKey } from '@directus/types';
import type { Knex } from 'knex';
import { ERASED_TABLE, ERASURES_TABLE } from '../../tenancy/managed.ts';

/** Creates the tables of erasures where they are missing. */
export async function ensureErasureTables(database: Knex): Promise<void> {
  if (!(await database.schema.hasTable(ERASURES_TABLE))) {
    await database.schema.createTable(ERASURES_TABLE, (table) => {
      table.string('tenant', 36).primary();
      table.bigInteger('started_at').notNullable();
      table.bigInteger('finished_at');
      table.text('report');
    });
  }

  if (!(await database.schema.hasTable(ERASED_TABLE))) {
    await database.schema.createTable(ERASED_TABLE, (table) => {
      table.increments('id');
      table.string('tenant', 36).notNullable().index();
      table.string('collection', 64).notNullable();
      table.bigInteger('bytes').notNullable().defaultTo(0);
      // The plain type ends at 64 KB on MySQL.
      table.text('erased', 'longtext').notNullable();
    });
  }
}

/** Rows of a collection that are gone. */
export interface ErasedRows {
  collection: string;
  keys: string[];
}

/** What has been erased of a tenant. */
export interface Totals {
  erased: Record<string, number>;
  storage: number;
  hash: string;
}

/** Whether a tenant is being erased, or was when somebody interrupted it. */
export async function isBeingErased(database: Knex, tenant: string): Promise<boolean> {
  return (await database(ERASURES_TABLE).where({ tenant }).whereNull('finished_at').first('tenant')) !== undefined;
}

/** Marks a tenant as being erased. */
export async function markErasure(database: Knex, tenant: string): Promise<void> {
  await database(ERASURES_TABLE).insert({ tenant, started_at: Date.now() }).onConflict('tenant').ignore();
}

/** Books deleted rows in the transaction that deletes them, so that whoever goes on after an interruption knows of them. */
export async function bookErased(
  transaction: Knex,
  tenant: string,
  collection: string,
  keys: readonly PrimaryKey[],
  bytes = 0,
): Promise<void> {
  if (keys.length === 0) return;
  await transaction(ERASED_TABLE).insert({ tenant, collection, bytes, erased: JSON.stringify(keys.map(String)) });
}

/** What was booked of a tenant, one batch after the other in the order in which it went. */
export async function* erasedRows(database: Knex, tenant: string): AsyncGenerator<ErasedRows & { bytes: number }> {
  let last = 0;

  for (;;) {
    const row: { id: number; collection: string; bytes: number | string; erased: string } | undefined = await database(
      ERASED_TABLE,
    )
      .where({ tenant })
      .where('id', '>', last)
      .orderBy('id')
      .first('id', 'collection', 'bytes', 'erased');

    if (!row) return;
    last = row.id;
    yield { collection: row.collection, keys: JSON.parse(row.erased) as string[], bytes: Number(row.bytes) };
  }
}

/**
 * The sums of what was booked. The hash is that of the lines `collection:key`, sorted by collection and then by key, each with a
 * line feed at its end: whoever has the keys of before can tell that it was these.
 */
export async function totalsOf(database: Knex, tenant: string): Promise<Totals> {
  const keys = new Map<string, Set<string>>();
  let storage = 0;

  for await (const batch of erasedRows(database, tenant)) {
    const known = keys.get(batch.collection) ?? new Set();
    for (const key of batch.keys) known.add(key);
    keys.set(batch.collection, known);
    storage += batch.bytes;
  }

  const hash = createHash('sha256');
  const erased: Record<string, number> = {};

  for (const collection of [...keys.keys()].sort()) {
    const sorted = [...(keys.get(collection) ?? [])].sort();
    erased[collection] = sorted.length;
    for (const key of sorted) hash.update(`${collection}:${key}\n`);
  }

  return { erased, storage, hash: hash.digest('hex') };
}

/** Notes what came of an erasure, and forgets the keys: they named people. */
export async function closeBook(transaction: Knex, tenant: string, report: Totals): Promise<void> {
  await transaction(ERASED_TABLE).where({ tenant }).delete();
  await transaction(ERASURES_TABLE)
    .where({ tenant })
    .update({ finished_at: Date.now(), report: JSON.stringify(report) });
}
