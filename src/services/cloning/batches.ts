import type { FieldOverview, Item } from '@directus/types';
import type { Knex } from 'knex';
import type { ClonedCollection, ClonedColumn } from '../../tenancy/cloning.ts';
import { ROWS_PER_BATCH } from '../database.ts';
import { exactly } from './columns.ts';

/** Values that one statement takes: fewer than any database allows. */
const VALUES_PER_STATEMENT = 30_000;

/** How many rows of so many columns one statement writes. */
export function rowsPerStatement(columns: number): number {
  return Math.max(1, Math.min(ROWS_PER_BATCH, Math.floor(VALUES_PER_STATEMENT / Math.max(columns, 1))));
}

/** Rows by their keys, with the key and some columns exactly as they are, in the order of the keys. */
export async function readRows(
  database: Knex,
  { collection, primary }: Pick<ClonedCollection, 'collection' | 'primary'>,
  columns: readonly Pick<ClonedColumn, 'overview'>[],
  keys: readonly string[],
): Promise<Item[]> {
  const selected: FieldOverview[] = columns.map(({ overview }) => overview);

  return database(collection)
    .select(primary, ...exactly(database, selected))
    .whereIn(primary, keys as string[])
    .orderBy(primary) as Promise<Item[]>;
}
