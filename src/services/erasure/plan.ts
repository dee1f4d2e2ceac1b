import type { Relation, SchemaOverview } from '@directus/types';
import type { Knex } from 'knex';
import { OWNED_SYSTEM_COLLECTIONS, TENANT_FIELD, TENANT_MEMBERS, TENANTS } from '../../tenancy/managed.ts';
import { hasTenantField, isOwnedByTenants, primaryKeyOf } from '../../tenancy/scopes.ts';

/** A collection of which rows go with a tenant. */
export interface Source {
  collection: string;
  primary: string;
  /** The rows that go, as they are in the database at the moment. */
  going(database: Knex): Knex.QueryBuilder;
  /** Limits a query of the collection to rows that stay. */
  staying(query: Knex.QueryBuilder, database: Knex): void;
  /** Fields that are emptied first in rows that go too, because rows refer to each other in a circle. */
  loosened: { of: Source; field: string }[];
  /** Fields that refer to rows of the same collection and cannot be empty: a row goes before the one it refers to. */
  leavesFirst: string[];
}

/** A field that may refer, from rows that stay, to rows that go. */
export interface Attachment {
  collection: string;
  primary: string;
  field: string;
  target: Source;
  /** Whether the field can be empty. */
  nullable: boolean;
  /** Whether the database holds rows to it: the types of both sides are the same then. */
  isForeignKey: boolean;
}

/** What goes with a tenant, in the order in which it can. */
export interface Plan {
  tenant: string;
  schema: SchemaOverview;
  sources: Source[];
  attachments: Attachment[];
}

/** Plans the erasure of a tenant. */
export function planErasure(tenant: string, schema: SchemaOverview): Plan {
  const owned = Object.keys(schema.collections)
    .filter((collection) => isOwnedByTenants(collection, schema))
    .sort();

  const sources = inOrder(
    [
      ...[...owned, ...OWNED_SYSTEM_COLLECTIONS].map((collection) =>
        source(
          collection,
          schema,
          (database) => database(collection).where(TENANT_FIELD, tenant),
          (query) =>
            query.where((either) =>
              either.whereNull(`${collection}.${TENANT_FIELD}`).orWhereNot(`${collection}.${TENANT_FIELD}`, tenant),
            ),
        ),
      ),
      source(
        'directus_users',
        schema,
        (database) => usersWhoGo(database, tenant),
        (query, database) => query.whereNotIn('directus_users.id', usersWhoGo(database, tenant).select('id')),
      ),
    ],
    schema,
  );

  const targets = [...sources, ...lastOf(tenant, schema)];

  return {
    tenant,
    schema,
    sources,
    attachments: targets.flatMap((target) =>
      schema.relations
        .filter((relation) => relation.related_collection === target.collection && mayStayAttached(relation, schema))
        .map(({ collection, field, schema: key }) => ({
          collection,
          primary: primaryKeyOf(collection, schema),
          field,
          target,
          nullable: schema.collections[collection]?.fields[field]?.nullable !== false,
          isForeignKey: Boolean(key),
        })),
    ),
  };
}

/** What goes last: the row of the tenant, and its role. */
function lastOf(tenant: string, schema: SchemaOverview): Source[] {
  return [TENANTS, 'directus_roles'].map((collection) =>
    source(
      collection,
      schema,
      (database) => database(collection).where('id', tenant),
      (query) => query.whereNot(`${collection}.id`, tenant),
    ),
  );
}

/**
 * Users who belong nowhere else: they act in the tenant, are members of no other one, and have no admin access.
 */
export function usersWhoGo(database: Knex, tenant: string): Knex.QueryBuilder {
  return database('directus_users')
    .where('role', tenant)
    .whereNotIn('id', database(TENANT_MEMBERS).whereNot(TENANT_FIELD, tenant).select('user_id'))
    .whereNotIn(
      'id',
      database({ access: 'directus_access' })
        .join({ policy: 'directus_policies' }, 'policy.id', 'access.policy')
        .where('policy.admin_access', true)
        .whereNotNull('access.user')
        .select('access.user'),
    );
}

