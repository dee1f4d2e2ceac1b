import type { SchemaOverview } from '@directus/types';
import type { Knex } from 'knex';
import { EXAMPLES, listed } from '../tenancy/doctor/report.ts';
import { findsRowsBy, type TableIndex } from '../tenancy/doctor/indexes.ts';
import { ConflictError, InvalidFieldError, NotFoundError } from '../tenancy/errors.ts';
import { TENANT_FIELD } from '../tenancy/managed.ts';
import { isOwnedByTenants, isScopable, primaryKeyOf } from '../tenancy/scopes.ts';
import { say } from '../tenancy/sentences.ts';
import type { UniqueField } from '../tenancy/types.ts';
import { uniqueFieldsOf, uniqueIndexesOf, whyNotUnique } from '../tenancy/uniqueness.ts';
import { vendorOf } from './database.ts';
import { flushCaches, fullAccess, type ServiceContext } from './directus.ts';
import { dropIndex, ensureIndex, indexName, readIndexes } from './indexes.ts';
import { withScopeLock } from './scopes.ts';

/** Within what the values of a field are unique. */
export type Uniqueness = 'tenant' | 'project' | 'none';

/**
 * Decides within what the values of a field of a tenant-scoped collection are unique. Null never conflicts, and neither do
 * rows that belong to no tenant where values are unique within a tenant. The same call twice changes nothing.
 *
 * @throws NotFoundError for a collection that does not exist or can have no scope
 * @throws InvalidFieldError for a field that does not exist or whose values cannot be unique; nothing was changed
 * @throws ConflictError when values repeat, with some of them; nothing was changed
 */
export async function setUniqueness(
  context: ServiceContext,
  collection: string,
  field: string,
  wanted: Uniqueness,
): Promise<void> {
  await withScopeLock(context, collection, async () => {
    const { schema } = await fullAccess(context);
    assertCanBeDecided(context, collection, field, wanted, schema);
    await applyUniqueness(context, collection, field, wanted, schema);
  });
}

/** The fields of a collection with unique values, without its primary key. */
export async function readUniqueFields(
  database: Knex,
  collection: string,
  schema: SchemaOverview,
): Promise<UniqueField[]> {
  const indexes = await readIndexes(database, collection);
  return uniqueFieldsOf(indexes ?? [], Object.keys(schema.collections[collection]?.fields ?? {}));
}

/**
 * Makes what is unique within a tenant independent of tenants, before a collection loses them: unique in the project where
 * the values allow it, and not unique where they do not. To be called under the lock of the scope.
 *
 * @returns what became of each field, in words for a super-admin
 */
export async function releaseUniqueness(context: ServiceContext, collection: string): Promise<string[]> {
  const { schema } = await fullAccess(context);
  const notes: string[] = [];

  for (const { field, within } of await readUniqueFields(context.database, collection, schema)) {
    try {
      await applyUniqueness(context, collection, field, 'project', schema);
      if (within === 'tenant') {
        notes.push(say('"{field}" was unique within a tenant, and is unique in the project now.', { field }));
      }
    } catch (error) {
      const repeated = await repeatedValues(context.database, collection, field, 'project');
      if (repeated.length === 0) throw error;

      await applyUniqueness(context, collection, field, 'none', schema);
      notes.push(
        say('"{field}" was unique within a tenant, and is not unique any more: {values} repeat.', {
          field,
          values: listed(repeated),
        }),
      );
    }
  }

  return notes;
}

/**
 * Drops the unique indexes within a tenant that a column about to be deleted is part of, as PostgreSQL does by itself. On
 * SQLite and MySQL an index of the other columns would stay, unique by these alone: in the whole project, or one row for each
 * tenant, which the rows do not allow.
 */
export async function releaseColumn(database: Knex, collection: string, column: string): Promise<void> {
  if (vendorOf(database) === 'postgres') return;

  for (const index of (await readIndexes(database, collection)) ?? []) {
    const isWithinTenant = index.unique && index.columns.length > 1 && index.columns.includes(TENANT_FIELD);
    if (isWithinTenant && !index.primary && index.columns.includes(column))
      await dropIndex(database, collection, index.name);
  }
}

