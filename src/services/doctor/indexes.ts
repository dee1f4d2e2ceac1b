import { TENANT_FIELD } from '../../tenancy/managed.ts';
import { servesTenants, uniqueAcrossTenants, type TableIndex } from '../../tenancy/doctor/indexes.ts';
import { findingOf, listed, type Problem } from '../../tenancy/doctor/report.ts';
import { collectionsWithTenantField, hasTenantField, primaryKeyOf } from '../../tenancy/scopes.ts';
import { ownershipOf } from '../../tenancy/writes.ts';
import { ensureIndex } from '../database.ts';
import { readIndexes } from '../indexes.ts';
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

const UNKNOWN_DATABASE: Problem = {
  status: 'warn',
  message: 'The indexes of this kind of database are not known to this extension.',
  fix: 'Run the project on SQLite, PostgreSQL, MySQL or MariaDB.',
};

async function withoutIndex(context: DoctorContext): Promise<string[] | null> {
  const all = await indexesOf(context, collectionsWithTenantField(context.access.schema));
  return all && all.filter(({ indexes }) => !servesTenants(indexes)).map(({ collection }) => collection);
}

/** Whether the rows of one tenant are found without reading those of all. */
export const missingIndexes: Check = {
  id: 'missing-indexes',

  async examine(context) {
    const missing = await withoutIndex(context);
    const passed = `Every collection of tenants has an index that begins with "${TENANT_FIELD}".`;
    if (!missing) return findingOf([UNKNOWN_DATABASE], passed);

    return findingOf(
      missing.length === 0
        ? []
        : [
            {
              status: 'warn',
              message:
                `No index begins with "${TENANT_FIELD}" in ${listed(missing)}: every request of a member reads the rows ` +
                'of all tenants.',
              fix: `Let the doctor build the indexes, at a quiet hour where the collections are large.`,
              fixable: true,
            },
          ],
      passed,
    );
  },

  async mend(context) {
    const missing = (await withoutIndex(context)) ?? [];

    for (const collection of missing) {
      await ensureIndex(context.database, collection, [TENANT_FIELD, primaryKeyOf(collection, context.access.schema)]);
    }

    return missing.length > 0 ? `Built an index that begins with "${TENANT_FIELD}" in ${listed(missing)}.` : null;
  },
};

/** Whether values are unique in the whole project, so that tenants notice each other. */
export const uniqueValues: Check = {
  id: 'unique-values',

  async examine(context) {
    const { schema } = context.access;
    const passed = 'Values are unique within a tenant at most.';

    const all = await indexesOf(
      context,
      Object.keys(schema.collections).filter((collection) => ownershipOf(collection, schema) === 'always'),
    );

    if (!all) return findingOf([UNKNOWN_DATABASE], passed);

    const found = all.flatMap(({ collection, indexes }) => {
      const ownReferences = schema.relations
        .filter((relation) => relation.collection === collection)
        .filter(({ related_collection: related }) => related !== null && hasTenantField(related, schema))
        .map(({ field }) => field);

      return uniqueAcrossTenants(indexes, new Set(ownReferences)).map(
        ({ columns }) => `${collection}.${columns.map((column) => column ?? '(expression)').join(' + ')}`,
      );
    });

    return findingOf(
      found.length === 0
        ? []
        : [
            {
              status: 'warn',
              message:
                `Unique across all tenants: ${listed(found)}. A tenant is refused a value that another one has, and so ` +
                'learns of it.',
              fix:
                'Switch off "Unique" in the settings of the field (or drop the index in the database), and make it unique ' +
                `within a tenant instead: a unique index in the database over "${TENANT_FIELD}" and the field.`,
            },
          ],
      passed,
    );
  },
};
