import { randomUUID } from 'node:crypto';
import type { Knex } from 'knex';
import { REVISION_TABLE, SCOPES_TABLE } from '../tenancy/managed.ts';
import type { Scope } from '../tenancy/types.ts';
import { withLock } from './database.ts';
import type { ServiceContext } from './directus.ts';

/** The key of the one row of the revision. */
const REVISION_ROW = 1;

/** Decisions about one collection are carried out one after the other, on all instances. */
export function withScopeLock<Result>(
  { database }: Pick<ServiceContext, 'database'>,
  collection: string,
  work: () => Promise<Result>,
): Promise<Result> {
  return withLock(database, `directus-extension-tenancy:scope:${collection}`, work);
}

/** Creates the tables of recorded scopes where they are missing. */
export async function ensureScopesTables(database: Knex): Promise<void> {
  if (!(await database.schema.hasTable(SCOPES_TABLE))) {
    await database.schema.createTable(SCOPES_TABLE, (table) => {
      table.string('collection', 64).primary();
      table.string('scope', 16).notNullable();
      table.boolean('rules_stored').notNullable().defaultTo(false);
    });
  }

  if (!(await database.schema.hasTable(REVISION_TABLE))) {
    await database.schema.createTable(REVISION_TABLE, (table) => {
      table.integer('id').primary();
      table.string('revision', 36).notNullable();
    });
  }

  // Not in the same go as the table: MySQL may have made that before somebody interrupted us.
  await database(REVISION_TABLE).insert({ id: REVISION_ROW, revision: randomUUID() }).onConflict('id').ignore();
}

/**
 * What the recorded scopes are at: a name that is new after each change of them, on whatever instance it was made. Null where
 * the row is missing, which must never pass for "unchanged".
 */
export async function readRevision(database: Knex): Promise<string | null> {
  const row: { revision: string } | undefined = await database(REVISION_TABLE)
    .where({ id: REVISION_ROW })
    .first('revision');

  return row?.revision ?? null;
}

/** What {@link readRevision} asks, to be a column of another query. */
export const REVISION = `SELECT revision FROM ${REVISION_TABLE} WHERE id = ${REVISION_ROW}`;

/** Changes recorded scopes and the revision, both or none. */
async function changeScopes(database: Knex, change: (transaction: Knex) => Promise<unknown>): Promise<void> {
  await database.transaction(async (transaction) => {
    await change(transaction);
    await transaction(REVISION_TABLE).where({ id: REVISION_ROW }).update({ revision: randomUUID() });
  });
}

/** The scopes that were decided, by collection. */
export async function readScopes(database: Knex): Promise<Map<string, Scope>> {
  const rows: { collection: string; scope: Scope }[] = await database(SCOPES_TABLE).select('collection', 'scope');
  return new Map(rows.map(({ collection, scope }) => [collection, scope]));
}

/** Records a decision. Whether the permission rows follow it is not known after that: see {@link markRulesStored}. */
export async function recordScope(database: Knex, collection: string, scope: Scope): Promise<void> {
  await changeScopes(database, (transaction) =>
    transaction(SCOPES_TABLE)
      .insert({ collection, scope, rules_stored: false })
      .onConflict('collection')
      .merge({ scope, rules_stored: false }),
  );
}

export async function forgetScope(database: Knex, collection: string): Promise<void> {
  await changeScopes(database, (transaction) => transaction(SCOPES_TABLE).where({ collection }).delete());
}

/** Collections whose stored permission rows do not follow the recorded scope yet. */
export async function scopesWithoutStoredRules(database: Knex): Promise<{ collection: string; scope: Scope }[]> {
  return database(SCOPES_TABLE).select('collection', 'scope').where({ rules_stored: false });
}

export async function markRulesStored(database: Knex, collection: string): Promise<void> {
  await database(SCOPES_TABLE).where({ collection }).update({ rules_stored: true });
}
