import type { Knex } from 'knex';
import { ConflictError, IncompleteError, InvalidFieldError, NotFoundError } from '../../tenancy/errors.ts';
import {
  ANSWERS_TABLE,
  AUDIT_TABLE,
  DETOURS_TABLE,
  TENANT_FIELD,
  TENANT_MEMBERS,
  TENANTS,
} from '../../tenancy/managed.ts';
import { say } from '../../tenancy/sentences.ts';
import { announce } from '../audit.ts';
import { countOf, vendorOf, withLock } from '../database.ts';
import { enter } from '../detours.ts';
import { flushCaches, fullAccess, fullAccessWith, type FullAccess, type ServiceContext } from '../directus.ts';
import { setStatus } from '../lifecycle.ts';
import { asManagedWrite } from '../managed-writes.ts';
import { alignLevel, nextTenantOf, takeStandings } from '../memberships.ts';
import { detach, findHolders, loosen } from './attachments.ts';
import { bookErased, closeBook, erasedRows, markErasure, totalsOf, type Totals } from './book.ts';
import { withIndexes } from './indexes.ts';
import { planErasure, type Plan } from './plan.ts';
import { eraseRows, removeBy, type Erased } from './rows.ts';
import { findMixedUpFiles } from './stored-files.ts';
import { findTraces, sweep } from './traces.ts';

/** What came of an erasure. */
export interface Erasure extends Totals {
  tenant: { id: string; slug: string; name: string };
  /** What was found of the tenant afterwards: nothing, or the erasure would not have ended. */
  left: [];
}

/** How far the rows of one collection are. */
export interface ErasureProgress {
  collection: string;
  erased: number;
  of: number;
}

export interface ErasureRequest {
  /** The slug of the tenant, as a sign that it is meant. */
  confirm: string | undefined;
  progress?: ((progress: ErasureProgress) => void) | undefined;
}

/** How often what came in meanwhile is erased too, before somebody has to look what writes there. */
const ROUNDS = 5;

/**
 * Erases a tenant: its rows, files with what is stored of them, what Directus keeps about these, its memberships, the users who
 * belong nowhere else, and at last its row and its role. It is suspended before. Whoever calls again after an interruption goes
 * on with what is left; of several at once one works, and the others wait.
 *
 * @param tenant the id of a tenant
 * @throws InvalidFieldError when it is not confirmed
 * @throws ConflictError when something of others would go with it; nothing was changed
 * @throws IncompleteError when something is left; the same call goes on with it
 */
export async function eraseTenant(context: ServiceContext, tenant: string, request: ErasureRequest): Promise<Erasure> {
  const { database } = context;
  const { slug } = await readRow(database, tenant);

  if (request.confirm !== slug) {
    throw new InvalidFieldError({
      field: 'confirm',
      reason: say('must be the slug of the tenant, "{slug}": the tenant is erased with everything that it has', {
        slug,
      }),
    });
  }

  return withLock(database, `directus-extension-tenancy:erasure:${tenant}`, async () => {
    const row = await readRow(database, tenant);
    const { schema } = await fullAccess(context);
    const plan = planErasure(tenant, schema);

    const complaints = [...(await findHolders(database, plan)), ...(await findMixedUpFiles(database, tenant))];
    if (complaints.length > 0) {
      throw new ConflictError({ reason: [...complaints, say('Nothing was changed.')].join(' ') });
    }

    await markErasure(database, tenant);
    await setStatus(context, tenant, 'suspended');

    const totals = await asManagedWrite(async () =>
      eraseInRounds(context, plan, await progressOf(database, plan, request.progress)),
    );

    await flushCaches(context);
    // Of a tenant that is gone nothing is told but its id, and by whom and how much was erased.
    await announce(context, { action: 'erased', tenant, details: { ...totals } });
    const none = Object.fromEntries(plan.sources.map(({ collection }) => [collection, 0]));
    return { tenant: row, ...totals, erased: { ...none, ...totals.erased }, left: [] };
  });
}

async function readRow(database: Knex, tenant: string): Promise<Erasure['tenant']> {
  const row: Erasure['tenant'] | undefined = await database(TENANTS).where({ id: tenant }).first('id', 'slug', 'name');
  if (!row) throw new NotFoundError({ reason: say('There is no tenant "{tenant}" any more.', { tenant }) });
  return row;
}

