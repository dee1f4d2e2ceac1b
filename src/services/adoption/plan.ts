import type { SchemaOverview } from '@directus/types';
import type { Knex } from 'knex';
import { ownedReferences, type OwnedReference } from '../../tenancy/doctor/references.ts';
import { counted, listed } from '../../tenancy/doctor/report.ts';
import { ConflictError, InvalidFieldError } from '../../tenancy/errors.ts';
import { TENANT_FIELD, TENANTS } from '../../tenancy/managed.ts';
import { hasTenantField, primaryKeyOf } from '../../tenancy/scopes.ts';
import { say } from '../../tenancy/sentences.ts';
import { joinTarget, leadsElsewhere } from '../reference-joins.ts';
import { countRows } from '../row-counts.ts';
import { sampleOf } from '../samples.ts';
import { futureOwner, relatedCollection, type Adoption } from './owners.ts';

/** What an adoption comes to. */
export interface AdoptionPlan {
  /** Rows that have a tenant already. */
  owned: number;
  /** Rows that are given to one. */
  assigned: number;
  /** Rows that stay without. */
  unowned: number;
}

/**
 * Looks what an adoption would come to; changes nothing.
 *
 * @param mayStayUnowned whether rows may be left without tenant
 * @throws InvalidFieldError when the assignment does not fit the collection
 * @throws ConflictError, with examples, when rows would stay without tenant or a reference would lead to another tenant
 */
export async function planAdoption(database: Knex, adoption: Adoption, mayStayUnowned: boolean): Promise<AdoptionPlan> {
  const { collection, schema } = adoption;
  assertAssignmentFits(adoption);

  const rows = await countRows(database, collection, schema);
  const unowned = await sampleOf(database, withoutOwner(database, adoption), `row.${primaryKeyOf(collection, schema)}`);

  if (unowned.count > 0 && !mayStayUnowned) {
    throw new ConflictError({
      reason: say('{rows} of "{collection}" ({examples}) would belong to no tenant. {advice} Nothing was changed.', {
        rows: counted(unowned.count, 'row'),
        collection,
        examples: listed(unowned.examples, unowned.count),
        advice: adviceFor(adoption),
      }),
    });
  }

  const crossings = await findCrossings(database, adoption);
  if (crossings.length > 0) {
    throw new ConflictError({ reason: [...crossings, say('Nothing was changed.')].join(' ') });
  }

  return { owned: rows.owned, assigned: rows.unowned - unowned.count, unowned: unowned.count };
}

function adviceFor({ assignment }: Adoption): string {
  if (!assignment)
    return say('Say in "assign" who takes them over: { "tenant": … }, { "through": … } or { "by": …, "tenants": … }.');
  if ('through' in assignment) {
    return say('Fill "{field}" in these rows, or give them to a tenant first.', { field: assignment.through });
  }
  return say('Name a tenant for every value in "assign.tenants".');
}

function assertAssignmentFits({ collection, schema, assignment }: Adoption): void {
  if (!assignment || 'tenant' in assignment) return;
  const name = 'through' in assignment ? assignment.through : assignment.by;
  const path = 'through' in assignment ? 'assign.through' : 'assign.by';

  const field = schema.collections[collection]?.fields[name];
  if (!field || field.alias) {
    throw new InvalidFieldError({
      field: path,
      reason: say('is no field of "{collection}" with a column', { collection }),
    });
  }
  if ('by' in assignment) return;

  const related = relatedCollection(collection, name, schema);

  if (!related || related === collection || related === TENANTS || !hasTenantField(related, schema)) {
    throw new InvalidFieldError({
      field: path,
      reason: say('has to be a many-to-one field that leads to another collection whose rows belong to tenants'),
    });
  }
}

function withoutOwner(database: Knex, adoption: Adoption): Knex.QueryBuilder {
  const query = database({ row: adoption.collection });
  return query.whereRaw('? IS NULL', [futureOwner(database, query, adoption, 'row')]);
}

/** References from and to the adopted rows that would lead from one tenant to another, in words. */
async function findCrossings(database: Knex, adoption: Adoption): Promise<string[]> {
  const schema = withTenantField(adoption);
  const references = ownedReferences(schema).filter(
    ({ kind, collection, target }) =>
      kind === 'rows' && (collection === adoption.collection || target === adoption.collection),
  );

  const found: string[] = [];

  for (const reference of references) {
    const query = crossing(database, adoption, reference, schema);
    const sample = await sampleOf(database, query, `source.${primaryKeyOf(reference.collection, schema)}`);
    if (sample.count === 0) continue;

    found.push(
      say('{rows} of "{collection}" ({examples}) would refer in "{field}" to "{target}" of another tenant.', {
        rows: counted(sample.count, 'row'),
        collection: reference.collection,
        examples: listed(sample.examples, sample.count),
        field: reference.field,
        target: reference.target,
      }),
    );
  }

  return found;
}

function crossing(
  database: Knex,
  adoption: Adoption,
  reference: OwnedReference,
  schema: SchemaOverview,
): Knex.QueryBuilder {
  const query = database({ source: reference.collection });
  joinTarget(database, query, reference, schema, { from: 'source', to: 'target' });

  const ownerOf = (collection: string, alias: string): Knex.Raw =>
    collection === adoption.collection
      ? futureOwner(database, query, adoption, alias)
      : database.raw('??', [`${alias}.${TENANT_FIELD}`]);

  const [from, to] = [ownerOf(reference.collection, 'source'), ownerOf(reference.target, 'target')];
  return query.whereRaw(leadsElsewhere(database, from, to, adoption.isMixed(reference.collection)));
}

/** The schema as it will be: references are looked for in it. */
function withTenantField({ collection, schema }: Adoption): SchemaOverview {
  const overview = schema.collections[collection];
  if (!overview || hasTenantField(collection, schema)) return schema;

  const field = { field: TENANT_FIELD, type: 'uuid' } as (typeof overview.fields)[string];
  const relation = { collection, field: TENANT_FIELD, related_collection: TENANTS, schema: null, meta: null };

  return {
    collections: {
      ...schema.collections,
      [collection]: { ...overview, fields: { ...overview.fields, [TENANT_FIELD]: field } },
    },
    relations: [...schema.relations, relation],
  };
}
