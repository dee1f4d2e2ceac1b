import type { Knex } from 'knex';
import { withLock } from '../../services/database.ts';
import { flushCaches, type ServiceContext } from '../../services/directus.ts';
import { decideMissedCollections } from '../../services/collections.ts';
import { ensureScopeMeta, tellScopes } from '../../services/scope-meta.ts';
import { reconcileStoredRules } from '../../services/stored-rules.ts';
import { ensureScopesTables } from '../../services/scopes.ts';
import { landingLevelOf } from '../../tenancy/landing.ts';
import { STEPS_TABLE } from '../../tenancy/managed.ts';
import { probeLicence } from '../rules/licence.ts';
import { refreshRuntime, runtime } from '../../runtime.ts';
import { STEPS } from './steps.ts';

/** Name of the lock under which instances that boot together install one after the other. */
const INSTALL_LOCK = 'directus-extension-tenancy:install';

/**
 * Brings the project to the shape that this version of the bundle needs: runs the steps that were not done, stores rules
 * that are missing, decides the scope of collections that were made while no hook was listening, and flushes every cache, since Directus may have kept permission rows from before the bundle came.
 * Safe to run on many instances at once: they take turns, and those that come later find nothing to do.
 *
 * @throws with the step that failed; what was done until then stays and is not repeated. With the environment variable that
 *   cannot be what it is; nothing was done then
 */
export async function install(context: ServiceContext): Promise<void> {
  landingLevelOf(context.env);

  await withLock(context.database, INSTALL_LOCK, async () => {
    await ensureScopesTables(context.database);
    await runSteps(context);

    await ensureScopeMeta(context);

    await reconcileStoredRules(context, await learnProject(context));
    await tellScopes(context.database);
    await decideMissedCollections(context);
  });

  await flushCaches(context);
}

/**
 * Reads what the bundle goes by in this process: the recorded scopes, whether there are tenants, and what the licence allows,
 * which is also the answer.
 */
export async function learnProject(context: ServiceContext): Promise<boolean> {
  await refreshRuntime(context.database);
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
