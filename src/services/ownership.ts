import type { Accountability } from '@directus/types';
import { ForbiddenError } from '@directus/errors';
import { ConflictError, InvalidFieldError } from '../tenancy/errors.ts';
import { POLICIES, TENANT_FIELD, TENANT_MEMBERS, TENANTS } from '../tenancy/managed.ts';
import { say } from '../tenancy/sentences.ts';
import type { TenantMember } from '../tenancy/types.ts';
import { announce } from './audit.ts';
import type { FullAccess, ServiceContext } from './directus.ts';
import { policyOfLevel } from './levels.ts';
import { readMember, removeMember } from './members.ts';
import { alignLevel, asOneChange, findMember, isProgram, replaceStanding, type Membership } from './memberships.ts';
import { findTenantId } from './tenants.ts';

/** Who hands a tenant over, and to whom. */
export interface Transfer {
  /** The member who becomes owner. */
  member: string;
  /** The owner who is none afterwards; the requester, or the owner whom the tenant names, where it is left out. */
  from?: string | undefined;
  /** What the former owner is afterwards. */
  level: string;
}

/**
 * Makes a member the owner of a tenant in the place of another one, in one step: the tenant has an owner at any moment.
 *
 * @param requester the user of an owner, who hands over nothing but the own ownership; null for super-admins
 * @throws NotFoundError when the tenant has no such member
 * @throws InvalidFieldError when nobody, or somebody else, would hand it over
 * @throws ConflictError when the member cannot act in the tenant yet
 */
export async function transferOwnership(
  context: ServiceContext,
  tenant: string,
  { member, from, level }: Transfer,
  requester: string | null,
): Promise<TenantMember> {
  const policy = await policyOfLevel(context.database, level);
  if (policy === POLICIES.owner) {
    throw new InvalidFieldError({
      field: 'level',
      reason: say('must be another one than owner: the tenant gets a new one'),
    });
  }

  const users = await asOneChange(context, tenant, async (access) => {
    const next = await findMember(access.knex, tenant, member);
    const former = await formerOwner(access, tenant, from, requester);

    if (next.id === former.id) {
      throw new InvalidFieldError({
        field: 'member',
        reason: say('is the owner who hands the tenant over: name another one'),
      });
    }

    const person: { status: string } | undefined = await access
      .knex('directus_users')
      .where({ id: next.user })
      .first('status');

    if (person?.status !== 'active' || (await isProgram(access.knex, next.user))) {
      throw new ConflictError({
        reason: say(
          'A tenant is handed over to somebody who can log in: wait until the member has accepted the invitation. ' +
            'Nothing was changed.',
        ),
      });
    }

    await alignLevel(access, next.user, await replaceStanding(access, next, POLICIES.owner));
    await alignLevel(access, former.user, await replaceStanding(access, former, policy));
    await access.items(TENANTS).updateOne(tenant, { owner: next.user });
    return { to: next.user, from: former.user };
  });

  await announce(context, { action: 'ownership.transferred', tenant, details: { ...users, level } });
  return readMember(context, tenant, member);
}

async function formerOwner(
  { knex }: FullAccess,
  tenant: string,
  from: string | undefined,
  requester: string | null,
): Promise<Membership> {
  const owners: Membership[] = await knex(TENANT_MEMBERS)
    .where({ [TENANT_FIELD]: tenant, policy: POLICIES.owner })
    .select({ id: 'id', user: 'user_id', policy: 'policy' });

  const row: { owner: string | null } | undefined = await knex(TENANTS).where({ id: tenant }).first('owner');
  const named = requester ?? row?.owner ?? null;
  const former = owners.find(({ id, user }) => (from === undefined ? user === named : id === from));

  if (!former) {
    throw new InvalidFieldError({
      field: 'from',
      reason:
        from === undefined ? say('is required: name an owner of the tenant') : say('must be an owner of the tenant'),
    });
  }

  if (requester !== null && former.user !== requester) {
    throw new InvalidFieldError({ field: 'from', reason: say('must be you: another owner hands over by itself') });
  }

  return former;
}

/**
 * Ends a membership of the requester's own. A tenant that does not exist and one of others get the same answer.
 *
 * @param named the id or the slug of the tenant
 * @throws ConflictError for its only owner
 */
export async function leaveTenant(
  context: ServiceContext,
  named: string,
  { user, share }: Accountability,
): Promise<void> {
  if (!user || share) throw new ForbiddenError();

  const tenant = await findTenantId(context.database, named).catch(() => null);
  if (tenant === null) throw new ForbiddenError();

  const row: { id: string } | undefined = await context
    .database(TENANT_MEMBERS)
    .where({ [TENANT_FIELD]: tenant, user_id: user })
    .first('id');

  // A program acts where its token was made, until that is revoked.
  if (!row || (await isProgram(context.database, user))) throw new ForbiddenError();
  await removeMember(context, tenant, row.id, 'member.left');
}
