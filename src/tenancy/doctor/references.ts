import type { SchemaOverview } from '@directus/types';
import { TENANT_FIELD, TENANT_MEMBERS, TENANTS } from '../managed.ts';
import { hasTenantField } from '../scopes.ts';

/**
 * A many-to-one (or any) reference that starts from rows of tenants. What it leads to tells how the tenant of the other side is
 * found: `rows` carry `tenant_id`, a `user` has the tenant as role, and a `tenant` (or its role) is one by its id.
 */
export interface OwnedReference {
  collection: string;
  field: string;
  target: string;
  kind: 'rows' | 'user' | 'tenant';
  /** Many-to-any: the field that names the collection which the reference leads to. */
  collectionField: string | null;
}

/** Every reference from a row that belongs to a tenant to something that can belong to another one. */
export function ownedReferences(schema: SchemaOverview): OwnedReference[] {
  return schema.relations.flatMap(({ collection, field, related_collection: related, meta }) => {
    if (collection === TENANT_MEMBERS || field === TENANT_FIELD || !hasTenantField(collection, schema)) return [];
    if (!schema.collections[collection]?.fields[field]) return [];

    const collectionField = related === null ? (meta?.one_collection_field ?? null) : null;
    const targets = related !== null ? [related] : (meta?.one_allowed_collections ?? []);
    if (related === null && collectionField === null) return [];

    return targets.flatMap((target) => {
      const kind = schema.collections[target] ? kindOf(target, schema) : null;
      return kind ? [{ collection, field, target, kind, collectionField }] : [];
    });
  });
}

function kindOf(target: string, schema: SchemaOverview): OwnedReference['kind'] | null {
  if (target === 'directus_users') return 'user';
  if (target === 'directus_roles' || target === TENANTS) return 'tenant';
  return hasTenantField(target, schema) ? 'rows' : null;
}
