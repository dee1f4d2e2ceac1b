import type { Item, PrimaryKey } from '@directus/types';
import type { Knex } from 'knex';
import type { ClonedCollection, ClonedColumn } from '../../tenancy/cloning.ts';
import { ConflictError } from '../../tenancy/errors.ts';
import { TENANT_FIELD } from '../../tenancy/managed.ts';
import { say } from '../../tenancy/sentences.ts';
import { batches, rowsOf, vendorOf } from '../database.ts';
import { isNotUnique } from '../unique-errors.ts';
import { readRows, rowsPerStatement } from './batches.ts';
import { writable } from './columns.ts';
import { asText, type CopiedKeys } from './keys.ts';
import type { CopiedValues, Copied } from './references.ts';

/** What copies are made with. */
export interface Copying {
  /** Where the template is read, as it was at one moment. */
  source: Knex;
  transaction: Knex;
  keys: CopiedKeys;
  values: CopiedValues;
  /** The owner of the new tenant. */
  owner: string | null;
}

/** Copies the rows of a collection, batch by batch, and numbers their keys. What leads to what has no key yet comes later. */
export async function copyRows(copying: Copying, plan: ClonedCollection, sources: readonly string[]): Promise<void> {
  const size = rowsPerStatement(plan.columns.length + 2);

  for (const batch of batches(sources, size)) {
    const rows = await copiesOf(copying, plan, batch);
    const written = await write(copying.transaction, plan, rows);

    for (const [index, copy] of written.entries()) {
      const row = rows[index];
      if (row) copying.keys.number(plan.collection, row.source, copy);
    }
  }
}

/** A row that is copied, by its key, and its copy. */
export interface CopiedRow {
  source: string;
  copy: Item;
}

/** The copies of rows as they are written first. */
export async function copiesOf(
  { source: database, keys, values, owner }: Copying,
  plan: ClonedCollection,
  batch: readonly string[],
): Promise<CopiedRow[]> {
  const { collection, primary, columns, later } = plan;
  const rows = await readRows(database, plan, columns, batch);
  await values.learn(columns, rows);

  return rows.map((row) => {
    const copy: Item = { [TENANT_FIELD]: keys.tenant };
    if (plan.key === 'uuid') copy[primary] = keys.copyOf(collection, row[primary]);

    for (const column of columns) {
      const { field, overview } = column;
      copy[field] = later.includes(column)
        ? // What cannot be empty leads to the template's row, which is there, until the copy is.
          overview.nullable
          ? null
          : row[field]
        : valueIn(values.valueOf(column, row), column, owner);
    }

    const overviews = columns.map(({ overview }) => overview);
    return { source: String(row[primary]), copy: writable(database, copy, overviews) };
  });
}

/** What leads to nothing that the new tenant has is empty; where it cannot be, the owner stands in for users. */
function valueIn(copied: Copied, { overview, field }: ClonedColumn, owner: string | null): unknown {
  switch (copied.kind) {
    case 'same':
    case 'rewritten':
      return copied.value;
    case 'dropped':
      if (overview.nullable) return null;
      if (copied.to === 'directus_users' && owner !== null) return owner;
  }

  throw new Error(`"${field}" has no value in a copy, and this was to be found out before.`);
}

/** Writes rows, and answers the keys that the database numbered them with, in their order. */
async function write(
  transaction: Knex,
  { collection, primary, key }: ClonedCollection,
  copies: readonly CopiedRow[],
): Promise<PrimaryKey[]> {
  const rows = copies.map(({ copy }) => copy);
  if (rows.length === 0) return [];

  try {
    if (key === 'serial') return await NUMBERED[vendorOf(transaction)](transaction, collection, primary, rows);
    await transaction(collection).insert(rows);
    return [];
  } catch (error) {
    throw isNotUnique(error) ? repeats(collection, error) : error;
  }
}

type Numbered = (transaction: Knex, collection: string, primary: string, rows: Item[]) => Promise<PrimaryKey[]>;

