import type { Knex } from 'knex';
import { SCOPES_TABLE } from '../tenancy/managed.ts';
import type { Scope } from '../tenancy/types.ts';

/** Creates the table of recorded scopes where it is missing. */
export async function ensureScopesTable(database: Knex): Promise<void> {
  if (await database.schema.hasTable(SCOPES_TABLE)) return;

  await database.schema.createTable(SCOPES_TABLE, (table) => {
    table.string('collection', 64).primary();
    table.string('scope', 16).notNullable();
    table.boolean('rules_stored').notNullable().defaultTo(false);
  });
}

/** The scopes that were decided, by collection. */
export async function readScopes(database: Knex): Promise<Map<string, Scope>> {
  const rows: { collection: string; scope: Scope }[] = await database(SCOPES_TABLE).select('collection', 'scope');
  return new Map(rows.map(({ collection, scope }) => [collection, scope]));
}

/** Records a decision. Whether the permission rows follow it is not known after that: see {@link markRulesStored}. */
export async function recordScope(database: Knex, collection: string, scope: Scope): Promise<void> {
  await database(SCOPES_TABLE)
    .insert({ collection, scope, rules_stored: false })
    .onConflict('collection')
    .merge({ scope, rules_stored: false });
}

export async function forgetScope(database: Knex, collection: string): Promise<void> {
  await database(SCOPES_TABLE).where({ collection }).delete();
}

/** Collections whose stored permission rows do not follow the recorded scope yet. */
export async function scopesWithoutStoredRules(database: Knex): Promise<{ collection: string; scope: Scope }[]> {
  return database(SCOPES_TABLE).select('collection', 'scope').where({ rules_stored: false });
}

export async function markRulesStored(database: Knex, collection: string): Promise<void> {
  await database(SCOPES_TABLE).where({ collection }).update({ rules_stored: true });
}
