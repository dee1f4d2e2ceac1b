import type { SchemaOverview } from '@directus/types';
import type { Knex } from 'knex';
import { InvalidFieldError } from '../../tenancy/errors.ts';
import { TENANT_FIELD } from '../../tenancy/managed.ts';
import { hasTenantField, primaryKeyOf } from '../../tenancy/scopes.ts';
import { say } from '../../tenancy/sentences.ts';
import { uuidValue } from '../database.ts';
import { keyAsText } from '../reference-joins.ts';
import { findTenantId } from '../tenants.ts';

/** Which tenant takes over a row that has none. Tenants are named by their ids. */
export type Assignment =
  /** One tenant takes over all of them. */
  | { tenant: string }
  /** The tenant of the row that a many-to-one field leads to. */
  | { through: string }
  /** The tenant that is written down for the value of a field. */
  | { by: string; tenants: Readonly<Record<string, string>> };

/** A collection whose rows are to be given to tenants. */
export interface Adoption {
  collection: string;
  schema: SchemaOverview;
  /** Null: only rows that have a tenant already keep it. */
  assignment: Assignment | null;
  /** Whether rows of nobody will be read by all tenants, in the collection itself or another one. */
  isMixed: (collection: string) => boolean;
}

/**
 * The tenant that a row of the collection has once the adoption is done, as an expression for a query in which the table is
 * known by `alias`. Joins what the expression needs.
 */
export function futureOwner(
  database: Knex,
  query: Knex.QueryBuilder,
  { collection, schema, assignment }: Adoption,
  alias: string,
): Knex.Raw {
  const parts: Knex.Raw[] = [];
  if (hasTenantField(collection, schema)) parts.push(database.raw('??', [`${alias}.${TENANT_FIELD}`]));

  if (assignment && 'tenant' in assignment) parts.push(uuidValue(database, assignment.tenant));
  if (assignment && 'by' in assignment)
    parts.push(tenantByValue(database, `${alias}.${assignment.by}`, assignment.tenants));

  if (assignment && 'through' in assignment) {
    const { target, primary } = throughOf(collection, assignment.through, schema);
    const via = `${alias}_via`;
    query.leftJoin({ [via]: target }, `${via}.${primary}`, `${alias}.${assignment.through}`);
    parts.push(database.raw('??', [`${via}.${TENANT_FIELD}`]));
  }

  const [only, ...others] = parts;
  if (!only) return database.raw('NULL');
  return others.length === 0 ? only : database.raw(`COALESCE(${parts.map(() => '?').join(', ')})`, parts);
}

/** The tenant of a row without one, as an expression for an update of the collection's own table. */
export function assignedOwner(database: Knex, { collection, schema }: Adoption, assignment: Assignment): Knex.Raw {
  if ('tenant' in assignment) return uuidValue(database, assignment.tenant);
  if ('by' in assignment) return tenantByValue(database, assignment.by, assignment.tenants);

  const { target, primary } = throughOf(collection, assignment.through, schema);

  return database.raw('(SELECT ?? FROM ?? AS ?? WHERE ?? = ??)', [
    `via.${TENANT_FIELD}`,
    target,
    'via',
    `via.${primary}`,
    `${collection}.${assignment.through}`,
  ]);
}

/** The collection to which a many-to-one field leads; undefined for any other field. */
export function relatedCollection(
  collection: string,
  field: string,
  schema: SchemaOverview,
): string | null | undefined {
  return schema.relations.find((each) => each.collection === collection && each.field === field)?.related_collection;
}

/** The collection, and its primary key, whose rows a many-to-one field refers to. */
function throughOf(collection: string, field: string, schema: SchemaOverview): { target: string; primary: string } {
  const target = relatedCollection(collection, field, schema);
  if (!target) throw new Error(`"${field}" of "${collection}" is no many-to-one field.`);
  return { target, primary: primaryKeyOf(target, schema) };
}

function tenantByValue(database: Knex, column: string, tenants: Readonly<Record<string, string>>): Knex.Raw {
  const cases = Object.entries(tenants).map(([value, tenant]) => ({ value, tenant: uuidValue(database, tenant) }));

  return database.raw(
    `CASE ${cases.map(() => 'WHEN ? = ? THEN ?').join(' ')} END`,
    cases.flatMap(({ value, tenant }) => [keyAsText(database, column), value, tenant]),
  );
}

/** An assignment as it is asked for: tenants by id or slug. */
export interface RequestedAssignment {
  tenant?: string | undefined;
  through?: string | undefined;
  by?: string | undefined;
  tenants?: Record<string, string> | undefined;
}

/**
 * The assignment that is asked for, with tenants by their ids.
 *
 * @throws InvalidFieldError that names the field, for a tenant that is not there
 */
export async function readAssignment(database: Knex, asked: RequestedAssignment): Promise<Assignment> {
  const { tenant, through, by, tenants = {} } = asked;
  if (through !== undefined) return { through };
  if (by === undefined) return { tenant: await tenantNamed(database, 'assign.tenant', tenant ?? '') };

  const ids: Record<string, string> = {};
  for (const [value, name] of Object.entries(tenants)) {
    ids[value] = await tenantNamed(database, `assign.tenants.${value}`, name);
  }
  if (Object.keys(ids).length === 0)
    throw new InvalidFieldError({ field: 'assign.tenants', reason: say('must name a tenant') });
  return { by, tenants: ids };
}

async function tenantNamed(database: Knex, field: string, idOrSlug: string): Promise<string> {
  try {
    return await findTenantId(database, idOrSlug);
  } catch {
    throw new InvalidFieldError({ field, reason: say('names no tenant ("{named}")', { named: idOrSlug }) });
  }
}
