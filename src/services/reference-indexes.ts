import type { Knex } from 'knex';
import { findsRowsBy } from '../tenancy/doctor/indexes.ts';
import { indexedReferences, type IndexedReference } from '../tenancy/reference-indexes.ts';
import { withLock } from './database.ts';
import { fullAccess, type ServiceContext } from './directus.ts';
import { dropIndex, ensureIndex, indexName, readIndexes } from './indexes.ts';

/**
 * Gives the references that come from a collection or lead to it an index each, where none is there: see {@link indexedReferences}.
 *
 * @param options see {@link ensureIndex}
 */
export async function ensureReferenceIndexes(
  context: ServiceContext,
  collection: string,
  options: { online?: boolean } = {},
): Promise<void> {
  const { schema } = await fullAccess(context);

  for (const reference of indexedReferences(schema)) {
    if (reference.collection !== collection && reference.target !== collection) continue;
    await ensureReferenceIndex(context, reference, options);
  }
}

/** @param options see {@link ensureIndex} */
export async function ensureReferenceIndex(
  { database }: ServiceContext,
  { collection, field, columns }: IndexedReference,
  options: { online?: boolean } = {},
): Promise<void> {
  await withReferenceLock(database, collection, async () => {
    const indexes = await readIndexes(database, collection);
    if (indexes && !findsRowsBy(field, indexes)) await ensureIndex(database, collection, columns, options);
  });
}

/**
 * Takes away the indexes of references from other collections, when the one to which they lead has no tenants any more. Indexes that
 * somebody else made stay.
 */
export async function dropReferenceIndexes(database: Knex, references: readonly IndexedReference[]): Promise<void> {
  for (const { collection, columns } of references) {
    await withReferenceLock(database, collection, async () => {
      const name = indexName(collection, columns);
      const indexes = (await readIndexes(database, collection)) ?? [];
      if (indexes.some((index) => index.name === name)) await dropIndex(database, collection, name);
    });
  }
}

/** Two collections that are decided about at the same time may be ends of the same reference. */
function withReferenceLock(database: Knex, collection: string, work: () => Promise<void>): Promise<void> {
  return withLock(database, `directus-extension-tenancy:references:${collection}`, work);
}
