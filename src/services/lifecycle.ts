import { ConflictError } from '../tenancy/errors.ts';
import { POLICIES, TENANT_FIELD, TENANT_MEMBERS, TENANTS } from '../tenancy/managed.ts';
import { say } from '../tenancy/sentences.ts';
import type { TenantStatus, TenantWithUsage } from '../tenancy/types.ts';
import { announce, type TenancyAction } from './audit.ts';
import { withLock } from './database.ts';
import { endDetours, startDetours } from './detours.ts';
import { cachedAccess, flushCaches, fullAccessWith, type FullAccess, type ServiceContext } from './directus.ts';
import { isBeingErased } from './erasure/book.ts';
import { asManagedWrite } from './managed-writes.ts';
import { readTenant } from './tenants.ts';

/** What brings a tenant into which status. */
export const LIFECYCLE = { suspend: 'suspended', resume: 'active', archive: 'archived' } as const;

/**
 * Opens or closes a tenant, effective with the next request on every instance, since each request is held against the status
 * in the database.
 *
 * - `suspended`: nobody acts in it. Sessions and refresh tokens of members end; static tokens, shares, sockets and password
 *   resets do nothing until it is active again.
 * - `archived`: its owners may read, and everybody else is treated as in a suspended one.
 * - `active`: static tokens and shares work as before.
 *
 * Members who belong to another active tenant go on there, and come back when this one is active again. The same status twice
 * changes nothing.
 *
 * @param tenant the id of a tenant
 * @throws ConflictError when it is to open a tenant that is being erased
 */
export async function setStatus(
  context: ServiceContext,
  tenant: string,
  status: TenantStatus,
): Promise<TenantWithUsage> {
  const { schema } = await cachedAccess(context);

  const moved = await withLock(context.database, `directus-extension-tenancy:members:${tenant}`, () =>
    context.database.transaction((transaction) =>
      asManagedWrite(() => changeStatus(fullAccessWith(context, schema, transaction), tenant, status)),
    ),
  );

  if (moved === null) return readTenant(context, tenant);
  if (moved > 0) await flushCaches(context);
  await announce(context, { action: ACTIONS[status], tenant });
  return readTenant(context, tenant);
}

const ACTIONS: Record<TenantStatus, TenancyAction> = {
  active: 'resumed',
  suspended: 'suspended',
  archived: 'archived',
};

/** @returns how many members act in another tenant from now on; null when the status was that already */
async function changeStatus(access: FullAccess, tenant: string, status: TenantStatus): Promise<number | null> {
  const { knex } = access;
  const row: { status: TenantStatus } | undefined = await knex(TENANTS).where({ id: tenant }).first('status');
  if (row?.status === status) return null;

  if (status !== 'suspended' && (await isBeingErased(knex, tenant))) {
    throw new ConflictError({
      reason: say(
        'The tenant is being erased, and a part of it is gone. Erase it again to go on. Nothing was changed.',
      ),
    });
  }

  await access.items(TENANTS).updateOne(tenant, { status });
  const back = await endDetours(access, tenant);
  if (status === 'active') return back;

  const stay: string[] =
    status === 'archived'
      ? await knex(TENANT_MEMBERS)
          .where({ [TENANT_FIELD]: tenant, policy: POLICIES.owner })
          .pluck('user_id')
      : [];

  const moved = await startDetours(access, tenant, stay);
  await endSessions(access, tenant, stay);
  return back + moved;
}

/** Ends the sessions of members who act in a tenant, and those of its shares. */
async function endSessions({ knex }: FullAccess, tenant: string, stay: readonly string[]): Promise<void> {
  const members = knex('directus_users')
    .select('id')
    .where('role', tenant)
    .whereNotIn('id', stay as string[]);

  await knex('directus_sessions').whereIn('user', members).delete();
  await knex('directus_sessions').whereIn('share', knex('directus_shares').select('id').where('role', tenant)).delete();
}
