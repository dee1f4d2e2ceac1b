import type { Accountability, Filter, Query, SchemaOverview } from '@directus/types';
import { boundaryOf, type BoundaryContext, type Requester } from './boundaries.ts';
import { hasTenantField } from './scopes.ts';
import { TENANTS, TENANTS_ROLE } from './managed.ts';
import { and, CURRENT_ROLE, CURRENT_USER } from './predicates.ts';

/**
 * Whether a requester acts in a tenant: the tenant's role hangs below the role `Tenants`. Who was given that parent itself
 * has the permissions of a member and no tenant.
 */
export function requesterOf({ role, roles }: Accountability): Requester {
  return role !== TENANTS_ROLE && roles.includes(TENANTS_ROLE) ? 'member' : 'outsider';
}

/**
 * The query of a root read, with the tenant filter AND-ed on. A new object: Directus freezes the queries of requests.
 * Answers null where the requester may not read the collection at all.
 */
export function scopeQuery(
  query: Query,
  collection: string,
  accountability: Accountability,
  context: BoundaryContext,
): Query | null {
  const boundary = boundaryOf(collection, 'read', requesterOf(accountability), context);

  if (boundary.kind === 'open') return query;
  // What Directus grants every user of its app (the own settings, translations, …) stays with the permission engine.
  if (boundary.kind === 'closed') return collection.startsWith('directus_') ? query : null;

  if (boundary.queryFields.length === 0) return query;

  return { ...query, filter: and(query.filter, resolve(boundary.filter, accountability)) };
}

/** Whether the licence matters for a collection: its rows are kept apart by permission rules. */
export function needsRules(collection: string, schema: SchemaOverview): boolean {
  return collection === TENANTS || hasTenantField(collection, schema);
}

/** Puts the requester's ids in the place of dynamic variables: Directus resolves those in rules only. */
function resolve(filter: Filter, { role, user }: Accountability): Filter {
  const values: Record<string, string | null> = { [CURRENT_ROLE]: role, [CURRENT_USER]: user };

  return JSON.parse(JSON.stringify(filter), (_key, value: unknown) =>
    typeof value === 'string' && value in values ? values[value] : value,
  ) as Filter;
}
