import type { Item } from '@directus/types';
import type { Knex } from 'knex';
import type { ClonedCollection, ClonedColumn } from '../../tenancy/cloning.ts';
import { counted, EXAMPLES, listed } from '../../tenancy/doctor/report.ts';
import { TENANT_FIELD } from '../../tenancy/managed.ts';
import { say } from '../../tenancy/sentences.ts';
import { readIndexes } from '../indexes.ts';
import { batches } from '../database.ts';
import { readRows } from './batches.ts';
import type { CopiedKeys } from './keys.ts';
import type { CopiedValues } from './references.ts';

/** What an obstacle is looked for with. */
export interface Search {
  database: Knex;
  keys: CopiedKeys;
  values: CopiedValues;
  /** Whether the new tenant has an owner, who takes the place of users who are not copied. */
  hasOwner: boolean;
}

/** Rows that stand in the way for one reason. */
interface Found {
  count: number;
  examples: string[];
}

/**
 * What stands in the way of copying the rows of a collection: keys that people choose, references that cannot be empty and
 * lead to what is not copied, and values that only one row of the whole project can have.
 *
 * @returns one sentence for each reason
 */
export async function findObstacles(search: Search, plan: ClonedCollection): Promise<string[]> {
  const { collection, columns } = plan;
  const sources = search.keys.sourcesIn(collection);
  if (sources.length === 0) return [];

  if (plan.key === 'typed') {
    return [
      say(
        'The keys of "{collection}" are chosen by people and unique in the whole project, so its {rows} cannot be ' +
          'copied.',
        { collection, rows: counted(sources.length, 'row') },
      ),
    ];
  }

  const required = columns.filter(({ overview, target }) => !overview.nullable && target.kind !== 'none');
  const unique = await uniqueInProject(search.database, plan);
  const looked = columns.filter(
    (column) =>
      required.includes(column) || unique.some((index) => index.includes(column)) || isNamed(column, required),
  );
  if (required.length === 0 && unique.length === 0) return [];

  const dropped = new Map<ClonedColumn, Found>();
  const repeated = new Map<ClonedColumn[], Found>();

  for (const batch of batches(sources)) {
    const rows = await readRows(search.database, plan, withCollections(looked, columns), batch);
    await search.values.learn(looked, rows);

    for (const row of rows) {
      const key = String(row[plan.primary]);
      for (const column of required) if (isLost(search, column, row)) note(dropped, column, key);
      for (const index of unique) if (isRepeated(search, index, row)) note(repeated, index, valuesOf(index, row));
    }
  }

  return [
    ...[...dropped].map(([{ field }, { count, examples }]) =>
      say(
        '"{field}" cannot be empty in "{collection}", and in {rows} of "{collection}" ({examples}) it leads to what ' +
          'is not copied, such as a user of the template. A user is replaced by the owner of the new tenant where ' +
          'there is one.',
        { field, collection, rows: counted(count, 'row'), examples: listed(examples, count) },
      ),
    ),
    ...[...repeated].map(([index, { count, examples }]) => {
      const values = {
        fields: index.map(({ field }) => say('"{name}"', { name: field })).join(say(' and ')),
        collection,
        rows: counted(count, 'row'),
        examples: listed(examples, count),
      };

      return count === 1
        ? say(
            'Values of {fields} in "{collection}" are unique in the whole project, and {rows} of the template has ' +
              'some ({examples}): make them unique within each tenant instead, or leave them empty in the template.',
            values,
          )
        : say(
            'Values of {fields} in "{collection}" are unique in the whole project, and {rows} of the template have ' +
              'some ({examples}): make them unique within each tenant instead, or leave them empty in the template.',
            values,
          );
    }),
  ];
}

/** The columns of each unique index over rows of all tenants; those with a key of the row's own never repeat. */
async function uniqueInProject(
  database: Knex,
  { collection, primary, columns }: ClonedCollection,
): Promise<ClonedColumn[][]> {
  const indexes = (await readIndexes(database, collection)) ?? [];

  return indexes
    .filter((index) => index.unique && !index.primary && !index.partial)
    .filter((index) => !index.columns.includes(TENANT_FIELD) && !index.columns.includes(primary))
    .flatMap((index) => {
      const known = index.columns.map((name) => columns.find(({ field }) => field === name));
      return known.every((column) => column !== undefined) ? [known] : [];
    });
}

/** Many-to-any fields are told by the column that names the collection. */
function withCollections(looked: readonly ClonedColumn[], columns: readonly ClonedColumn[]): ClonedColumn[] {
  return columns.filter((column) => looked.includes(column) || isNamed(column, looked));
}

function isNamed({ field }: ClonedColumn, by: readonly ClonedColumn[]): boolean {
  return by.some(({ target }) => target.kind === 'any' && target.collectionField === field);
}

function isLost({ values, hasOwner }: Search, column: ClonedColumn, row: Item): boolean {
  const copied = values.valueOf(column, row);
  return copied.kind === 'dropped' && !(hasOwner && copied.to === 'directus_users');
}

/** Whether a copy would have the very values of its row; null is equal to nothing. */
function isRepeated({ values }: Search, index: readonly ClonedColumn[], row: Item): boolean {
  return index.every((column) => {
    const copied = values.valueOf(column, row);
    return copied.kind === 'same' && copied.value !== null;
  });
}

function valuesOf(index: readonly ClonedColumn[], row: Item): string {
  return index.map(({ field }) => JSON.stringify(row[field])).join(', ');
}

function note<Reason>(all: Map<Reason, Found>, reason: Reason, example: string): void {
  const found = all.get(reason) ?? { count: 0, examples: [] };
  found.count += 1;
  if (found.examples.length < EXAMPLES) found.examples.push(example);
  all.set(reason, found);
}
