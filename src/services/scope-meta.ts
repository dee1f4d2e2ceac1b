import type { Field } from '@directus/types';
import type { Knex } from 'knex';
import { TENANTS } from '../tenancy/managed.ts';
import type { RecordedScopes } from '../tenancy/scopes.ts';
import { SCOPES, type Scope } from '../tenancy/types.ts';
import { withLock } from './database.ts';
import { fullAccess, type ServiceContext } from './directus.ts';
import { readScopes } from './scopes.ts';

/**
 * A field of `tenants` without a column, whose options list the scope of every collection. A snapshot of the schema carries it,
 * and so takes the scopes along to other projects. Nobody but super-admins sees it, and what is there opens nothing: members and
 * outsiders are told by the recorded scopes and the schema alone.
 */
export const SCOPES_FIELD = 'scopes';

const FIELDS = 'directus_fields';
const KEY = { collection: TENANTS, field: SCOPES_FIELD };

/** Adds the field that a snapshot carries the scopes in. */
export async function ensureScopeMeta(context: ServiceContext): Promise<void> {
  if (await context.database(FIELDS).where(KEY).first('id')) return;

  const access = await fullAccess(context);
  await access.fields().createField(TENANTS, {
    field: SCOPES_FIELD,
    type: 'alias',
    meta: {
      special: ['alias', 'no-data'],
      interface: 'presentation-divider',
      hidden: true,
      readonly: true,
      options: { scopes: {} },
      note: 'The scope of every collection, for snapshots of the schema. Written by the tenancy extension.',
    },
    schema: null,
  } as unknown as Field);
}

/** The scopes that are listed for snapshots, such as those that came with one. */
export async function readToldScopes(database: Knex): Promise<Map<string, Scope>> {
  return (await readList(database)) ?? new Map<string, Scope>();
}

/** Whether the list is there, and has an entry for each of these collections: {@link tellScopes} would change nothing. */
export async function areScopesTold(database: Knex, recorded: RecordedScopes): Promise<boolean> {
  const told = await readList(database);
  return told !== null && [...recorded.keys()].every((collection) => told.has(collection));
}

/** The list in the field that snapshots carry; null where there is no such field. */
async function readList(database: Knex): Promise<Map<string, Scope> | null> {
  const row: { options: unknown } | undefined = await database(FIELDS).where(KEY).first('options');
  if (!row) return null;

  const options: unknown = typeof row.options === 'string' ? JSON.parse(row.options) : row.options;
  const listed = (options as { scopes?: Record<string, unknown> | null } | null | undefined)?.scopes ?? {};

  return new Map(Object.entries(listed).filter((entry): entry is [string, Scope] => isScope(entry[1])));
}

/** Lists the scope of a collection where a snapshot finds it; null takes it off the list. */
export async function tellScope(database: Knex, collection: string, scope: Scope | null): Promise<void> {
  // One list for all collections: whoever writes it waits for others who do.
  await withLock(database, 'directus-extension-tenancy:told-scopes', async () => {
    const told = await readToldScopes(database);
    if ((told.get(collection) ?? null) === scope) return;

    if (scope) told.set(collection, scope);
    else told.delete(collection);

    const options = JSON.stringify({ scopes: Object.fromEntries(told) });
    await database(FIELDS).where(KEY).update({ options });
  });
}

/** Lists the scopes that were recorded before there was a list; what a snapshot has told stays. */
export async function tellScopes(database: Knex): Promise<void> {
  const told = await readToldScopes(database);

  for (const [collection, scope] of await readScopes(database)) {
    if (!told.has(collection)) await tellScope(database, collection, scope);
  }
}

function isScope(value: unknown): value is Scope {
  return (SCOPES as readonly unknown[]).includes(value);
}
