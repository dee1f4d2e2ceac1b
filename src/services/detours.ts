import type { Knex } from 'knex';
import { DETOURS_TABLE, TENANT_FIELD, TENANT_MEMBERS, TENANTS } from '../tenancy/managed.ts';
import type { FullAccess } from './directus.ts';
import { alignLevel } from './memberships.ts';

/**
 * A detour: somebody who belongs to several tenants acts in another one as long as the own one is closed. What is booked here
 * says whom to bring back when it is open again.
 */
export async function ensureDetoursTable(database: Knex): Promise<void> {
  if (await database.schema.hasTable(DETOURS_TABLE)) return;

  await database.schema.createTable(DETOURS_TABLE, (table) => {
    table.increments('id');
    table.string('user_id', 36).notNullable().index();
    table.string(TENANT_FIELD, 36).notNullable().index();
  });
}

/**
 * Lets the members who act in a tenant go on in their next active one, in the order of the tenants' names.
 *
 * @param stay ids of users who stay
 * @returns how many went
 */
export async function startDetours(access: FullAccess, tenant: string, stay: readonly string[]): Promise<number> {
  const { knex } = access;

  const options: { user: string; tenant: string }[] = await knex({ person: 'directus_users' })
    .join({ membership: TENANT_MEMBERS }, 'membership.user_id', 'person.id')
    .join({ tenant: TENANTS }, 'tenant.id', `membership.${TENANT_FIELD}`)
    .where({ 'person.role': tenant, 'tenant.status': 'active' })
    .whereNot('tenant.id', tenant)
    .whereNotIn('person.id', stay as string[])
    .orderBy('tenant.name')
    .select({ user: 'person.id', tenant: 'tenant.id' });

  const next = new Map<string, string>();
  for (const option of options) if (!next.has(option.user)) next.set(option.user, option.tenant);

  for (const [user, to] of next) {
    await knex(DETOURS_TABLE).insert({ user_id: user, [TENANT_FIELD]: tenant });
    await enter(access, user, to);
  }

  return next.size;
}

/**
 * Brings back those who left a tenant when it was closed, unless they went elsewhere or ceased to be members meanwhile.
 *
 * @returns how many came back
 */
export async function endDetours(access: FullAccess, tenant: string): Promise<number> {
  const { knex } = access;

  const booked: { id: number; user_id: string }[] = await knex(DETOURS_TABLE)
    .where(TENANT_FIELD, tenant)
    .orderBy('id')
    .select('id', 'user_id');

  const members = new Set<string>(await knex(TENANT_MEMBERS).where(TENANT_FIELD, tenant).pluck('user_id'));
  const back = booked.filter(({ user_id }) => members.has(user_id));

  for (const { id, user_id: user } of back) {
    await enter(access, user, tenant);
    // Whoever had to go on once more, from there, is back before that too.
    await knex(DETOURS_TABLE).where('user_id', user).andWhere('id', '>=', id).delete();
  }

  await knex(DETOURS_TABLE).where(TENANT_FIELD, tenant).delete();
  return back.length;
}

/** Forgets the detours of users who were put somewhere by themselves or a super-admin: nobody brings them back. */
export async function forgetDetours(knex: Knex, users: readonly string[]): Promise<void> {
  await knex(DETOURS_TABLE)
    .whereIn('user_id', users as string[])
    .delete();
}

/** Puts a user into a tenant, with the level that the user has there. */
export async function enter(access: FullAccess, user: string, tenant: string): Promise<void> {
  await access.items('directus_users').updateOne(user, { role: tenant });
  await alignLevel(access, user);
}