function source(
  collection: string,
  schema: SchemaOverview,
  rows: (database: Knex) => Knex.QueryBuilder,
  staying: (query: Knex.QueryBuilder, database: Knex) => Knex.QueryBuilder,
): Source {
  const primary = primaryKeyOf(collection, schema);

  return {
    collection,
    primary,
    going: rows,
    staying: (query, database) => void staying(query, database),
    loosened: [],
    leavesFirst: [],
  };
}

/** Whether a database holds rows to a relation, and does not empty the field by itself. */
function binds({ schema }: Relation): boolean {
  return Boolean(schema) && schema?.on_delete !== 'SET NULL';
}

/** Collections whose references are looked after one by one: activity tells by them what to delete. */
const KEPT_ELSEWHERE = new Set<string>([TENANTS, TENANT_MEMBERS, 'directus_activity']);

/**
 * Whether rows that stay may refer to rows that go through the relation. What Directus keeps about the rows of its own
 * collections goes with them or is emptied by the database; `tenant_id` is what the whole plan is about.
 */
function mayStayAttached(relation: Relation, schema: SchemaOverview): boolean {
  const { collection, field } = relation;
  const column = schema.collections[collection]?.fields[field];
  if (!column || column.alias || KEPT_ELSEWHERE.has(collection)) return false;
  if (field === TENANT_FIELD && hasTenantField(collection, schema)) return false;

  // Without a foreign key nothing fails where the field keeps its value, and what cannot be empty has to.
  if (!relation.schema && !column.nullable) return false;

  const rule = relation.schema?.on_delete;
  if (rule === 'SET NULL' && column.nullable) return false;
  return !(collection.startsWith('directus_') && rule === 'CASCADE');
}

/**
 * The sources so that rows go before those they refer to. Where they refer to each other in a circle, fields that can be empty
 * are, first.
 */
function inOrder(sources: Source[], schema: SchemaOverview): Source[] {
  const isNullable = ({ collection, field }: Relation): boolean =>
    schema.collections[collection]?.fields[field]?.nullable !== false;

  const names = new Set(sources.map(({ collection }) => collection));
  const references = schema.relations.filter(
    ({ collection, related_collection: related, schema: key }) =>
      key && names.has(collection) && related !== null && names.has(related),
  );

  for (const each of sources) {
    for (const relation of references) {
      const isItself = relation.collection === each.collection && relation.related_collection === each.collection;
      if (!isItself || !binds(relation)) continue;
      if (isNullable(relation)) each.loosened.push({ of: each, field: relation.field });
      else each.leavesFirst.push(relation.field);
    }
  }

  const ordered: Source[] = [];
  const waiting = new Map(sources.map((each) => [each.collection, each]));

  const heldBy = (collection: string): Relation[] =>
    references.filter(
      (relation) =>
        relation.related_collection === collection &&
        relation.collection !== collection &&
        waiting.has(relation.collection),
    );

  /** What it costs to let rows go before those that refer to them; a field that cannot be empty more than everything else. */
  const cost = (collection: string): number =>
    heldBy(collection).reduce(
      (sum, relation) => sum + (binds(relation) ? (isNullable(relation) ? 1_000 : 1_000_000) : 1),
      0,
    );

  while (waiting.size > 0) {
    const [next] = [...waiting.values()].sort((a, b) => cost(a.collection) - cost(b.collection));
    if (!next) break;

    for (const relation of heldBy(next.collection)) {
      const holder = waiting.get(relation.collection);
      if (holder && binds(relation) && isNullable(relation)) next.loosened.push({ of: holder, field: relation.field });
    }

    ordered.push(next);
    waiting.delete(next.collection);
  }

  return ordered;
}
