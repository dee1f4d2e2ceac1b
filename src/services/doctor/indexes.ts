import { TENANT_FIELD } from '../../tenancy/managed.ts';
import { findsRowsBy, uniqueAcrossTenants, type TableIndex } from '../../tenancy/doctor/indexes.ts';
import { findingOf, listed, type Problem } from '../../tenancy/doctor/report.ts';
import { indexedReferences, type IndexedReference } from '../../tenancy/reference-indexes.ts';
import { collectionsWithTenantField, hasTenantField, isOwnedByTenants } from '../../tenancy/scopes.ts';
import { say } from '../../tenancy/sentences.ts';
import { whyNotUnique } from '../../tenancy/uniqueness.ts';
import { vendorOf } from '../database.ts';
import { readIndexes } from '../indexes.ts';
import { ensureReferenceIndex } from '../reference-indexes.ts';
import { withScopeLock } from '../scopes.ts';
import { ensureTenantIndex } from '../tenant-field.ts';
import { setUniqueness } from '../uniqueness.ts';
import type { Check, DoctorContext } from './check.ts';

/** The indexes of collections; null on a database whose catalogue the extension does not know. */
async function indexesOf(
  { database }: DoctorContext,
  collections: readonly string[],
): Promise<{ collection: string; indexes: TableIndex[] }[] | null> {
  const found: { collection: string; indexes: TableIndex[] }[] = [];

  for (const collection of collections) {
    const indexes = await readIndexes(database, collection);
    if (!indexes) return null;
    found.push({ collection, indexes });
  }

  return found;
}

function unknownDatabase(): Problem {
  return {
    status: 'warn',
    message: say('The indexes of this kind of database are not known to this extension.'),
    fix: say('Run the project on SQLite, PostgreSQL, MySQL or MariaDB.'),
  };
}

async function withoutIndex(context: DoctorContext): Promise<string[] | null> {
  const all = await indexesOf(context, collectionsWithTenantField(context.access.schema));
  return all && all.filter(({ indexes }) => !findsRowsBy(TENANT_FIELD, indexes)).map(({ collection }) => collection);
}

async function referencesWithoutIndex(context: DoctorContext): Promise<IndexedReference[] | null> {
  const references = indexedReferences(context.access.schema);
  const all = await indexesOf(context, [...new Set(references.map(({ collection }) => collection))]);
  const served = new Map(all?.map(({ collection, indexes }) => [collection, indexes]));
  return all && references.filter(({ collection, field }) => !findsRowsBy(field, served.get(collection) ?? []));
}

/** Whether the rows of one tenant are found without reading those of all, and those that refer to one of them. */
export const missingIndexes: Check = {
  id: 'missing-indexes',

  async examine(context) {
    const missing = await withoutIndex(context);
    const references = await referencesWithoutIndex(context);
    const passed = say(
      'Every collection of tenants has an index that begins with "{field}", and every reference between them has one.',
      { field: TENANT_FIELD },
    );
    if (!missing || !references) return findingOf([unknownDatabase()], passed);

    const fix = say('Let the doctor build the indexes, at a quiet hour where the collections are large.');
    const problems: Problem[] = [];

    if (missing.length > 0) {
      problems.push({
        status: 'warn',
        message: say(
          'No index begins with "{field}" in {collections}: every request of a member reads the rows of all tenants.',
          { field: TENANT_FIELD, collections: listed(missing) },
        ),
        fix,
        fixable: true,
      });
    }

    if (references.length > 0) {
      problems.push({
        status: 'warn',
        message: say(
          'No index begins with {fields}: whenever a row to which they can refer is deleted, the database reads the ' +
            'rows of all tenants.',
          { fields: listed(references.map(pathOf)) },
        ),
        fix,
        fixable: true,
      });
    }

    return findingOf(problems, passed);
  },

  async mend(context) {
    const missing = (await withoutIndex(context)) ?? [];

    for (const collection of missing) {
      await withScopeLock(context, collection, () => ensureTenantIndex(context, collection));
    }

    const references = (await referencesWithoutIndex(context)) ?? [];
    for (const reference of references) await ensureReferenceIndex(context, reference);

    const done: string[] = [];

    if (missing.length > 0) {
      done.push(
        say('Built an index that begins with "{field}" in {collections}.', {
          field: TENANT_FIELD,
          collections: listed(missing),
        }),
      );
    }

    if (references.length > 0) {
      done.push(say('Built indexes that begin with {fields}.', { fields: listed(references.map(pathOf)) }));
    }

    return done.length > 0 ? done.join(' ') : null;
  },
};

