import type { Knex } from 'knex';
import { assertPoolSuffices, withLock } from '../../services/database.ts';
import { flushCaches, type ServiceContext } from '../../services/directus.ts';
import { decideMissedCollections, readUndecidedCollections } from '../../services/collections.ts';
import { areScopesTold, ensureScopeMeta, tellScopes } from '../../services/scope-meta.ts';
import { areBasePermissionsBooked, reconcileStoredRules } from '../../services/stored-rules.ts';
import { ensureScopesTables, scopesWithoutStoredRules } from '../../services/scopes.ts';
import { landingLevelOf } from '../../tenancy/landing.ts';
import { STEPS_TABLE } from '../../tenancy/managed.ts';
import { probeLicence } from '../rules/licence.ts';
import { refreshRuntime, runtime } from '../../runtime.ts';
import { STEPS } from './steps.ts';

/** Name of the lock under which instances that boot together install one after the other. */
const INSTALL_LOCK = 'directus-extension-tenancy:install';

/**
 * Brings the project to the shape that this version of the bundle needs: runs the steps that were not done, stores rules
 * that are missing, and decides the scope of collections that were made while no hook was listening. Flushes every cache whatever it
 * found: Directus may have kept permission rows from before the bundle came, and has read the schema with the bundle's own tables.
 * Safe to run on many instances at once: they take turns, and those that come later find nothing to do.
 *
 * @throws with the step that failed; what was done until then stays and is not repeated. With the environment variable that
 *   cannot be what it is; nothing was done then
 */
export async function install(context: ServiceContext): Promise<void> {
  landingLevelOf(context.env);
  assertPoolSuffices(context.database);

  if (await isInPlace(context.database)) {
    await askLicence(context);
    return flushCaches(context);
  }

  await withLock(context.database, INSTALL_LOCK, async () => {
    await ensureScopesTables(context.database);
    await runSteps(context);

    await ensureScopeMeta(context);

    await reconcileStoredRules(context, await learnProject(context));
    await tellScopes(context.database);

    // In front of what goes by the schema, which Directus reads anew after that anyway.
    await flushCaches(context);
    if (await decideMissedCollections(context)) await flushCaches(context);
  });
}

/**
 * Whether there is nothing to do, as almost every start finds: asks for each thing that the installation does, so that a start need
 * neither wait for others nor go through all of it. Reads the recorded scopes on the way. What another instance is about to do is not
 * in place before it has ended, because steps are booked, and rules marked as stored, at their end.
 */
async function isInPlace(database: Knex): Promise<boolean> {
  try {
    await refreshRuntime(database);
    if (runtime.revision === null) return false;

    const done = await readDoneSteps(database);

    return (
      STEPS.every(({ number }) => done.has(number)) &&
      areBasePermissionsBooked(done) &&
      (await scopesWithoutStoredRules(database)).length === 0 &&
      (await areScopesTold(database, runtime.recorded)) &&
      (await readUndecidedCollections(database, runtime.recorded)).length === 0
    );
  } catch {
    // A table is missing; or whatever else it is, the installation meets it and says so.
    return false;
  }
}

/**
 * Reads what the bundle goes by in this process: the recorded scopes, whether there are tenants, and what the licence allows,
 * which is also the answer.
 */
export async function learnProject(context: ServiceContext): Promise<boolean> {
  await refreshRuntime(context.database);
  return askLicence(context);
}

async function askLicence(context: ServiceContext): Promise<boolean> {
  runtime.licensed = await probeLicence(context);
  return runtime.licensed;
}

/** Whether every step of this version was done in the project. */
export async function isInstalled(database: Knex): Promise<boolean> {
  if (!(await database.schema.hasTable(STEPS_TABLE))) return false;
  const done = await readDoneSteps(database);
  return STEPS.every(({ number }) => done.has(number));
}

async function readDoneSteps(database: Knex): Promise<Set<number>> {
  return new Set<number>((await database(STEPS_TABLE).select('number')).map(({ number }) => Number(number)));
}

async function runSteps(context: ServiceContext): Promise<void> {
  const { database, logger } = context;

  if (!(await database.schema.hasTable(STEPS_TABLE))) {
    await database.schema.createTable(STEPS_TABLE, (table) => {
      table.integer('number').primary();
      table.string('name').notNullable();
      table.timestamp('done_at').notNullable().defaultTo(database.fn.now());
    });
  }

  const done = await readDoneSteps(database);

  for (const step of STEPS) {
    if (done.has(step.number)) continue;

    try {
      await step.run(context);
    } catch (error) {
      throw new Error(`Step ${step.number} (${step.name}) failed: ${reasonOf(error)}`, { cause: error });
    }

    await database(STEPS_TABLE).insert({ number: step.number, name: step.name });
    logger.info(`Tenancy: step ${step.number} done (${step.name})`);
  }
}

export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
