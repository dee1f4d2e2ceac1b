import type { Filter } from '@directus/types';
import { TENANT_FIELD, TENANTS_ROLE } from './managed.ts';

/** Directus resolves this to the role of the requester without a query; it is null where there is no role. */
export const CURRENT_ROLE = '$CURRENT_ROLE';
export const CURRENT_USER = '$CURRENT_USER';

/**
 * "The value of this field is the given id, and there is one". Directus turns `_eq` with null into `IS NULL`, so without
 * `_nnull` a requester without role would meet every row that belongs to nobody.
 */
export function equalsAndExists(field: string, value: string | null): Filter {
  return { _and: [{ [field]: { _nnull: true } }, { [field]: { _eq: value } }] };
}

/**
 * The same rows by fewer conditions: what {@link equalsAndExists} says is "in this list of one", for no database finds null in a
 * list. Directus writes a rule out anew for each column of an answer. For rows alone: payloads are compared by Directus itself, and
 * there null is in a list with null.
 */
export function shortened(filter: Filter): Filter {
  const column = columnOf(filter);
  if (column) return { [column.field]: { _in: [column.value] } } as Filter;

  return Object.fromEntries(
    Object.entries(filter).map(([key, value]: [string, unknown]) => [
      key,
      key === '_and' || key === '_or' ? (value as Filter[]).map(shortened) : value,
    ]),
  ) as Filter;
}

/** The field and the value of a filter made by {@link equalsAndExists}; null for any other filter. */
export function columnOf(filter: Filter): { field: string; value: string | null } | null {
  const [exists, equals, ...others] = (filter as { _and?: Filter[] })._and ?? [];
  const [field = ''] = Object.keys(equals ?? {});
  const value = valueOfOnly('_eq', valueOfOnly(field, equals));
  const isOne =
    valueOfOnly('_nnull', valueOfOnly(field, exists)) === true && value !== undefined && others.length === 0;

  return isOne ? { field, value: value as string | null } : null;
}

/** The value of an object's only key; undefined where it has others. */
function valueOfOnly(key: string, object: unknown): unknown {
  const isIt = typeof object === 'object' && object !== null && Object.keys(object).join() === key;
  return isIt ? (object as Record<string, unknown>)[key] : undefined;
}

/** Rows that belong to the tenant whose id is given; by default the requester's active tenant. */
export function ownTenant(tenant: string = CURRENT_ROLE): Filter {
  return equalsAndExists(TENANT_FIELD, tenant);
}

/** Rows of the requester's active tenant, and those of nobody. */
export function ownTenantOrNobody(): Filter {
  return { _or: [{ [TENANT_FIELD]: { _null: true } }, ownTenant()] };
}

/** Rows whose user, found at `path`, belongs to no tenant; rows without user included. An empty path means the user itself. */
export function userOutsideTenants(...path: string[]): Filter {
  const at = (steps: string[], condition: object): Filter =>
    steps.reduceRight<object>((nested, step) => ({ [step]: nested }), condition) as Filter;

  return {
    _or: [
      at([...path, 'role'], { _null: true }),
      at([...path, 'role', 'parent'], { _null: true }),
      at([...path, 'role', 'parent'], { _neq: TENANTS_ROLE }),
    ],
  };
}

/** Both filters. Empty ones vanish, and a filter that is there already is not added again. */
export function and(first: Filter | null | undefined, second: Filter): Filter {
  if (!first || Object.keys(first).length === 0) return second;
  if (contains(first, second)) return first;
  return { _and: [first, second] };
}

/** Whether `filter` is, or AND-s at its top level, every condition of `part`. */
export function contains(filter: Filter, part: Filter): boolean {
  const present = conjuncts(filter);
  return conjuncts(part).every((condition) => present.some((other) => isSame(condition, other)));
}

/** `filter` without the conditions of `part` at its top level; null when nothing is left. */
export function without(filter: Filter | null | undefined, part: Filter): Filter | null {
  if (!filter) return null;
  const removed = new Set(conjuncts(part).map(canonical));
  const left = conjuncts(filter).filter((condition) => !removed.has(canonical(condition)));
  if (left.length === 0) return null;
  const [only] = left;
  return only && left.length === 1 ? only : { _and: left };
}

/** The conditions that a filter AND-s: nested `_and` are flattened, and a filter of several keys is taken apart. */
function conjuncts(filter: Filter): Filter[] {
  return Object.entries(filter).flatMap(([key, value]) =>
    key === '_and' && Array.isArray(value) ? (value as Filter[]).flatMap(conjuncts) : [{ [key]: value }],
  );
}

/** Whether two conditions of one key each are the same; most differ in that key already. */
function isSame(condition: Filter, other: Filter): boolean {
  return Object.keys(condition)[0] === Object.keys(other)[0] && canonical(condition) === canonical(other);
}

/** The same text for the same filter, whatever the order of its keys. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, nested: unknown) =>
    nested && typeof nested === 'object' && !Array.isArray(nested)
      ? Object.fromEntries(Object.entries(nested).sort(([a], [b]) => (a < b ? -1 : 1)))
      : nested,
  );
}
