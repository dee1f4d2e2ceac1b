import type { Field, Relation, SchemaOverview } from '@directus/types';
import type { Knex } from 'knex';
import { ConflictError } from '../tenancy/errors.ts';
import { OWNED_SYSTEM_COLLECTIONS, TENANT_FIELD, TENANTS } from '../tenancy/managed.ts';
import { indexedReferences } from '../tenancy/reference-indexes.ts';
import { hasTenantField, primaryKeyOf } from '../tenancy/scopes.ts';
import { say } from '../tenancy/sentences.ts';
import { viewFields, type CollectionSettings } from '../tenancy/view-fields.ts';
import { vendorOf } from './database.ts';
import { flushCaches, fullAccess, type ServiceContext } from './directus.ts';
import { dropIndex, ensureIndex, indexName, readIndexes } from './indexes.ts';
import { refuseNullOnPostgres, setNullOnMySql, takeNullOnPostgres } from './not-null.ts';
import { dropReferenceIndexes, ensureReferenceIndexes } from './reference-indexes.ts';

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
    reason: say(
      'The collection "{collection}" has a field "{field}" that does not belong to the tenancy extension. ' +
        'Rename that field, then try again.',
      { collection, field: TENANT_FIELD },
    ),
  });
}

/** How super-admins see the field: a chip with the name, a picker that makes no tenants, and a name in words. */
const TENANT_FIELD_LOOKS = {
  interface: 'select-dropdown-m2o',
  options: { template: '{{ name }}', enableCreate: false },
  display: 'tenancy-tenant',
  display_options: null,
  translations: [
    { language: 'en-US', translation: 'Tenant' },
    { language: 'de-DE', translation: 'Mandant' },
  ],
};

/** Gives fields that came before them the looks that they have today, but for those that a super-admin gave others. */
export async function refreshTenantFieldLooks(context: ServiceContext): Promise<void> {
  const { items } = await fullAccess(context);
  const fields = items('directus_fields');

  const former = await fields.readByQuery({
    filter: { _and: [{ field: { _eq: TENANT_FIELD } }, { display: { _eq: 'related-values' } }] },
    fields: ['id'],
    limit: -1,
  });

  const keys = former.map(({ id }) => Number(id));
  if (keys.length > 0) await fields.updateMany(keys, TENANT_FIELD_LOOKS);
}

