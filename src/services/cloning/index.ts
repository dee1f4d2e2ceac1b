import type { SchemaOverview } from '@directus/types';
import type { Knex } from 'knex';
import { planCloning, type ClonedCollection } from '../../tenancy/cloning.ts';
import { ConflictError } from '../../tenancy/errors.ts';
import { TENANTS } from '../../tenancy/managed.ts';
import { say } from '../../tenancy/sentences.ts';
import { refreshRuntime, runtime } from '../../runtime.ts';
import { batches, queued, vendorOf } from '../database.ts';
import { fullAccess, type FullAccess, type ServiceContext } from '../directus.ts';
import { isBeingErased } from '../erasure/book.ts';
import { createRootFolder } from '../root-folder.ts';
import { bookCopies, holdCopies, keepCopies, removeLeftCopies, type BookedFile } from './book.ts';
import { copyStored, storedFilesIn } from './files.ts';
import { CopiedKeys, keysIn } from './keys.ts';
import { findObstacles } from './obstacles.ts';
import { CopiedValues } from './references.ts';
import { copiesOf, copyReferences, copyRows, type Copying } from './rows.ts';

/** Copies the content of a template into a tenant whose row is there, on the connection of `access`. */
export type CopyContent = (access: FullAccess, tenant: NewHome) => Promise<void>;

/** The tenant into which content is copied. */
export interface NewHome {
  name: string;
  owner: string | null;
}

/** In this turn one process copies one template after the other: each copying takes two connections. */
const TURN = 'directus-extension-tenancy:cloning';

/**
 * Lets work copy the content of a tenant, as it is at one moment, within a transaction of its own. When that fails, or is
 * interrupted, what was copied in the storage is removed again.
 *
 * @param template the id of the tenant whose content is copied
 * @param tenant the id of the new one
 * @throws ConflictError when something cannot be copied; nothing was changed
 */
export async function withTemplate<Result>(
  context: ServiceContext,
  template: string,
  tenant: string,
  work: (copy: CopyContent) => Promise<Result>,
): Promise<Result> {
  return queued(TURN, async () => {
    const { database } = context;
    await removeLeftCopies(context);
    await refreshRuntime(database);

    const { schema } = await fullAccess(context);
    const plans = planCloning(schema);
    const keys = new CopiedKeys(template, tenant);

    try {
      return await atOneMoment(database, async (snapshot) => {
        const files = await bookFiles(database, snapshot ?? database, plans, keys);

        return work((access, home) =>
          copyContent({ context, schema, plans, keys, files }, access, snapshot ?? access.knex, home),
        );
      });
    } catch (error) {
      await removeLeftCopies(context);
      throw error;
    }
  });
}

/** Removes what a provisioning that was interrupted has left in the storage. To be called when Directus starts. */
export function removeInterruptedCopies(context: ServiceContext): Promise<void> {
  return queued(TURN, () => removeLeftCopies(context));
}

/**
 * Runs work with a connection on which the database is as it was at the beginning, whatever others write meanwhile. SQLite has
 * one connection, and nobody writes within its transaction.
 */
async function atOneMoment<Result>(database: Knex, work: (snapshot: Knex | null) => Promise<Result>): Promise<Result> {
  const vendor = vendorOf(database);
  if (vendor !== 'postgres' && vendor !== 'mysql') return work(null);
  return database.transaction((snapshot) => work(snapshot), { isolationLevel: 'repeatable read' });
}

/** Chooses the ids of copied files, and books what will be stored of them. */
async function bookFiles(
  database: Knex,
  snapshot: Knex,
  plans: readonly ClonedCollection[],
  keys: CopiedKeys,
): Promise<ReadonlyMap<string, BookedFile>> {
  const [plan] = plans.filter(({ collection }) => collection === 'directus_files');
  if (!plan) return new Map();

  keys.plan(plan, await keysIn(snapshot, plan, keys.template));
  const files = await storedFilesIn(snapshot, plan, keys);
  await bookCopies(database, keys.tenant, [...files.values()]);
  return files;
}

interface Content {
  context: ServiceContext;
  schema: SchemaOverview;
  plans: readonly ClonedCollection[];
  keys: CopiedKeys;
  files: ReadonlyMap<string, BookedFile>;
}

async function copyContent(
  { context, schema, plans, keys, files }: Content,
  access: FullAccess,
  source: Knex,
  home: NewHome,
): Promise<void> {
  const { knex: transaction } = access;
  if ((await holdCopies(transaction, keys.tenant)) !== files.size) throw changedMeanwhile();

  for (const plan of plans) {
    const found = await keysIn(source, plan, keys.template);
    if (plan.collection !== 'directus_files') keys.plan(plan, found);
    else if (String(found) !== String(keys.sourcesIn(plan.collection))) throw changedMeanwhile();
  }

  const values = new CopiedValues(source, schema, runtime.recorded, keys);
  await assertNothingIsInTheWay(source, plans, keys, values, home.owner !== null);

  const copying: Copying = { source, transaction, keys, values, owner: home.owner };

  for (const plan of plans) {
    if (plan.collection === 'directus_files') await copyFiles(context, access, copying, plan, files);
    else await copyRows(copying, plan, keys.sourcesIn(plan.collection));
  }

  for (const plan of plans) await copyReferences(copying, plan);

  await nameRootFolder(access, source, keys, home.name);
  await keepCopies(transaction, keys.tenant);
}

async function assertNothingIsInTheWay(
  database: Knex,
  plans: readonly ClonedCollection[],
  keys: CopiedKeys,
  values: CopiedValues,
  hasOwner: boolean,
): Promise<void> {
  const obstacles: string[] = [];

  if (await isBeingErased(database, keys.template)) {
    obstacles.push(say('The template is being erased, and a part of it is gone.'));
  }

  for (const plan of plans) obstacles.push(...(await findObstacles({ database, keys, values, hasOwner }, plan)));
  if (obstacles.length > 0) {
    throw new ConflictError({ reason: [...obstacles, say('Nothing was changed.')].join(' ') });
  }
}

/** Directus' service makes the row of a file whose content it stores, with values of its own; then the row gets its own. */
async function copyFiles(
  context: ServiceContext,
  access: FullAccess,
  copying: Copying,
  plan: ClonedCollection,
  files: ReadonlyMap<string, BookedFile>,
): Promise<void> {
  const { collection, primary } = plan;
  const sources = copying.keys.sourcesIn(collection);

  // Whatever has no content is a row like others.
  await copyRows(
    copying,
    plan,
    sources.filter((source) => !files.has(source)),
  );

  for (const batch of batches(sources.filter((source) => files.has(source)))) {
    for (const { source, copy } of await copiesOf(copying, plan, batch)) {
      const file = files.get(source);
      if (!file) continue;

      await copyStored(context, access, source, file);
      await access.knex(collection).where(primary, file.id).update(copy);
    }
  }
}

/** The root folder is called as its tenant, unless people of the template have called it something else. */
async function nameRootFolder(access: FullAccess, source: Knex, keys: CopiedKeys, name: string): Promise<void> {
  if (!keys.has('directus_folders', keys.template)) return createRootFolder(access, keys.tenant, name);

  const template: { name: string } | undefined = await source(TENANTS).where({ id: keys.template }).first('name');
  await access
    .knex('directus_folders')
    .where({ id: keys.tenant, name: template?.name ?? '' })
    .update({ name });
}

function changedMeanwhile(): Error {
  return new ConflictError({
    reason: say('Files of the template came or went while it was being read. Try again. Nothing was changed.'),
  });
}