function pathOf({ collection, field }: IndexedReference): string {
  return `${collection}.${field}`;
}

/** An index that keeps values unique across tenants. */
interface Telling {
  collection: string;
  index: TableIndex;
}

/** Null on a database whose catalogue the extension does not know. */
async function tellingIndexes(context: DoctorContext): Promise<Telling[] | null> {
  const { schema } = context.access;

  const all = await indexesOf(
    context,
    Object.keys(schema.collections).filter((collection) => isOwnedByTenants(collection, schema)),
  );

  return (
    all &&
    all.flatMap(({ collection, indexes }) => {
      const ownReferences = schema.relations
        .filter((relation) => relation.collection === collection)
        .filter(({ related_collection: related }) => related !== null && hasTenantField(related, schema))
        .map(({ field }) => field);

      return uniqueAcrossTenants(indexes, new Set(ownReferences)).map((index) => ({ collection, index }));
    })
  );
}

/** The field that can be made unique within a tenant in place of an index; null where there is no such one. */
function mendableField({ access: { schema }, database }: DoctorContext, { collection, index }: Telling): string | null {
  const [column = null] = index.columns;
  const field = column === null ? undefined : schema.collections[collection]?.fields[column];
  const isIndexed = field !== undefined && whyNotUnique(field, vendorOf(database) !== 'mysql') === null;
  const isMendable = isIndexed && index.columns.length === 1 && !index.partial;

  // SQLite drops no index that is a part of its table.
  return isMendable && !index.name.startsWith('sqlite_autoindex_') ? field.field : null;
}

function acrossTenants(found: readonly string[]): string {
  return say(
    'Unique across all tenants: {fields}. A tenant is refused a value that another one has, and so learns of it.',
    { fields: listed(found) },
  );
}

/** Whether values are unique in the whole project, so that tenants notice each other. */
export const uniqueValues: Check = {
  id: 'unique-values',

  async examine(context) {
    const passed = say('Values are unique within a tenant at most.');
    const found = await tellingIndexes(context);
    if (!found) return findingOf([unknownDatabase()], passed);

    const fields = found.filter((telling) => mendableField(context, telling) !== null);
    const others = found.filter((telling) => mendableField(context, telling) === null);
    const problems: Problem[] = [];

    if (fields.length > 0) {
      problems.push({
        status: 'warn',
        message: acrossTenants(fields.map(nameOf)),
        fix: say(
          'Make the field unique within a tenant: PATCH /tenancy/collections/:collection/fields/:field with ' +
            '{ "unique": "tenant" }. The doctor does so for all of these fields.',
        ),
        fixable: true,
      });
    }

    if (others.length > 0) {
      problems.push({
        status: 'warn',
        message: acrossTenants(others.map(nameOf)),
        fix: say('Drop the index in the database and make one that begins with "{field}".', { field: TENANT_FIELD }),
      });
    }

    return findingOf(problems, passed);
  },

  async mend(context) {
    const mended: string[] = [];

    for (const telling of (await tellingIndexes(context)) ?? []) {
      const field = mendableField(context, telling);
      if (field === null) continue;

      await setUniqueness(context, telling.collection, field, 'tenant');
      mended.push(nameOf(telling));
    }

    return mended.length > 0 ? say('Made unique within a tenant: {fields}.', { fields: listed(mended) }) : null;
  },
};

function nameOf({ collection, index }: Telling): string {
  return `${collection}.${index.columns.map((column) => column ?? say('(expression)')).join(' + ')}`;
}
