import type { PrimaryKey, SchemaOverview } from '@directus/types';
import type { Knex } from 'knex';
import { counted } from '../../tenancy/doctor/report.ts';
import { ANSWERS_TABLE, AUDIT_TABLE, DETOURS_TABLE, TENANTS } from '../../tenancy/managed.ts';
import { say } from '../../tenancy/sentences.ts';
import { batches, countOf } from '../database.ts';
import { keyAsText } from '../reference-joins.ts';
import { ROWS_PER_BATCH } from './attachments.ts';
import { bookErased, erasedRows, type ErasedRows } from './book.ts';
import type { Plan } from './plan.ts';
import type { Erased } from './rows.ts';

/** What Directus keeps about a row under the name of its collection and its key, beside activity and revisions. */
const COMPANIONS = ['directus_comments', 'directus_versions', 'directus_shares', 'directus_notifications'] as const;

/** Activity and revisions say what was done; nothing is kept about them. */
const HISTORY = ['directus_activity', 'directus_revisions'] as const;

/**
 * Deletes what Directus keeps about the rows that were erased, in this run or an earlier one, and about the people. It is
 * found by collection and key, which is why it goes after the rows: nobody adds to it any more.
 */
export async function sweep(database: Knex, { tenant, schema }: Plan, erased: Erased): Promise<void> {
  const remove = async (collection: string, ids: readonly PrimaryKey[]): Promise<void> => {
    await inBatches(ids, async (batch) => {
      await database.transaction(async (transaction) => {
        await transaction(collection).whereIn('id', batch).delete();
        await bookErased(transaction, tenant, collection, batch);
      });
      erased(collection, batch.length);
    });
  };

  const removeRevisions = async (ids: readonly PrimaryKey[]): Promise<void> => {
    await inBatches(ids, async (batch) => {
      await database('directus_revisions').whereIn('parent', batch).update({ parent: null });
    });
    await remove('directus_revisions', ids);
  };

  const removeActivity = async (ids: readonly PrimaryKey[]): Promise<void> => {
    await inBatches(ids, async (batch) => {
      await removeRevisions(await idsOf(database('directus_revisions').whereIn('activity', batch)));
    });
    await remove('directus_activity', ids);
  };

  // What is deleted here is booked, and what Directus keeps about that comes up further on.
  for await (const rows of erasedInChunks(database, tenant)) {
    for (const collection of COMPANIONS) {
      const ids = await idsOf(about(database(collection), rows));

      if (collection === 'directus_versions') {
        await inBatches(ids, async (batch) => {
          await removeRevisions(await idsOf(database('directus_revisions').whereIn('version', batch)));
        });
      }

      await remove(collection, ids);
    }

    await removeRevisions(await idsOf(about(database('directus_revisions'), rows)));
    await removeActivity(await idsOf(about(database('directus_activity'), rows)));

    await inBatches(usersIn(rows), async (users) => {
      await withoutPeople(database, schema, users, removeActivity);
    });
  }

  await removeNaming();

  /** Revisions keep whole rows, also of those that were deleted before: what they say of the tenant tells whose they were. */
  async function removeNaming(): Promise<void> {
    for (;;) {
      const found: { id: PrimaryKey; activity: PrimaryKey | null }[] = await revisionsNaming(database, tenant)
        .orderBy('id')
        .limit(ROWS_PER_BATCH)
        .select('id', 'activity');

      if (found.length === 0) return;
      await removeRevisions(found.map(({ id }) => id));

      const activity = [...new Set(found.flatMap(({ activity: id }) => id ?? []))];
      const withRevisions = database('directus_revisions').whereNotNull('activity').select('activity');
      await removeActivity(
        await idsOf(database('directus_activity').whereIn('id', activity).whereNotIn('id', withRevisions)),
      );
    }
  }
}

/**
 * What people did goes with them. What they did to rows that are there still, of which a revision is kept, stays as the history
 * of these rows, which are others', and says no more who it was.
 */
