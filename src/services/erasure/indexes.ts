import type { Knex } from 'knex';
import { findsRowsBy } from '../../tenancy/doctor/indexes.ts';
import { countOf, nameAfter } from '../database.ts';
import { buildIndex, discardIndex, readIndexes } from '../indexes.ts';
import type { Plan, Source } from './plan.ts';

/** Rows from which on an index costs less than looking through a table for each of them. */
const MANY_ROWS = 1_000;

/**
 * Runs work that deletes rows of a source with an index on each field that refers to them. Databases look for referring rows with
 * each row that they delete; PostgreSQL and SQLite have no index for that by themselves. Indexes that were made for it go
 * afterwards, those that an interrupted erasure left as well.
 */
export async function withIndexes(
  database: Knex,
  { schema }: Plan,
  source: Source,
  work: () => Promise<void>,
): Promise<void> {
  const hasMany = (await countOf(source.going(database))) >= MANY_ROWS;
  const references = schema.relations.filter(
    ({ related_collection: related, schema: key }) => key && related === source.collection,
  );

  for (const { collection, field } of references) {
    if (!hasMany) continue;
    const indexes = await readIndexes(database, collection);
    if (!indexes || findsRowsBy(field, indexes)) continue;

    await discardOwn(database, collection, field);
    await buildIndex(database, collection, [field], nameOf(collection, field));
  }

  await work();
  for (const { collection, field } of references) await discardOwn(database, collection, field);
}

/** Drops the index that an erasure made, also one whose building was interrupted. */
async function discardOwn(database: Knex, collection: string, field: string): Promise<void> {
  const name = nameOf(collection, field);
  const indexes = (await readIndexes(database, collection)) ?? [];
  if (indexes.some((index) => index.name === name)) await discardIndex(database, collection, name);
}

function nameOf(collection: string, field: string): string {
  return nameAfter(collection, field, 'erasing');
}
