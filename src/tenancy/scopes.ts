import type { SchemaOverview } from '@directus/types';
import { TENANTS, TENANT_FIELD, TENANT_MEMBERS } from './managed.ts';
import type { Scope } from './types.ts';

/** Scopes that super-admins decided, by collection. */
export type RecordedScopes = ReadonlyMap<string, Scope>;

/**
 * How a collection is treated:
 * - `tenant`: every row belongs to one tenant;
 * - `mixed`: rows of tenants, and rows of nobody that all read and super-admins write;
 * - `shared`: one set of rows for all;
 * - `broken`: recorded as `tenant` or `mixed`, but the field is gone: nobody but super-admins gets in;
 * - `undecided`: nobody decided yet: members are kept out;
 * - `system`: a collection of Directus itself.
 */
export type Treatment = Scope | 'broken' | 'undecided' | 'system';

/** Whether somebody may decide the scope of a collection: those of Directus and of the bundle have theirs. */
export function isScopable(collection: string): boolean {
  return (
    !collection.startsWith('directus_') &&
    !collection.startsWith('tenancy_') &&
    collection !== TENANTS &&
    collection !== TENANT_MEMBERS
  );
}

/** Whether the schema gives the collection the field `tenant_id` with its relation to `tenants`. */
export function hasTenantField(collection: string, schema: SchemaOverview): boolean {
  return (
    schema.collections[collection]?.fields[TENANT_FIELD] !== undefined &&
    schema.relations.some(
      (relation) =>
        relation.collection === collection &&
        relation.field === TENANT_FIELD &&
        relation.related_collection === TENANTS,
    )
  );
}

/** Whether tenants own rows of a collection of the project. */
export function isOwnedByTenants(collection: string, schema: SchemaOverview): boolean {
  return isScopable(collection) && hasTenantField(collection, schema);
}

/**
 * The treatment of a collection. The schema speaks first: it is as fresh as Directus' own idea of the database on every
 * instance, while the recorded scopes tell what the schema cannot (a decision for `shared` or `mixed`, a field that was
 * dropped). A singleton is never mixed: of several rows that somebody may read, nobody could tell which one it is.
 */
export function treatmentOf(collection: string, schema: SchemaOverview, recorded: RecordedScopes): Treatment {
  if (collection.startsWith('directus_')) return 'system';
  const scope = recorded.get(collection);

  if (hasTenantField(collection, schema)) {
    return scope === 'mixed' && !schema.collections[collection]?.singleton ? 'mixed' : 'tenant';
  }

  if (scope === 'tenant' || scope === 'mixed') return 'broken';
  return scope ?? 'undecided';
}

/**
 * The name of a collection's primary key field.
 *
 * @throws when the schema does not know the collection: whoever asks has to stop there
 */
export function primaryKeyOf(collection: string, schema: SchemaOverview): string {
  const overview = schema.collections[collection];
  if (!overview) throw new Error(`The schema knows no collection "${collection}".`);
  return overview.primary;
}

/** All collections with the field `tenant_id`, those of Directus and of the bundle included. */
export function collectionsWithTenantField(schema: SchemaOverview): string[] {
  return Object.keys(schema.collections).filter((collection) => hasTenantField(collection, schema));
}
