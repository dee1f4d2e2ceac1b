import type { Relation, SchemaOverview } from '@directus/types';
import { TENANTS } from '../managed.ts';
import { hasTenantField, isOwnedByTenants, treatmentOf, type RecordedScopes } from '../scopes.ts';

/** Collections whose rows are met by people of several tenants, or stand for them. */
const CROSSROADS = new Set([TENANTS, 'directus_roles', 'directus_users', 'directus_policies']);

/** An alias field that leads from what tenants have in common to rows that belong to one of them. */
export interface Bridge {
  collection: string;
  field: string;
  /** The tenant-scoped collections to which it leads. */
  into: string[];
}

/** Every alias field (one-to-many, many-to-many, many-to-any) that is a bridge between tenants. */
export function bridges(schema: SchemaOverview, recorded: RecordedScopes): Bridge[] {
  return schema.relations.flatMap((relation) => {
    const { related_collection: collection, meta } = relation;
    const field = meta?.one_field;
    if (!collection || !field || !isCommon(collection, schema, recorded)) return [];

    const into = [
      ...(hasTenantField(relation.collection, schema) ? [relation.collection] : []),
      ...behindJunction(relation, schema).filter((target) => isOwnedByTenants(target, schema)),
    ];

    return into.length > 0 ? [{ collection, field, into: [...new Set(into)] }] : [];
  });
}

function isCommon(collection: string, schema: SchemaOverview, recorded: RecordedScopes): boolean {
  return CROSSROADS.has(collection) || ['shared', 'mixed'].includes(treatmentOf(collection, schema, recorded));
}

/** The collections on the other side of the junction, where the alias is one over a junction. */
function behindJunction({ collection, meta }: Relation, schema: SchemaOverview): string[] {
  if (!meta?.junction_field) return [];
  const other = schema.relations.find((one) => one.collection === collection && one.field === meta.junction_field);
  if (!other) return [];
  return other.related_collection ? [other.related_collection] : (other.meta?.one_allowed_collections ?? []);
}