function assertCanBeDecided(
  { database }: ServiceContext,
  collection: string,
  field: string,
  wanted: Uniqueness,
  schema: SchemaOverview,
): void {
  const overview = schema.collections[collection];

  if (!isScopable(collection) || !overview) {
    throw new NotFoundError({
      reason: say(
        'There is no collection "{collection}" that could have a scope. GET /tenancy/collections lists them.',
        { collection },
      ),
    });
  }

  const refuse = (reason: string): never => {
    throw new InvalidFieldError({ field, reason });
  };

  if (!isOwnedByTenants(collection, schema)) {
    refuse(
      say('belongs to "{collection}", whose rows are not the tenants’: set its scope to "tenant" first', {
        collection,
      }),
    );
  }

  const known = overview.fields[field];
  if (!known) return refuse(say('is no field of "{collection}"', { collection }));
  if (field === overview.primary) {
    refuse(say('is the primary key of "{collection}" and always unique in the project', { collection }));
  }
  if (field === TENANT_FIELD) refuse(say('says whose a row is, and many rows are the same tenant’s'));
  if (known.alias) refuse(say('is an alias without values of its own'));

  const vendor = vendorOf(database);
  if (vendor === 'other') refuse(say('is in a kind of database that this extension does not know the indexes of'));

  const reason = wanted === 'none' ? null : whyNotUnique(known, vendor !== 'mysql');
  if (reason) refuse(reason);
}

async function applyUniqueness(
  context: ServiceContext,
  collection: string,
  field: string,
  wanted: Uniqueness,
  schema: SchemaOverview,
): Promise<void> {
  const { database } = context;
  const { tenant, project } = uniqueIndexesOf((await readIndexes(database, collection)) ?? [], field);
  const own = indexName(collection, [TENANT_FIELD, field], { unique: true });

  // An index of ours is told by its name where a value is taken, so one that somebody made by hand is replaced.
  const builds = wanted === 'tenant' && !tenant.some(({ name }) => name === own);
  const declares = wanted === 'project' && project.length === 0;
  const dropped = [
    ...(wanted === 'project' ? [] : project),
    ...tenant.filter(({ name }) => wanted !== 'tenant' || name !== own),
  ];

  if (!builds && !declares && dropped.length === 0) return;

  // Directus alters a column by what it remembers of it, which somebody may have changed in the database.
  await flushCaches(context);

  // What is wanted comes first and what was there goes last, so that no value slips in between.
  if (builds) {
    await whileDistinct(database, collection, field, 'tenant', () =>
      ensureIndex(database, collection, [TENANT_FIELD, field], { unique: true }),
    );
  }

  if (declares) {
    await whileDistinct(database, collection, field, 'project', () =>
      declareUnique(context, collection, field, true, schema),
    );
  }

  try {
    for (const index of dropped) await drop(context, collection, field, index, schema);
  } catch (error) {
    if (builds) await dropIndex(database, collection, own);
    if (declares) await declareUnique(context, collection, field, false, schema);
    context.logger.error(error);

    throw new ConflictError({
      reason: say('The index that makes "{field}" unique now could not be dropped ({cause}). Nothing was changed.', {
        field,
        cause: error instanceof Error ? error.message : String(error),
      }),
    });
  }

  await flushCaches(context);
}

/** Builds a unique index where no values repeat; what a row that came meanwhile makes of it is the same answer. */
async function whileDistinct(
  database: Knex,
  collection: string,
  field: string,
  within: 'tenant' | 'project',
  build: () => Promise<void>,
): Promise<void> {
  await assertDistinct(database, collection, field, within);

  try {
    await build();
  } catch (error) {
    await assertDistinct(database, collection, field, within);

    if (isTooLong(error)) {
      throw new InvalidFieldError({ field, reason: say('is too long for an index of this database') });
    }
    throw error;
  }
}

