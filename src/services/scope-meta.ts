import type { Field } from '@directus/types';
import type { Knex } from 'knex';
import type { Scope } from '../tenancy/types.ts';
import { fullAccess, type ServiceContext } from './directus.ts';
import { readScopes } from './scopes.ts';

/**
 * A field of Directus' own collection of collections. A snapshot of the schema carries everything that is in there, and so takes
 * the scopes along to other projects. Members are told by the recorded scopes and the schema alone; nothing is opened by it.
 */
export const SCOPE_META = 'tenancy_scope';

const COLLECTIONS = 'directus_collections';

/** Gives Directus' collection of collections the field that a snapshot carries the scopes in. */
export async function ensureScopeMeta(context: ServiceContext): Promise<void> {
  const access = await fullAccess(context);
  if (access.schema.collections[COLLECTIONS]?.fields[SCOPE_META]) return;

  await access.fields().createField(COLLECTIONS, {
    field: SCOPE_META,
    type: 'string',
    meta: {
      interface: 'input',
      hidden: true,
      readonly: true,
      note: 'Who the rows belong to. Written by the tenancy extension, for snapshots of the schema.',
    },
    schema: { max_length: 16 },
  } as unknown as Field);
}

/** Writes the scope of a collection where a snapshot finds it. */
export async function tellScope(database: Knex, collection: string, scope: Scope): Promise<void> {
  // A schema from before the bundle takes the field away until the next start.
  if (!(await database.schema.hasColumn(COLLECTIONS, SCOPE_META))) return;

  await database(COLLECTIONS)
    .where({ collection })
    .update({ [SCOPE_META]: scope });
}

/** Writes the scopes that were recorded before there was a place for them; what a snapshot has told stays. */
export async function tellScopes(database: Knex): Promise<void> {
  const told = await readToldScopes(database);

  for (const [collection, scope] of await readScopes(database)) {
    if (told.get(collection) === null) await tellScope(database, collection, scope);
  }
}

/** The collections that Directus keeps settings of, with the scope that these name, such as one that came with a snapshot. */
export async function readToldScopes(database: Knex): Promise<Map<string, Scope | null>> {
  const rows: Record<string, unknown>[] = await database(COLLECTIONS).select();

  return new Map(
    rows.map(({ collection, [SCOPE_META]: told }) => [String(collection), isToldScope(told) ? told : null]),
  );
}

export function isToldScope(value: unknown): value is Scope {
  return value === 'tenant' || value === 'shared';
}
