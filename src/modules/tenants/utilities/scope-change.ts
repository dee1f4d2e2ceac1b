import type { Assignment, CollectionScope, Scope, ScopeRequest } from '../../../client/index.ts';

export const WAYS = ['nobody', 'tenant', 'through', 'by'] as const;

/** Who gets the rows that have no tenant. */
export type Way = (typeof WAYS)[number];

/** A tenant that somebody picked. */
export interface PickedTenant {
  id: string;
  name: string;
}

/** What somebody answered in the steps of a change. */
export interface ScopeAnswers {
  scope: Scope | null;
  way: Way | null;
  tenant: PickedTenant | null;
  /** The field that leads to rows with a tenant. */
  through: string | null;
  /** The field whose values stand for tenants, */
  by: string | null;
  /** and for which one each of them does. */
  tenants: Record<string, PickedTenant | null>;
}

export function noAnswers(): ScopeAnswers {
  return { scope: null, way: null, tenant: null, through: null, by: null, tenants: {} };
}

/** Whether there are rows for which has to be said who gets them. */
export function asksForOwners({ scope }: ScopeAnswers, { rows }: Pick<CollectionScope, 'rows'>): boolean {
  return rows.unowned > 0 && (scope === 'tenant' || scope === 'mixed');
}

/** Whether all is said that the chosen way needs. */
export function areOwnersTold({ scope, way, tenant, through, by, tenants }: ScopeAnswers): boolean {
  if (way === 'tenant') return tenant !== null;
  if (way === 'through') return through !== null;
  if (way === 'by') return by !== null && Object.values(tenants).some((each) => each !== null);
  // What was answered for another scope may be no answer for this one.
  return way === 'nobody' && scope === 'mixed';
}

/** What is asked of the server; `undefined` where something is missing. */
export function requestOf(answers: ScopeAnswers, collection: Pick<CollectionScope, 'rows'>): ScopeRequest | undefined {
  const { scope } = answers;
  if (scope === null) return undefined;
  if (!asksForOwners(answers, collection)) return { scope };
  if (!areOwnersTold(answers)) return undefined;

  const assign = assignmentOf(answers);
  return { scope, ...(assign && { assign }) };
}

function assignmentOf({ way, tenant, through, by, tenants }: ScopeAnswers): Assignment | undefined {
  if (way === 'tenant' && tenant) return { tenant: tenant.id };
  if (way === 'through' && through) return { through };
  if (way !== 'by' || !by) return undefined;

  const picked = Object.entries(tenants).flatMap(([value, each]) => (each ? [[value, each.id] as const] : []));
  return { by, tenants: Object.fromEntries(picked) };
}