async function assertDistinct(
  database: Knex,
  collection: string,
  field: string,
  within: 'tenant' | 'project',
): Promise<void> {
  const repeated = await repeatedValues(database, collection, field, within);
  if (repeated.length === 0) return;

  const values = { field, collection, examples: listed(repeated) };

  throw new ConflictError({
    reason:
      within === 'tenant'
        ? say(
            'Values of "{field}" repeat in "{collection}" within a tenant, such as {examples}. Change them, then try ' +
              'again. Nothing was changed.',
            values,
          )
        : say(
            'Values of "{field}" repeat in "{collection}", such as {examples}. Change them, then try again. ' +
              'Nothing was changed.',
            values,
          ),
  });
}

/** Some of the values that several rows have: of one tenant, or of the whole project. */
async function repeatedValues(
  database: Knex,
  collection: string,
  field: string,
  within: 'tenant' | 'project',
): Promise<string[]> {
  const query = database(collection).distinct(field).whereNotNull(field).groupBy(field);
  if (within === 'tenant') void query.whereNotNull(TENANT_FIELD).groupBy(TENANT_FIELD);

  const rows: Record<string, unknown>[] = await query.havingRaw('COUNT(*) > 1').orderBy(field).limit(EXAMPLES);
  return rows.map((row) => JSON.stringify(row[field]));
}

/** Whether a database says that a value, or a column, is too long for an index. */
function isTooLong(error: unknown): boolean {
  const { code } = error as { code?: unknown };
  return code === 'ER_TOO_LONG_KEY' || code === '54000';
}

/** The name of the index with which Directus makes a field unique; Directus shortens long ones in its own way. */
function directusIndexName(collection: string, field: string): string {
  return `${collection}_${field}_unique`.replace(/[.-]/g, '_').toLowerCase();
}

/**
 * Makes or drops the unique index of a field, as its settings do: by Directus, which alters the column on the way. MySQL lets
 * nobody alter the column of a foreign key, so the index alone is made there; Directus reads from it that the field is unique.
 */
async function declareUnique(
  context: ServiceContext,
  collection: string,
  field: string,
  unique: boolean,
  schema: SchemaOverview,
): Promise<void> {
  const { database } = context;
  const type = schema.collections[collection]?.fields[field]?.type;
  if (!type) throw new Error(`The schema knows no field "${collection}.${field}".`);

  if (vendorOf(database) === 'mysql' && isReference(collection, field, schema)) {
    const name = directusIndexName(collection, field);
    const index = name.length <= 64 ? name : indexName(collection, [field], { unique: true });

    if (unique) await database.schema.alterTable(collection, (table) => table.unique([field], { indexName: index }));
    else await dropIndex(database, collection, index);
    return;
  }

  const { fields } = await fullAccess(context);
  await fields().updateField(collection, { field, type, schema: { is_unique: unique } });
}

async function drop(
  context: ServiceContext,
  collection: string,
  field: string,
  index: TableIndex,
  schema: SchemaOverview,
): Promise<void> {
  const { database } = context;
  await keepForeignKeys(database, collection, index, schema);

  // Directus drops by this name only.
  const isDirectus = index.name === directusIndexName(collection, field);
  if (isDirectus && index.columns.length === 1) await declareUnique(context, collection, field, false, schema);

  const rest = (await readIndexes(database, collection)) ?? [];
  if (rest.some(({ name }) => name === index.name)) await dropIndex(database, collection, index.name);
}

/** MySQL keeps the last index that begins with the column of a foreign key, so there has to be another one. */
async function keepForeignKeys(
  database: Knex,
  collection: string,
  index: TableIndex,
  schema: SchemaOverview,
): Promise<void> {
  const [first] = index.columns;
  if (vendorOf(database) !== 'mysql' || !first || !isReference(collection, first, schema)) return;

  const others = ((await readIndexes(database, collection)) ?? []).filter(({ name }) => name !== index.name);
  if (findsRowsBy(first, others)) return;

  const columns = first === TENANT_FIELD ? [TENANT_FIELD, primaryKeyOf(collection, schema)] : [first];
  await ensureIndex(database, collection, columns);
}

function isReference(collection: string, field: string, { relations }: SchemaOverview): boolean {
  return relations.some(
    (relation) =>
      relation.collection === collection && relation.field === field && relation.related_collection !== null,
  );
}