const NUMBERED: Record<ReturnType<typeof vendorOf>, Numbered> = {
  async postgres(transaction, collection, primary, rows) {
    const written: Item[] = await transaction(collection).insert(rows).returning(primary);
    return written.map((row) => row[primary] as PrimaryKey);
  },

  /** Whoever writes has the whole database, so the numbers can be chosen; SQLite goes on from there. */
  async sqlite(transaction, collection, primary, rows) {
    const [row] = rowsOf<{ last: number | null }>(
      transaction,
      await transaction.raw(
        `SELECT MAX(number) AS last FROM (
          SELECT seq AS number FROM sqlite_sequence WHERE name = ? UNION ALL SELECT MAX(??) FROM ??
        )`,
        [collection, primary, collection],
      ),
    );

    const numbered: Item[] = rows.map((copy, index) => ({ ...copy, [primary]: (row?.last ?? 0) + 1 + index }));
    await transaction(collection).insert(numbered);
    return numbered.map((copy) => copy[primary] as PrimaryKey);
  },

  /** The rows of one statement get numbers in a row, of which the driver tells the first. */
  async mysql(transaction, collection, _primary, rows) {
    const [first = 0] = await transaction(collection).insert(rows);
    const [step] = rowsOf<{ step: number }>(
      transaction,
      await transaction.raw('SELECT @@auto_increment_increment AS step'),
    );
    return rows.map((_copy, index) => first + index * (step?.step ?? 1));
  },

  async other(transaction, collection, primary, rows) {
    const keys: PrimaryKey[] = [];

    for (const row of rows) {
      const [written]: Item[] = await transaction(collection).insert(row).returning(primary);
      keys.push(written?.[primary] as PrimaryKey);
    }

    return keys;
  },
};

function repeats(collection: string, error: unknown): Error {
  return new ConflictError({
    reason: say(
      'Rows of "{collection}" cannot be copied, since values of theirs have to be unique ({cause}). Nothing was ' +
        'changed.',
      { collection, cause: error instanceof Error ? error.message : String(error) },
    ),
  });
}

/** Writes what was left for later, now that every copy has its key. */
export async function copyReferences(copying: Copying, plan: ClonedCollection): Promise<void> {
  const { source: database, keys, values, owner } = copying;
  const { collection, primary, columns, later } = plan;
  const named = columns.filter(({ field }) =>
    later.some(({ target }) => target.kind === 'any' && target.collectionField === field),
  );

  for (const column of later) {
    for (const batch of batches(keys.sourcesIn(collection))) {
      const rows = await readRows(database, plan, [column, ...named.filter((each) => each !== column)], batch);
      await values.learn([column], rows);

      const written = rows.flatMap((row) => {
        const key = keys.copyOf(collection, row[primary]);
        if (row[column.field] === null || key === null) return [];
        return [{ key, value: valueIn(values.valueOf(column, row), column, owner) }];
      });

      await update(copying.transaction, plan, column, written);
    }
  }
}

/** Sets a column of many rows, each to a value of its own, in one statement. */
async function update(
  transaction: Knex,
  { collection, primary }: ClonedCollection,
  { field, overview }: ClonedColumn,
  values: readonly { key: PrimaryKey; value: unknown }[],
): Promise<void> {
  if (values.length === 0) return;

  const isPostgres = vendorOf(transaction) === 'postgres';
  const key = isPostgres ? 'CAST(?? AS TEXT)' : '??';
  const cases = `CASE ${key} ${values.map(() => 'WHEN ? THEN ?').join(' ')} END`;
  const expression = isPostgres ? `CAST(${cases} AS ${overview.dbType ?? 'TEXT'})` : cases;

  await transaction(collection)
    .whereIn(
      primary,
      values.map((each) => each.key),
    )
    .update({
      [field]: transaction.raw(expression, [
        primary,
        ...values.flatMap((each) => [
          isPostgres ? asText(each.key) : each.key,
          isPostgres && each.value !== null ? asText(each.value) : (each.value as PrimaryKey | null),
        ]),
      ]),
    });
}
