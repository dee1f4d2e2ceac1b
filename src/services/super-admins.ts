import type { Knex } from 'knex';
import { TENANT_MEMBERS, TENANTS, TENANTS_ROLE } from '../tenancy/managed.ts';
import { isTurnedOn } from '../tenancy/identity.ts';

/** Whether any of the policies gives admin access. */
export async function givesAdminAccess(database: Knex, policies: readonly string[]): Promise<boolean> {
  if (policies.length === 0) return false;
  const stored: unknown[] = await database('directus_policies').whereIn('id', policies).pluck('admin_access');
  return stored.some(isTurnedOn);
}

/** Whether a policy of the user's own gives admin access. */
export async function hasAdminAccess(database: Knex, users: readonly string[]): Promise<boolean> {
  if (users.length === 0) return false;

  const stored: unknown[] = await database('directus_access as access')
    .join('directus_policies as policy', 'policy.id', 'access.policy')
    .whereIn('access.user', users)
    .pluck('policy.admin_access');

  return stored.some(isTurnedOn);
}

/** Whether any of the users belongs to a tenant, or acts in one. */
export async function belongToTenants(database: Knex, users: readonly string[]): Promise<boolean> {
  if (users.length === 0) return false;

  const acting: unknown = await database('directus_users as user')
    .join(`${TENANTS} as tenant`, 'tenant.id', 'user.role')
    .whereIn('user.id', users)
    .first('user.id');

  const booked: unknown = await database(TENANT_MEMBERS).whereIn('user_id', users).first('id');
  return acting !== undefined || booked !== undefined;
}

/** Whether a policy is attached to somebody who belongs to a tenant, to the role of one, or to the parent of these roles. */
export async function isPolicyOfTenants(database: Knex, policies: readonly string[]): Promise<boolean> {
  const attached: { user: string | null; role: string | null }[] = await database('directus_access')
    .whereIn('policy', policies)
    .select('user', 'role');

  const users = attached.flatMap(({ user }) => user ?? []);
  const roles = attached.flatMap(({ role }) => role ?? []);
  if (roles.includes(TENANTS_ROLE)) return true;

  const ofRole: unknown = roles.length > 0 ? await database(TENANTS).whereIn('id', roles).first('id') : undefined;
  return ofRole !== undefined || (await belongToTenants(database, users));
}
