import type { MutationOptions } from '@directus/types';
import type { Knex } from 'knex';
import { ConflictError, NotFoundError } from '../tenancy/errors.ts';
import { uuidIn } from '../tenancy/identity.ts';
import { LEVELS, MEMBER_POLICIES_TABLE, POLICIES, TENANT_FIELD, TENANT_MEMBERS, TENANTS } from '../tenancy/managed.ts';
import { say } from '../tenancy/sentences.ts';
import { batches, withLock } from './database.ts';
import { cachedAccess, flushCaches, fullAccessWith, type FullAccess, type ServiceContext } from './directus.ts';
import { assignablePolicies } from './levels.ts';
import { asManagedWrite } from './managed-writes.ts';

/** What somebody may do in a tenant. */
export interface Standing {
  /** The policy of the level. */
  policy: string;
  /** Policies that come with it. */
  additional?: readonly string[];
}

/** A membership and whose it is. */
export interface Membership {
  id: string;
  user: string;
  policy: string;
}

/** Whether a user is an owner of a tenant. */
export async function isOwner(database: Knex, tenant: string, user: string): Promise<boolean> {
  const row: unknown = await database(TENANT_MEMBERS)
    .select('id')
    .where({ [TENANT_FIELD]: tenant, user_id: user, policy: POLICIES.owner })
    .first();

  return row !== undefined;
}

/** A user who becomes a member of a tenant, with the policy of a level. */
export interface NewMember {
  tenant: string;
  user: string;
  policy: string;
}

/** Books users as members of tenants, with nothing beside the policies of their levels. Answers the ids of the memberships. */
export async function recordMembers(
  { items }: FullAccess,
  members: readonly NewMember[],
  options: MutationOptions = {},
): Promise<string[]> {
  const rows = members.map(({ tenant, user, policy }) => ({ [TENANT_FIELD]: tenant, user_id: user, policy }));
  return (await items(TENANT_MEMBERS).createMany(rows, { ...options })).map(String);
}

/** Books a user as member of a tenant. Answers the id of the membership. */
export async function recordMembership(
  access: FullAccess,
  tenant: string,
  user: string,
  { policy, additional = [] }: Standing,
): Promise<string> {
  const [member] = (await recordMembers(access, [{ tenant, user, policy }])) as [string];
  const others = [...new Set(additional.filter((other) => other !== policy))];
  if (others.length > 0)
    await access.knex(MEMBER_POLICIES_TABLE).insert(others.map((other) => ({ member, policy: other })));
  return member;
}

/** The policies that memberships bring beside those of their levels, by membership. */
export async function additionalPolicies(database: Knex, members: readonly string[]): Promise<Map<string, string[]>> {
  const found = new Map<string, string[]>();
  if (members.length === 0) return found;

  const rows: { member: string; policy: string }[] = await database(MEMBER_POLICIES_TABLE)
    .whereIn('member', members as string[])
    .orderBy('id')
    .select('member', 'policy');

  for (const { member, policy } of rows) found.set(member, [...(found.get(member) ?? []), policy]);
  return found;
}

/** Gives a membership another level, which brings nothing beside its policy. Answers the policies that it had. */
export async function replaceStanding(
  { items, knex }: FullAccess,
  { id, policy: former }: Membership,
  policy: string,
): Promise<string[]> {
  const others = (await additionalPolicies(knex, [id])).get(id) ?? [];
  await knex(MEMBER_POLICIES_TABLE).where({ member: id }).delete();
  await items(TENANT_MEMBERS).updateOne(id, { policy });
  return [former, ...others];
}

/** Ends a membership. Answers the policies that it had. */
export async function endMembership({ items, knex }: FullAccess, { id, policy }: Membership): Promise<string[]> {
  const others = (await additionalPolicies(knex, [id])).get(id) ?? [];
  await knex(MEMBER_POLICIES_TABLE).where({ member: id }).delete();
  await items(TENANT_MEMBERS).deleteOne(id);
  return [policy, ...others];
}

/**
 * Makes the policies of a user follow the memberships: those of the tenant in which the user acts, and none of another one's.
 * Policies that are no level and that no membership of the user names are a super-admin's own doing, and stay.
 *
 * @param former policies of a membership that ended or changed, which go unless another one brings them
 */
export async function alignLevel(access: FullAccess, user: string, former: readonly string[] = []): Promise<void> {
  const { knex } = access;
  const row: { role: string | null } | undefined = await knex('directus_users').where({ id: user }).first('role');

  const memberships: { id: string; tenant: string; policy: string }[] = await knex(TENANT_MEMBERS)
    .where({ user_id: user })
    .select({ id: 'id', tenant: TENANT_FIELD, policy: 'policy' });

  const additional = await additionalPolicies(
    knex,
    memberships.map(({ id }) => id),
  );

  const policiesOf = ({ id, policy }: { id: string; policy: string }): string[] => [
    policy,
    ...(additional.get(id) ?? []),
  ];

  const active = memberships.find(({ tenant }) => tenant === row?.role);
  const wanted = active ? policiesOf(active) : [];

  const followed = [
    ...LEVELS.map((level) => POLICIES[level]),
    ...(await assignablePolicies(knex)),
    ...memberships.flatMap(policiesOf),
    ...former,
  ];

  const attached: { id: string; policy: string }[] = await knex('directus_access')
    .where({ user })
    .whereIn('policy', followed)
    .select('id', 'policy');

  const isAnothers = row?.role === null || memberships.length > 0;

  const surplus = attached.filter(({ policy }) => !wanted.includes(policy) && (isAnothers || former.includes(policy)));

  const granted = access.items('directus_access');
  if (surplus.length > 0) await granted.deleteMany(surplus.map(({ id }) => id));

  for (const policy of wanted) {
    if (!attached.some((each) => each.policy === policy)) await granted.createOne({ user, policy });
  }
}