/** Shows super-admins whose files and folders are. Until there is a tenant that would be a riddle. */
export async function showTenantsOfFiles(database: Knex): Promise<void> {
  await database('directus_fields')
    .whereIn('collection', [...OWNED_SYSTEM_COLLECTIONS])
    .where('field', TENANT_FIELD)
    .update({ hidden: false });
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
        ...TENANT_FIELD_LOOKS,
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

/**
 * As {@link ensureTenantIndex}, with one more index for each field by which the views of the collection are sorted or filtered, and
 * for each reference between it and other collections of tenants.
 */
export async function ensureTenantIndexes(context: ServiceContext, collection: string): Promise<void> {
  const { database } = context;
  await ensureTenantIndex(context, collection);

  for (const field of await readViewFields(context, collection)) {
    const indexes = (await readIndexes(database, collection)) ?? [];
    const isServed = indexes.some(
      ({ columns, partial }) => columns[0] === TENANT_FIELD && columns[1] === field && !partial,
    );

    if (!isServed) await ensureIndex(database, collection, [TENANT_FIELD, field]);
  }

  await ensureReferenceIndexes(context, collection);
}

/** Characters of a text that fit into an index beside a tenant: PostgreSQL takes some 2,700 bytes, MySQL 3,072. */
const LONGEST_TEXT = 600;

async function readViewFields(context: ServiceContext, collection: string): Promise<string[]> {
  const { database } = context;
  const { schema } = await fullAccess(context);
  const {
    [TENANT_FIELD]: _tenant,
    [primaryKeyOf(collection, schema)]: _primary,
    ...fields
  } = schema.collections[collection]?.fields ?? {};

  const settings: CollectionSettings | undefined = await database('directus_collections')
    .where({ collection })
    .first('sort_field', 'archive_field');

  const presets: { layout_query: unknown }[] = await database('directus_presets')
    .where({ collection })
    .whereNotNull('layout_query')
    .select('layout_query');

  const columns = (await database(collection).columnInfo()) as Partial<Record<string, Knex.ColumnInfo>>;

  return viewFields(
    settings ?? { sort_field: null, archive_field: null },
    presets.map(({ layout_query: query }) => parsed(query)),
    fields,
    (field) => (columns[field]?.maxLength ?? Infinity) <= LONGEST_TEXT,
  );
}

/** Some drivers answer JSON as text; what is none, which a person may have written there, counts for nothing. */
function parsed(json: unknown): unknown {
  if (typeof json !== 'string') return json;

  try {
    return JSON.parse(json);
  } catch {
    return null;
  }
}

/**
 * Makes the database itself refuse rows of a collection without tenant, where all of them have one. The caller empties the
 * caches of Directus. Twice changes nothing.
 */
export async function requireTenant(context: ServiceContext, collection: string): Promise<void> {
  if (await hasUnownedRows(context, collection)) return;
  await generateTenant(context, collection);

  try {
    await refuseNull(context, collection);
  } catch (error) {
    // Somebody wrote a row without tenant meanwhile, past Directus: the next call finds it.
    if (!(await hasUnownedRows(context, collection))) throw error;
  }
}

/** Whether a collection with the field has rows without tenant; the index of the field answers that. */
export async function hasUnownedRows(
  { database }: Pick<ServiceContext, 'database'>,
  collection: string,
): Promise<boolean> {
  const row: unknown = await database(collection).whereNull(TENANT_FIELD).first(database.raw('1 AS found'));
  return row !== undefined;
}

/**
 * Marks the field as one whose values are generated: Directus would ask for it in the payloads of members, and GraphQL in
 * their mutations, once it cannot be empty. Members' rows are stamped, and others without tenant refused, before Directus
 * comes to generating a value; without the extension what it generates names no tenant, and is refused by the foreign key.
 */
async function generateTenant(context: ServiceContext, collection: string): Promise<void> {
  const { schema, fields } = await fullAccess(context);
  const special = schema.collections[collection]?.fields[TENANT_FIELD]?.special ?? [];
  if (special.includes('uuid')) return;

  await fields().updateField(collection, tenantField({ meta: { special: [...special, 'uuid'] } }));
}

async function refuseNull(context: ServiceContext, collection: string): Promise<void> {
  const { database } = context;

  switch (vendorOf(database)) {
    case 'postgres':
      return refuseNullOnPostgres(database, collection, TENANT_FIELD);
    case 'mysql':
      return setNullOnMySql(database, collection, TENANT_FIELD, 'refused');
    default:
      return setNullByDirectus(context, collection, 'refused');
  }
}

/** Directus alters a column by what it remembers of it, which somebody may have changed in the database. */
async function setNullByDirectus(
  context: ServiceContext,
  collection: string,
  wanted: 'refused' | 'taken',
): Promise<void> {
  const { schema } = await fullAccess(context);
  if (schema.collections[collection]?.fields[TENANT_FIELD]?.nullable === (wanted === 'taken')) return;

  await flushCaches(context);
  const { fields } = await fullAccess(context);
  await fields().updateField(collection, tenantField({ schema: { is_nullable: wanted === 'taken' } }));
}

/**
 * Makes the database take rows of a collection without tenant, and Directus generate no value where there is none. The caller
 * empties the caches of Directus. Twice changes nothing.
 */
export async function allowNoTenant(context: ServiceContext, collection: string): Promise<void> {
  const { database } = context;

  switch (vendorOf(database)) {
    case 'postgres':
      await takeNullOnPostgres(database, collection, TENANT_FIELD);
      break;
    case 'mysql':
      await setNullOnMySql(database, collection, TENANT_FIELD, 'taken');
      break;
    default:
      await setNullByDirectus(context, collection, 'taken');
  }

  const { schema, fields } = await fullAccess(context);
  const special = schema.collections[collection]?.fields[TENANT_FIELD]?.special ?? [];
  if (!special.includes('uuid')) return;

  await fields().updateField(collection, tenantField({ meta: { special: special.filter((name) => name !== 'uuid') } }));
}

function tenantField(changes: object): FieldDefinition {
  return { field: TENANT_FIELD, type: 'uuid', ...changes } as unknown as FieldDefinition;
}

/** Takes the field, its relation, its indexes and its values away. The rows stay. */
export async function removeTenantField(context: ServiceContext, collection: string): Promise<void> {
  const { database } = context;
  const access = await fullAccess(context);
  if (!access.schema.collections[collection]?.fields[TENANT_FIELD]) return;

  const own = await ownIndexes(context, collection);
  const incoming = indexedReferences(access.schema).filter(
    (reference) => reference.target === collection && reference.collection !== collection,
  );
  await access.fields().deleteField(collection, TENANT_FIELD);

  // SQLite and MySQL keep an index of the other columns, under a name that promises more. Before, its foreign key needs it.
  for (const { name } of (await readIndexes(database, collection)) ?? []) {
    if (own.has(name)) await dropIndex(database, collection, name);
  }

  await dropReferenceIndexes(database, incoming);
}

/** The names of the indexes with the tenant that this extension made. */
async function ownIndexes({ database }: ServiceContext, collection: string): Promise<Set<string>> {
  const indexes = ((await readIndexes(database, collection)) ?? []).filter(({ name, columns }) => {
    const named = columns.filter((column) => column !== null);
    return named.slice(0, 2).includes(TENANT_FIELD) && name === indexName(collection, named);
  });

  return new Set(indexes.map(({ name }) => name));
}
