import type { Field, Relation, SchemaOverview } from '@directus/types';
import { ConflictError } from '../tenancy/errors.ts';
import { TENANT_FIELD, TENANTS } from '../tenancy/managed.ts';
import { hasTenantField, primaryKeyOf } from '../tenancy/scopes.ts';
import { dropIndexOfOthers, ensureIndex } from './database.ts';
import { fullAccess, type ServiceContext } from './directus.ts';

/** What Directus takes for a new field; its own type asks for every property of a stored one. */
type FieldDefinition = Partial<Field> & { field: string; type: Field['type'] };

/**
 * Refuses to take over a field `tenant_id` that the project made for something else.
 *
 * @throws ConflictError
 */
export function assertTenantFieldIsFree(collection: string, schema: SchemaOverview): void {
  const field = schema.collections[collection]?.fields[TENANT_FIELD];
  if (!field || hasTenantField(collection, schema)) return;

  const related = schema.relations.some(
    (relation) => relation.collection === collection && relation.field === TENANT_FIELD,
  );

  // A many-to-one field of ours without relation is what an interrupted run leaves behind.
  if (!related && field.special.includes('m2o')) return;

  throw new ConflictError({
    reason:
      `The collection "${collection}" has a field "${TENANT_FIELD}" that does not belong to the tenancy extension. ` +
      'Rename that field, then try again.',
  });
}

/**
 * Gives a collection the field `tenant_id` and its relation to `tenants` (deleting a tenant that owns rows is refused). There is no alias on the side of `tenants`: it would be a bridge between tenants.
 *
 * @throws ConflictError when a field of that name is there already and is something else
 */
export async function ensureTenantField(
  context: ServiceContext,
  collection: string,
  options: { hidden: boolean },
): Promise<void> {
  const access = await fullAccess(context);
  assertTenantFieldIsFree(collection, access.schema);

  if (!access.schema.collections[collection]?.fields[TENANT_FIELD]) {
    await access.fields().createField(collection, {
      field: TENANT_FIELD,
      type: 'uuid',
      meta: {
        interface: 'select-dropdown-m2o',
        options: { template: '{{ name }}' },
        display: 'related-values',
        display_options: { template: '{{ name }}' },
        special: ['m2o'],
        hidden: options.hidden,
        note: 'The tenant that owns the row. Filled in when a member creates it, and never changed.',
        width: 'half',
      },
      schema: {},
    } as unknown as FieldDefinition);
  }

  const { schema, relations } = await fullAccess(context);

  if (!hasTenantField(collection, schema)) {
    await relations().createOne({
      collection,
      field: TENANT_FIELD,
      related_collection: TENANTS,
      schema: { on_delete: 'RESTRICT' },
    } as Partial<Relation>);
  }
}

/** Gives a collection an index that begins with the tenant. On a large table it is built last, when all rows have one. */
export async function ensureTenantIndex(context: ServiceContext, collection: string): Promise<void> {
  const { schema } = await fullAccess(context);
  await ensureIndex(context.database, collection, [TENANT_FIELD, primaryKeyOf(collection, schema)]);
}

/** Takes the field, its relation and its values away. The rows stay. */
export async function removeTenantField(context: ServiceContext, collection: string): Promise<void> {
  const access = await fullAccess(context);
  if (!access.schema.collections[collection]?.fields[TENANT_FIELD]) return;
  await access.fields().deleteField(collection, TENANT_FIELD);
  await dropIndexOfOthers(context.database, collection, [TENANT_FIELD, primaryKeyOf(collection, access.schema)]);
}
