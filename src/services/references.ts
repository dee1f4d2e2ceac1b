import type { Accountability, EventContext, Filter, Item, PrimaryKey, SchemaOverview } from '@directus/types';
import type { Knex } from 'knex';
import { boundaryOf, type BoundaryContext } from '../tenancy/boundaries.ts';
import { InvalidFieldError } from '../tenancy/errors.ts';
import { TENANT_FIELD, TENANT_MEMBERS, TENANTS } from '../tenancy/managed.ts';
import { columnOf } from '../tenancy/predicates.ts';
import { requesterOf, resolve } from '../tenancy/queries.ts';
import { referencesOf, type Reference, type References } from '../tenancy/references.ts';
import { hasTenantField, primaryKeyOf, treatmentOf } from '../tenancy/scopes.ts';
import { say } from '../tenancy/sentences.ts';
import { ownershipOf } from '../tenancy/writes.ts';
import { batchOf } from './request-batch.ts';
import { fullAccessWith, type ServiceContext } from './directus.ts';

/** On whose behalf a row refers to others: that of a requester, or of the tenant that owns the row (null: of nobody). */
export type Referrer = { requester: Accountability } | { tenant: string | null };

/** What the checks of one event work with. */
interface Check {
  context: ServiceContext;
  boundaries: BoundaryContext;
  database: Knex;
  schema: SchemaOverview;
  referrer: Referrer;
}

/** Keys that were found to be allowed, by transaction: rows of one batch mostly refer to the same ones. */
const found = new WeakMap<object, Set<string>>();

/**
 * Refuses a payload that refers to rows outside of the tenant. A row that does not exist gets the same answer. Asks once
 * per collection that is referred to, for a whole batch and all that is nested in it.
 *
 * @param keys the rows that are updated; empty for a row that is created
 * @throws InvalidFieldError that names the field
 */
export async function assertReferences(
  context: ServiceContext,
  boundaries: BoundaryContext,
  { database, schema }: Pick<EventContext, 'database'> & { schema: SchemaOverview },
  collection: string,
  payload: Item,
  keys: readonly PrimaryKey[],
  referrer: Referrer,
): Promise<void> {
  const check: Check = { context, boundaries, database, schema, referrer };
  const references = referencesOf(collection, payload, schema);
  const known = [...references.known, ...(await storedReferences(check, collection, references, keys))];

  const allowed = database.isTransaction ? (found.get(database) ?? new Set()) : new Set<string>();
  if (database.isTransaction) found.set(database, allowed);

  const pending = unknownTo(allowed, known);
  if (pending.length === 0) return;

  const batch = keys.length === 0 && database.isTransaction ? batchOf(collection) : [];
  const ahead = batch.flatMap((row) => referencesIn(collection, row, schema));
  const wanted = byTarget([...pending, ...unknownTo(allowed, ahead)]);

  for (const [to, group] of wanted) {
    const isForbidden = group.filter((reference) => !mayRefer(check, reference));
    const asked = group.filter((reference) => !isForbidden.includes(reference));
    const present = await allowedKeys(check, to, [...new Set(asked.flatMap((reference) => reference.keys))]);

    for (const reference of asked) {
      for (const key of reference.keys) if (present.has(String(key))) allowed.add(nameOf(reference, key));
    }
  }

  const [refused] = unknownTo(allowed, pending);
  if (refused) throw outside(refused.field, referrer);
}

/** The references of another row of a batch; one that is malformed is refused when its turn comes. */
function referencesIn(collection: string, row: Item, schema: SchemaOverview): Reference[] {
  try {
    return referencesOf(collection, row, schema).known;
  } catch {
    return [];
  }
}

function unknownTo(allowed: ReadonlySet<string>, references: readonly Reference[]): Reference[] {
  return references.filter((reference) => reference.keys.some((key) => !allowed.has(nameOf(reference, key))));
}

function nameOf({ from, to }: Reference, key: PrimaryKey): string {
  return [from, to, key].join(' ');
}

function byTarget(references: readonly Reference[]): Map<string, Reference[]> {
  const groups = new Map<string, Reference[]>();
  for (const reference of references) groups.set(reference.to, [...(groups.get(reference.to) ?? []), reference]);
  return groups;
}