/** Counts from what was erased before and what is there now. */
async function progressOf(
  database: Knex,
  { tenant, sources }: Plan,
  progress: ErasureRequest['progress'],
): Promise<Erased> {
  if (!progress) return () => undefined;
  const known = new Map<string, { erased: number; of: number }>();
  const of = (collection: string): { erased: number; of: number } => {
    const numbers = known.get(collection) ?? { erased: 0, of: 0 };
    known.set(collection, numbers);
    return numbers;
  };

  for await (const { collection, keys } of erasedRows(database, tenant)) of(collection).erased += keys.length;
  for (const { collection, going } of sources) {
    const numbers = of(collection);
    numbers.of = numbers.erased + (await countOf(going(database)));
  }

  return (collection, rows) => {
    if (rows === 0) return;
    const numbers = of(collection);
    numbers.erased += rows;
    numbers.of = Math.max(numbers.of, numbers.erased);
    progress({ collection, ...numbers });
  };
}

/** Requests that were on their way when the tenant was suspended may write to it still: what they wrote goes in the next round. */
async function eraseInRounds(context: ServiceContext, plan: Plan, erased: Erased): Promise<Totals> {
  const { database } = context;
  let left: string[] = [];

  for (let round = 1; round <= ROUNDS; round += 1) {
    try {
      await eraseContents(context, plan, erased);
      left = await findTraces(database, plan);
      if (left.length === 0) return await eraseTenantItself(database, plan, erased);
    } catch (error) {
      if (!isStillReferredTo(database, error)) throw error;
      left = [error instanceof Error ? error.message : String(error)];
    }
  }

  throw new IncompleteError({
    reason: say(
      'The tenant is not erased yet. There is still: {left}. The tenant stays suspended. Look what writes there, ' +
        'then erase the tenant again to go on.',
      { left: left.join(', ') },
    ),
  });
}

async function eraseContents(context: ServiceContext, plan: Plan, erased: Erased): Promise<void> {
  const { database } = context;
  const { tenant, sources, attachments, schema } = plan;

  await database.transaction((transaction) => takeStandings(transaction, tenant));

  for (const source of sources) {
    await loosen(database, plan, source);
    await withIndexes(database, plan, source, () => eraseRows(context, plan, source, erased));
  }

  await database.transaction(async (transaction) => {
    erased(TENANT_MEMBERS, await removeBy(transaction, tenant, TENANT_MEMBERS, TENANT_FIELD, [tenant]));
    await moveOn(fullAccessWith(context, schema, transaction), tenant);
  });

  await database.transaction(async (transaction) => {
    for (const collection of ['directus_shares', 'directus_presets']) {
      erased(collection, await removeBy(transaction, tenant, collection, 'role', [tenant]));
    }

    await transaction('directus_access').where('role', tenant).delete();
    await transaction(DETOURS_TABLE).where(TENANT_FIELD, tenant).delete();
    for (const table of [ANSWERS_TABLE, AUDIT_TABLE]) await transaction(table).where({ tenant }).delete();
  });

  // What refers to the row of the tenant and to its role.
  const last = attachments.filter(({ target, nullable }) => nullable && !sources.includes(target));
  for (const attachment of last) await detach(database, plan, attachment);

  await sweep(database, plan, erased);
}

/** Users who belong elsewhere too act there from now on, in an active tenant where there is one. */
async function moveOn(access: FullAccess, tenant: string): Promise<void> {
  const { knex } = access;
  const users = (await knex('directus_users').where('role', tenant).pluck('id')) as string[];

  for (const user of users) {
    const next = await nextTenantOf(knex, user);

    if (next !== null) {
      await enter(access, user, next);
    } else {
      await access.items('directus_users').updateOne(user, { role: null });
      await alignLevel(access, user);
    }
  }
}

/** The row of the tenant goes last: as long as it is there the call can be repeated. */
async function eraseTenantItself(database: Knex, { tenant }: Plan, erased: Erased): Promise<Totals> {
  const totals = await database.transaction(async (transaction) => {
    for (const collection of [TENANTS, 'directus_roles']) {
      await transaction(collection).where({ id: tenant }).delete();
      await bookErased(transaction, tenant, collection, [tenant]);
    }

    const sums = await totalsOf(transaction, tenant);
    await closeBook(transaction, tenant, sums);
    return sums;
  });

  erased(TENANTS, 1);
  erased('directus_roles', 1);
  return totals;
}

/** Whether the database refused to delete a row because another one refers to it. */
function isStillReferredTo(database: Knex, error: unknown): boolean {
  const { code, errno, message } = error as { code?: unknown; errno?: unknown; message?: unknown };

  switch (vendorOf(database)) {
    case 'postgres':
      return code === '23503' || code === '23001';
    case 'mysql':
      return errno === 1451 || errno === 1217;
    default:
      return String(message).includes('FOREIGN KEY constraint failed');
  }
}