async function withoutPeople(
  database: Knex,
  schema: SchemaOverview,
  users: PrimaryKey[],
  removeActivity: (ids: readonly PrimaryKey[]) => Promise<void>,
): Promise<void> {
  const entries: { id: PrimaryKey; collection: string; item: string }[] = await database({ entry: 'directus_activity' })
    .whereIn('entry.user', users)
    .whereIn('entry.id', database('directus_revisions').select('activity'))
    .select({ id: 'entry.id', collection: 'entry.collection', item: 'entry.item' });

  for (const collection of new Set(entries.map((entry) => entry.collection))) {
    const primary = schema.collections[collection]?.primary;
    if (primary === undefined) continue;

    await inBatches(
      entries.filter((entry) => entry.collection === collection),
      async (batch) => {
        const key = keyAsText(database, primary);
        const items = [...new Set(batch.map(({ item }) => item))];
        const found: { key: PrimaryKey }[] = await database(collection).where(key, 'in', items).select({ key });
        const there = new Set(found.map((row) => String(row.key)));

        await database('directus_activity')
          .whereIn(
            'id',
            batch.flatMap(({ id, item }) => (there.has(item) ? [id] : [])),
          )
          .update({ user: null, ip: null, user_agent: null });
      },
    );
  }

  await removeActivity(await idsOf(database('directus_activity').whereIn('user', users)));
}

/**
 * Looks in every collection, and in everything that Directus and the bundle keep, for what is left of a tenant but its row and
 * its role.
 *
 * @returns what was found, such as `2 rows of "projects"`
 */
export async function findTraces(database: Knex, { tenant, schema, attachments }: Plan): Promise<string[]> {
  const found = new Map<string, number>();
  const look = async (collection: string, query: Knex.QueryBuilder): Promise<void> => {
    const count = await countOf(query);
    if (count > 0) found.set(collection, (found.get(collection) ?? 0) + count);
  };

  for (const { collection, field, related_collection: related } of schema.relations) {
    const column = schema.collections[collection]?.fields[field];
    if (!column || column.alias || (related !== TENANTS && related !== 'directus_roles')) continue;
    await look(collection, database(collection).where(keyAsText(database, field), '=', tenant));
  }

  await look(DETOURS_TABLE, database(DETOURS_TABLE).where({ tenant_id: tenant }));
  for (const table of [ANSWERS_TABLE, AUDIT_TABLE]) await look(table, database(table).where({ tenant }));
  await look('directus_revisions', revisionsNaming(database, tenant));

  for await (const rows of erasedInChunks(database, tenant)) {
    for (const collection of [...COMPANIONS, ...HISTORY]) await look(collection, about(database(collection), rows));

    const users = usersIn(rows);
    if (users.length > 0) await look('directus_activity', database('directus_activity').whereIn('user', users));

    for (const { collection, field, target } of attachments.filter(({ isForeignKey }) => !isForeignKey)) {
      const keys = keysIn(rows, target.collection);
      if (keys.length === 0) continue;
      await look(collection, database(collection).where(keyAsText(database, field), 'in', keys));
    }
  }

  return [...found].map(([collection, count]) =>
    say('{rows} of "{collection}"', { rows: counted(count, 'row'), collection }),
  );
}

/** Rows of a collection of Directus that are about these ones. */
function about(query: Knex.QueryBuilder, rows: readonly ErasedRows[]): Knex.QueryBuilder {
  return query.where((any) => {
    for (const { collection, keys } of rows)
      void any.orWhere((each) => each.where({ collection }).whereIn('item', keys));
  });
}

function revisionsNaming(database: Knex, tenant: string): Knex.QueryBuilder {
  return database('directus_revisions').where((either) => {
    for (const column of ['data', 'delta']) {
      void either.orWhere(keyAsText(database, column), 'like', `%${tenant}%`);
    }
  });
}

/** What was erased, and the tenant itself, in pieces of which one query can ask. */
async function* erasedInChunks(database: Knex, tenant: string): AsyncGenerator<ErasedRows[]> {
  let chunk: ErasedRows[] = [TENANTS, 'directus_roles'].map((collection) => ({ collection, keys: [tenant] }));
  let size = chunk.length;

  for await (const batch of erasedRows(database, tenant)) {
    if ((HISTORY as readonly string[]).includes(batch.collection)) continue;

    if (size + batch.keys.length > ROWS_PER_BATCH + 2) {
      yield chunk;
      [chunk, size] = [[], 0];
    }

    chunk.push(batch);
    size += batch.keys.length;
  }

  yield chunk;
}

function keysIn(rows: readonly ErasedRows[], collection: string): string[] {
  return rows.filter((batch) => batch.collection === collection).flatMap(({ keys }) => keys);
}

function usersIn(rows: readonly ErasedRows[]): string[] {
  return keysIn(rows, 'directus_users');
}

async function idsOf(query: Knex.QueryBuilder): Promise<PrimaryKey[]> {
  return (await query.pluck('id')) as PrimaryKey[];
}

async function inBatches<Each>(all: readonly Each[], work: (batch: Each[]) => Promise<void>): Promise<void> {
  for (const batch of batches(all, ROWS_PER_BATCH)) await work(batch);
}