/** What the payload of an update leaves to the stored rows: the collection of a many-to-any key, or the key. */
async function storedReferences(
  { database, schema }: Check,
  collection: string,
  { open, redirected }: References,
  keys: readonly PrimaryKey[],
): Promise<Reference[]> {
  if (open.length === 0 && redirected.length === 0) return [];

  const columns = [...open.map(({ collectionField }) => collectionField), ...redirected.map(({ field }) => field)];
  const rows: Item[] =
    keys.length === 0
      ? [Object.fromEntries(columns.map((column) => [column, defaultOf(collection, column, schema)]))]
      : await database(collection)
          .distinct(columns)
          .whereIn(primaryKeyOf(collection, schema), keys as PrimaryKey[]);

  const reference = (field: string, to: unknown, key: unknown): Reference[] =>
    typeof to === 'string' && to in schema.collections && (typeof key === 'string' || typeof key === 'number')
      ? [{ field, from: collection, to, keys: [key] }]
      : [];

  return rows.flatMap((row) => [
    ...open.flatMap(({ field, collectionField, key }) => reference(field, row[collectionField], key)),
    ...redirected.flatMap(({ field, to }) => reference(field, to, row[field])),
  ]);
}

function defaultOf(collection: string, field: string, schema: SchemaOverview): unknown {
  return schema.collections[collection]?.fields[field]?.defaultValue ?? null;
}

/** Rows that all tenants read must not lead into one of them. */
function mayRefer({ boundaries, schema, referrer }: Check, { from, to }: Reference): boolean {
  if ('tenant' in referrer || !hasTenantField(to, schema)) return true;
  const treatment = treatmentOf(from, schema, boundaries.recorded);
  return treatment === 'tenant' || treatment === 'mixed' || treatment === 'system';
}

/** Those of the keys, as text, that may be referred to. */
async function allowedKeys(check: Check, to: string, keys: PrimaryKey[]): Promise<ReadonlySet<string>> {
  const { database, schema } = check;
  if (keys.length === 0) return new Set();

  const conditions = conditionsFor(check, to);
  if (conditions === 'all') return new Set(keys.map(String));
  if (conditions === 'none') return new Set();

  const primary = primaryKeyOf(to, schema);

  try {
    if (typeof conditions === 'function') {
      const query = database(to).select(`${to}.${primary}`).whereIn(`${to}.${primary}`, keys);
      const rows: Item[] = await conditions(query);
      return new Set(rows.map((row) => String(row[primary])));
    }

    const rows = await fullAccessWith(check.context, schema, database)
      .items(to)
      .readByQuery({ filter: { _and: [{ [primary]: { _in: keys } }, conditions] }, fields: [primary], limit: -1 });

    return new Set(rows.map((row) => String(row[primary])));
  } catch (error) {
    // A key that the column cannot hold leads nowhere; the database says so in its own way.
    check.context.logger.debug(error);
    return new Set();
  }
}

type Narrow = (query: Knex.QueryBuilder) => Knex.QueryBuilder;

/** Which rows of a collection may be referred to. */
function conditionsFor({ boundaries, database, referrer }: Check, to: string): 'all' | 'none' | Narrow | Filter {
  if ('tenant' in referrer) return conditionsForTenant(database, to, boundaries, referrer.tenant);

  const { requester } = referrer;
  const boundary = boundaryOf(to, 'read', requesterOf(requester), boundaries);
  if (boundary.kind === 'open') return 'all';
  if (boundary.kind === 'closed') return 'none';

  const filter = resolve(boundary.filter, requester);
  const column = columnOf(filter);
  if (!column) return filter;

  const { field, value } = column;
  return value === null ? 'none' : (query) => query.where(`${to}.${field}`, value);
}

/** Super-admins act for no tenant, so it is the tenant of the row that decides. */
function conditionsForTenant(
  database: Knex,
  to: string,
  { schema, recorded }: BoundaryContext,
  tenant: string | null,
): 'all' | Narrow {
  if (to === TENANTS) return (query) => query.where('id', tenant);

  if (to === 'directus_roles' || to === 'directus_users') {
    const role = to === 'directus_roles' ? `${to}.id` : `${to}.role`;
    const tenants = database(TENANTS).select('id');

    return (query) =>
      query.where((either) => {
        void either.whereNull(role).orWhereNotIn(role, tenants).orWhere(role, tenant);

        // A member of several tenants acts in another one at the moment.
        if (to === 'directus_users') {
          void either.orWhereIn(`${to}.id`, database(TENANT_MEMBERS).select('user_id').where(TENANT_FIELD, tenant));
        }
      });
  }

  if (!hasTenantField(to, schema)) return 'all';

  const mayBeNobodys = ['mixed', 'perhaps'].includes(ownershipOf(to, schema, recorded));
  return (query) =>
    query.where((either) => {
      void either.where(`${to}.${TENANT_FIELD}`, tenant);
      if (mayBeNobodys) void either.orWhereNull(`${to}.${TENANT_FIELD}`);
    });
}

function outside(field: string, referrer: Referrer): Error {
  return new InvalidFieldError({
    field,
    reason:
      'requester' in referrer
        ? say('names a row that does not exist or is not yours')
        : say('names a row that does not exist or belongs to another tenant than this one'),
  });
}