/**
 * Where somebody goes on who acts in a tenant no longer: the next active tenant of the own ones, by name, or a closed one, to
 * wait there, since nobody gets out of no tenant without a super-admin. Null for who belongs to none.
 */
export async function nextTenantOf(knex: Knex, user: string): Promise<string | null> {
  const tenants: { tenant: string; status: string }[] = await knex({ membership: TENANT_MEMBERS })
    .join({ tenant: TENANTS }, 'tenant.id', `membership.${TENANT_FIELD}`)
    .where('membership.user_id', user)
    .orderBy('tenant.name')
    .select({ tenant: 'tenant.id', status: 'tenant.status' });

  const next = tenants.find(({ status }) => status === 'active') ?? tenants[0];
  return next?.tenant ?? null;
}

/**
 * Takes from the members who act in a tenant what only their membership brings them, and no managed level: before memberships
 * go in batches of which nobody looks at each.
 */
export async function takeStandings(knex: Knex, tenant: string): Promise<void> {
  const attached: string[] = await knex({ access: 'directus_access' })
    .join({ member: TENANT_MEMBERS }, 'member.user_id', 'access.user')
    .join({ user: 'directus_users' }, 'user.id', 'access.user')
    .where({ [`member.${TENANT_FIELD}`]: tenant, 'user.role': tenant })
    .whereNotIn(
      'access.policy',
      LEVELS.map((level) => POLICIES[level]),
    )
    .where((named) =>
      named
        .whereRaw('?? = ??', ['access.policy', 'member.policy'])
        .orWhereExists(
          knex
            .select(knex.raw('1'))
            .from({ more: MEMBER_POLICIES_TABLE })
            .whereRaw('?? = ??', ['more.member', 'member.id'])
            .whereRaw('?? = ??', ['more.policy', 'access.policy']),
        ),
    )
    .pluck('access.id');

  for (const batch of batches(attached)) await knex('directus_access').whereIn('id', batch).delete();

  await knex(MEMBER_POLICIES_TABLE)
    .whereIn(
      'member',
      knex(TENANT_MEMBERS)
        .where({ [TENANT_FIELD]: tenant })
        .select('id'),
    )
    .delete();
}

/** Makes `owner` of a tenant one of its owners: the one it is, as long as that is still true. */
async function alignOwner({ items, knex }: FullAccess, tenant: string): Promise<void> {
  const row: { owner: string | null } | undefined = await knex(TENANTS).where({ id: tenant }).first('owner');

  const owners: string[] = await knex({ member: TENANT_MEMBERS })
    .join({ user: 'directus_users' }, 'user.id', 'member.user_id')
    .where({ [`member.${TENANT_FIELD}`]: tenant, 'member.policy': POLICIES.owner })
    .orderBy('user.email')
    .pluck('user.id');

  const named = row?.owner ?? null;
  if (named !== null && owners.includes(named)) return;

  const next = owners[0] ?? null;
  if (next !== named) await items(TENANTS).updateOne(tenant, { owner: next });
}

/** Runs a change of a tenant's members, one at a time on all instances, and lets no cache go on with what was before. */
export async function asOneChange<Result>(
  context: ServiceContext,
  tenant: string,
  work: (access: FullAccess) => Promise<Result>,
): Promise<Result> {
  const { schema } = await cachedAccess(context);

  const result = await withLock(context.database, `directus-extension-tenancy:members:${tenant}`, () =>
    context.database.transaction((transaction) =>
      asManagedWrite(async () => {
        const access = fullAccessWith(context, schema, transaction);
        const done = await work(access);
        await alignOwner(access, tenant);
        return done;
      }),
    ),
  );

  await flushCaches(context);
  return result;
}

/** Whether a member is a program: nobody logs in as a user without e-mail address whom no provider knows. */
export async function isProgram(database: Knex, user: string): Promise<boolean> {
  const row: unknown = await database('directus_users')
    .where({ id: user, provider: 'default', email: null })
    .first('id');
  return row !== undefined;
}

/** @throws NotFoundError when the tenant has no such member */
export async function findMember(database: Knex, tenant: string, member: string): Promise<Membership> {
  const id = uuidIn(member);
  const row: Membership | undefined =
    id === null
      ? undefined
      : await database(TENANT_MEMBERS)
          .where({ id, [TENANT_FIELD]: tenant })
          .first({ id: 'id', user: 'user_id', policy: 'policy' });

  if (!row) throw noSuchMember(member);
  return row;
}

/** @throws ConflictError when the tenant would be left without owner if this member were none */
export async function assertOtherOwner(database: Knex, tenant: string, member: string): Promise<void> {
  const owners: { id: string }[] = await database(TENANT_MEMBERS)
    .where({ [TENANT_FIELD]: tenant, policy: POLICIES.owner })
    .select('id');

  if (owners.some(({ id }) => id === member) && owners.length === 1) {
    throw new ConflictError({
      reason: say('This is the only owner of the tenant. Make another member an owner first. Nothing was changed.'),
    });
  }
}

/** The answer for a member whom the tenant does not have. */
export function noSuchMember(member: string): Error {
  return new NotFoundError({ reason: say('The tenant has no member "{member}".', { member }) });
}
