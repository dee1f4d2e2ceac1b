import type { PrimaryKey } from '@directus/types';
import type { Knex } from 'knex';
import { counted, listed } from '../../tenancy/doctor/report.ts';
import { say } from '../../tenancy/sentences.ts';
import { sampleOf } from '../samples.ts';
import { keyAsText } from '../reference-joins.ts';
import type { Attachment, Plan, Source } from './plan.ts';

/** Rows that one statement empties or deletes: as many as keep others waiting for a moment only. */
export const ROWS_PER_BATCH = 5_000;

/** Rows that stay and refer to rows that go. */
function attachedRows(database: Knex, { sources }: Plan, attachment: Attachment): Knex.QueryBuilder {
  const { collection, field, target, isForeignKey } = attachment;
  const query = database(collection);

  if (isForeignKey) {
    query.whereIn(`${collection}.${field}`, target.going(database).select(target.primary));
  } else {
    const keys = target.going(database).select(keyAsText(database, target.primary));
    query.where(keyAsText(database, `${collection}.${field}`), 'in', keys);
  }

  const own = [...sources, target].find((source) => source.collection === collection);
  own?.staying(query, database);
  return query;
}

/**
 * What stands in the way of an erasure: rows of others that have to refer to rows that go. They are nobody's to delete.
 *
 * @returns one sentence for each field
 */
export async function findHolders(database: Knex, plan: Plan): Promise<string[]> {
  const complaints: string[] = [];

  for (const attachment of plan.attachments.filter(({ nullable }) => !nullable)) {
    const { collection, primary, field, target } = attachment;
    const rows = attachedRows(database, plan, attachment);
    const { count, examples } = await sampleOf(database, rows, `${collection}.${primary}`);
    if (count === 0) continue;

    const values = {
      rows: counted(count, 'row'),
      collection,
      examples: listed(examples, count),
      target: target.collection,
      field,
    };

    complaints.push(
      count === 1
        ? say(
            '{rows} of "{collection}" ({examples}), not of this tenant, refers to its "{target}" in "{field}", which ' +
              'cannot be empty.',
            values,
          )
        : say(
            '{rows} of "{collection}" ({examples}), not of this tenant, refer to its "{target}" in "{field}", which ' +
              'cannot be empty.',
            values,
          ),
    );
  }

  return complaints;
}

/** Lets go of the rows of a source: empties the fields of rows that stay, and those in which rows that go refer in a circle. */
export async function loosen(database: Knex, plan: Plan, source: Source): Promise<void> {
  for (const { of, field } of source.loosened) {
    const rows = (): Knex.QueryBuilder => of.going(database).whereNotNull(field).select(of.primary);
    await empty(database, of.collection, of.primary, field, rows);
  }

  const attached = plan.attachments.filter(({ target, nullable }) => nullable && target === source);
  for (const attachment of attached) await detach(database, plan, attachment);
}

/** Empties a field in rows that stay. */
export async function detach(database: Knex, plan: Plan, attachment: Attachment): Promise<void> {
  const { collection, primary, field } = attachment;
  const rows = (): Knex.QueryBuilder => attachedRows(database, plan, attachment).select(`${collection}.${primary}`);
  await empty(database, collection, primary, field, rows);
}

/** MySQL cannot change a table that the same statement reads, so the keys are read first. */
async function empty(
  database: Knex,
  collection: string,
  primary: string,
  field: string,
  rows: () => Knex.QueryBuilder,
): Promise<void> {
  for (;;) {
    const keys = (await rows().limit(ROWS_PER_BATCH).pluck(primary)) as PrimaryKey[];
    if (keys.length === 0) return;

    await database(collection)
      .whereIn(primary, keys)
      .update({ [field]: null });
  }
}
