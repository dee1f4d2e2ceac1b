import type { Accountability, Filter, Query, SchemaOverview } from '@directus/types';
import { boundaryOf, type Boundary, type BoundaryContext, type Requester } from './boundaries.ts';
import { scopeFilterHops, scopeHops, type HopContext } from './hops.ts';
import { hasTenantField, treatmentOf } from './scopes.ts';
import { TENANTS, TENANTS_ROLE } from './managed.ts';
import { and, CURRENT_ROLE, CURRENT_USER, shortened } from './predicates.ts';

/**
 * Whether a requester acts in a tenant: the tenant's role hangs below the role `Tenants`. Who was given that parent itself
 * has the permissions of a member and no tenant.
 */
export function requesterOf({ role, roles }: Accountability): Requester {
  return role !== TENANTS_ROLE && roles.includes(TENANTS_ROLE) ? 'member' : 'outsider';
}

/**
 * The query of a root read, with the tenant filter AND-ed on and every hop over a relation limited to what the requester
 * may read. A new object: Directus freezes the queries of requests. Answers null where the requester may not read the
 * collection at all.
 *
 * @throws RefusedError that names the path, for a hop that cannot be limited
 */
export function scopeQuery(
  query: Query,
  collection: string,
  accountability: Accountability,
  context: BoundaryContext,
): Query | null {
  const hops = hopContext(accountability, context);
  const boundary = hops.readable(collection);

  // What Directus grants every user of its app (the own settings, translations, …) stays with the permission engine.
  if (boundary.kind === 'closed' && !collection.startsWith('directus_')) return null;

  const scoped = scopeHops(query, collection, hops);
  if (boundary.kind !== 'rows' || boundary.queryFields.length === 0) return scoped;

  return { ...scoped, filter: and(scoped.filter, boundary.filter) };
}

/**
 * The query of a request with the hops of its filter limited, for what Directus counts beside a list: it takes those counts
 * without asking any hook.
 *
 * @throws RefusedError as {@link scopeQuery}
 */
export function scopeCounts(
  query: Query,
  collection: string,
  accountability: Accountability,
  context: BoundaryContext,
): Query {
  if (!query.filter) return query;
  return { ...query, filter: scopeFilterHops(query.filter, collection, hopContext(accountability, context)) };
}

function hopContext(accountability: Accountability, context: BoundaryContext): HopContext {
  const requester = requesterOf(accountability);

  return {
    schema: context.schema,
    isMixed: (collection) => treatmentOf(collection, context.schema, context.recorded) === 'mixed',
    readable: (collection): Boundary => {
      const boundary = boundaryOf(collection, 'read', requester, context);
      if (boundary.kind !== 'rows') return boundary;
      return { ...boundary, filter: resolve(shortFormOf(boundary.filter), accountability) };
    },
  };
}

const shortForms = new WeakMap<Filter, Filter>();

/** {@link shortened} for the filter of a boundary, of which there are few, and which stay: it is made with the first request. */
function shortFormOf(filter: Filter): Filter {
  const known = shortForms.get(filter);
  if (known) return known;

  const short = shortened(filter);
  shortForms.set(filter, short);
  return short;
}

/** Whether the licence matters for a collection: its rows are kept apart by permission rules. */
export function needsRules(collection: string, schema: SchemaOverview): boolean {
  return collection === TENANTS || hasTenantField(collection, schema);
}

/** Puts the requester's ids in the place of dynamic variables: Directus resolves those in rules only. */
export function resolve(filter: Filter, { role, user }: Accountability): Filter {
  return withValues(filter, { [CURRENT_ROLE]: role, [CURRENT_USER]: user }) as Filter;
}

function withValues(part: unknown, values: Record<string, string | null>): unknown {
  if (typeof part === 'string') return part in values ? values[part] : part;
  if (Array.isArray(part)) return part.map((each) => withValues(each, values));
  if (typeof part !== 'object' || part === null) return part;
  return Object.fromEntries(Object.entries(part).map(([key, value]) => [key, withValues(value, values)]));
}
