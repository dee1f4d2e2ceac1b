import { randomUUID } from 'node:crypto';
import type { AbstractService, Item } from '@directus/types';
import type { Knex } from 'knex';
import { isDirectusError } from '@directus/errors';
import { ConflictError, InvalidFieldError, NotFoundError, NotUniqueError } from '../tenancy/errors.ts';
import {
  LEVELS,
  levelOfPolicy,
  POLICIES,
  TENANT_FIELD,
  TENANT_MEMBERS,
  TENANTS,
  type Level,
} from '../tenancy/managed.ts';
import type { TenantMember } from '../tenancy/types.ts';
import { announce } from './audit.ts';
import { withLock } from './database.ts';
import { cachedAccess, flushCaches, fullAccessWith, type FullAccess, type ServiceContext } from './directus.ts';
import { asManagedWrite } from './managed-writes.ts';
import { hasAdminAccess } from './super-admins.ts';

export interface NewPerson {
  email: string;
  password?: string | undefined;
  /** Sends an invitation, with which the person chooses a password; until then nobody logs in. */
  invite?: boolean | undefined;
  first_name?: string | undefined;
  last_name?: string | undefined;
}

/** The members of a tenant, owners first, then by e-mail address. */
export async function listMembers(context: ServiceContext, tenant: string): Promise<TenantMember[]> {
  const { items } = await cachedAccess(context);

  const rows = (await items(TENANT_MEMBERS).readByQuery({
    filter: { [TENANT_FIELD]: { _eq: tenant } },
    fields: [
      'id',
      'policy',
      'user_id.id',
      'user_id.email',
      'user_id.first_name',
      'user_id.last_name',
      'user_id.status',
      'user_id.role',
    ],
    sort: ['user_id.email'],
    limit: -1,
  })) as { id: string; policy: string; user_id: TenantMember['user'] & { role: string | null } }[];

  const members = rows.map(({ id, policy, user_id: { role, ...user } }) => ({
    id,
    user,
    level: levelOfPolicy(policy) ?? policy,
    policy,
    active: role === tenant,
  }));

  const rank = ({ level }: TenantMember): number => (level === 'owner' ? 0 : 1);
  return members.sort((a, b) => rank(a) - rank(b));
}

/**
 * Makes somebody a member of a tenant, all or nothing: a new user, or one that the project has already where the requester
 * may know of such.
 *
 * @param mayAddUsers whether somebody who has the address already becomes a member; otherwise the address is taken
 * @throws NotUniqueError when the e-mail address belongs to a user already, or to a member of this tenant
 * @throws InvalidFieldError when it is none, the password is too weak, or the user cannot belong to a tenant
 */
export async function addMember(
  context: ServiceContext,
  tenant: string,
  level: Level,
  person: NewPerson,
  mayAddUsers: boolean,
): Promise<TenantMember> {
  const { schema } = await cachedAccess(context);
  const { database } = context;

  const existing: { id: string } | undefined = mayAddUsers
    ? await database('directus_users').whereRaw('LOWER(??) = ?', ['email', person.email.toLowerCase()]).first('id')
    : undefined;

  const user = existing
    ? await addExistingUser(context, tenant, level, existing.id, person)
    : await database.transaction((transaction) =>
        asManagedWrite(async () => {
          const access = fullAccessWith(context, schema, transaction);
          const id = await createUser(access, tenant, level, person);
          await recordMembership(access, tenant, id, level);
          return id;
        }),
      );

  if (!existing && person.invite) await sendInvitation(context, tenant, person.email);
  await announce(context, { action: 'member.added', tenant, details: { member: user, level } });

  const member = (await listMembers(context, tenant)).find((entry) => entry.user.id === user);
  if (!member) throw new Error(`The member ${user} was created and is not there any more.`);
  return member;
}

/**
 * Books somebody whom the project knows as a member. Whoever acts in another tenant that is open goes on there, and switches
 * when it suits; everybody else acts in this one from now on.
 */
async function addExistingUser(
  context: ServiceContext,
  tenant: string,
  level: Level,
  user: string,
  { password, invite, first_name, last_name }: NewPerson,
): Promise<string> {
  const [field] = Object.entries({ password, invite, first_name, last_name }).flatMap(([name, value]) =>
    value === undefined ? [] : [name],
  );
  if (field) {
    throw new InvalidFieldError({ field, reason: 'is the business of a user who is there already: leave it out' });
  }

  await asOneChange(context, tenant, async (access) => {
    const { knex } = access;
    await assertCanBelong(knex, tenant, user);
    await recordMembership(access, tenant, user, level);

    const open: unknown = await knex({ user: 'directus_users' })
      .join({ tenant: TENANTS }, 'tenant.id', 'user.role')
      .where({ 'user.id': user, 'tenant.status': 'active' })
      .first('tenant.id');

    if (!open) await access.items('directus_users').updateOne(user, { role: tenant });
    await alignLevel(access, user);
  });

  return user;
}

/**
 * @throws NotUniqueError for a member of this tenant
 * @throws InvalidFieldError for somebody with admin access, or with a role of the project's own
 */
async function assertCanBelong(knex: Knex, tenant: string, user: string): Promise<void> {
  const isMember: unknown = await knex(TENANT_MEMBERS)
    .where({ [TENANT_FIELD]: tenant, user_id: user })
    .first('id');
  if (isMember) throw new NotUniqueError({ field: 'email', reason: 'belongs to a member of this tenant already' });

  if (await hasAdminAccess(knex, [user])) {
    throw new InvalidFieldError({
      field: 'email',
      reason: 'belongs to somebody with admin access, who can belong to no tenant',
    });
  }

  const role: { name: string } | undefined = await knex({ user: 'directus_users' })
    .join({ role: 'directus_roles' }, 'role.id', 'user.role')
    .leftJoin({ tenant: TENANTS }, 'tenant.id', 'role.id')
    .where('user.id', user)
    .whereNull('tenant.id')
    .first('role.name');

  if (role) {
    throw new InvalidFieldError({
      field: 'email',
      reason:
        `belongs to somebody with the role "${role.name}", and a member’s role is the tenant. Take the role away, and attach ` +
        'its policies to the user where they are still needed',
    });
  }
}

/**
 * Creates the user of a new member, on the connection of `access`: the user with the tenant's role and the policy of the
 * level. Answers the id of the user; the membership is booked with {@link recordMembership}.
 *
 * The plain service of `directus_access` writes the policy, since the special one would flush the caches of the whole
 * project. The user is activated afterwards, through the service that counts seats and refuses one too many: the limits of
 * the licence and of the environment hold.
 *
 * @throws NotUniqueError, InvalidFieldError whose fields begin with `path`
 */
export async function createUser(
  access: FullAccess,
  tenant: string,
  level: Level,
  person: NewPerson,
  path = '',
): Promise<string> {
  const policy = POLICIES[level];
  const users = access.users();
  const id = randomUUID();

  try {
    await users.createOne({
      id,
      email: person.email,
      first_name: person.first_name ?? null,
      last_name: person.last_name ?? null,
      ...(person.password !== undefined && { password: person.password }),
      role: tenant,
      status: 'draft',
    });
  } catch (error) {
    throw withFieldPath(error, path);
  }

  await access.items('directus_access').createOne({ user: id, policy });
  await users.updateOne(id, { status: person.invite ? 'invited' : 'active' });

  return id;
}

/** Sends Directus' own invitation to somebody who was created as invited. The link in it is good for a week. */
export async function sendInvitation(context: ServiceContext, tenant: string, email: string): Promise<void> {
  const { users } = await cachedAccess(context);
  await (users() as InvitingService).inviteUser(email, tenant, null);
}

/**
 * As {@link sendInvitation}, resolved when the mail is on its way: for a process that ends then. Directus waits for no mail.
 *
 * @throws when it could not be sent
 */
export async function deliverInvitation(context: ServiceContext, _tenant: string, email: string): Promise<void> {
  const { users, schema } = await cachedAccess(context);
  const url = (users() as InvitingService).inviteUrl(email, null);

  await new context.services.MailService({ schema, accountability: null }).send({
    to: email,
    subject: "You've been invited",
    template: { name: 'user-invitation', data: { url, email } },
  });
}

/** What the types of the SDK leave out of Directus' service of users. */
type InvitingService = AbstractService & {
  inviteUser(email: string, role: string, url: string | null): Promise<void>;
  inviteUrl(email: string, url: string | null): string;
};

/**
 * Sends the invitation of a member once more.
 *
 * @throws NotFoundError when the tenant has no such member
 * @throws ConflictError when the invitation was accepted
 */
export async function inviteAgain(context: ServiceContext, tenant: string, member: string): Promise<void> {
  const { user } = await findMember(context.database, tenant, member);
  const row: { email: string; status: string } | undefined = await context
    .database('directus_users')
    .where({ id: user })
    .first('email', 'status');

  if (row?.status !== 'invited') {
    throw new ConflictError({
      reason: 'The member has accepted the invitation, or was never sent one. Nothing was sent.',
    });
  }

  await sendInvitation(context, tenant, row.email);
  await announce(context, { action: 'member.invited', tenant, details: { member: user } });
}

/** Whether a user is an owner of a tenant. */
export async function isOwner(database: Knex, tenant: string, user: string): Promise<boolean> {
  const row: unknown = await database(TENANT_MEMBERS)
    .select('id')
    .where({ [TENANT_FIELD]: tenant, user_id: user, policy: POLICIES.owner })
    .first();

  return row !== undefined;
}

/**
 * Gives a member another level, effective with the next request.
 *
 * @throws NotFoundError when the tenant has no such member
 * @throws ConflictError when the tenant would be left without owner
 */
export async function changeLevel(
  context: ServiceContext,
  tenant: string,
  member: string,
  level: Level,
): Promise<TenantMember> {
  const user = await asOneChange(context, tenant, async (access) => {
    const { user } = await findMember(access.knex, tenant, member);
    if (level !== 'owner') await assertOtherOwner(access.knex, tenant, member);

    await access.items(TENANT_MEMBERS).updateOne(member, { policy: POLICIES[level] });
    await alignLevel(access, user);
    return user;
  });

  await announce(context, { action: 'member.updated', tenant, details: { member: user, level } });

  const changed = (await listMembers(context, tenant)).find(({ id }) => id === member);
  if (!changed) throw noSuchMember(member);
  return changed;
}

/**
 * Ends a membership, effective with the next request. The user stays, and goes on in another tenant where there is one.
 *
 * @throws NotFoundError, ConflictError as {@link changeLevel}
 */
export async function removeMember(context: ServiceContext, tenant: string, member: string): Promise<void> {
  const user = await asOneChange(context, tenant, async (access) => {
    const { user } = await findMember(access.knex, tenant, member);
    await assertOtherOwner(access.knex, tenant, member);
    await access.items(TENANT_MEMBERS).deleteOne(member);

    const row: { role: string | null } | undefined = await access
      .knex('directus_users')
      .where({ id: user })
      .first('role');

    if (row?.role === tenant) {
      const next: { tenant: string } | undefined = await access
        .knex(TENANT_MEMBERS)
        .join(TENANTS, `${TENANTS}.id`, `${TENANT_MEMBERS}.${TENANT_FIELD}`)
        .where({ user_id: user, status: 'active' })
        .orderBy(`${TENANTS}.name`)
        .first({ tenant: `${TENANTS}.id` });

      await access.items('directus_users').updateOne(user, { role: next?.tenant ?? null });
    }

    await alignLevel(access, user);
    return user;
  });

  await announce(context, { action: 'member.removed', tenant, details: { member: user } });
}

/**
 * Makes the policies of a user follow the memberships: the level of the tenant in which the user acts, and none of another
 * one's. Levels that no membership of the user names are a super-admin's own doing, and stay.
 */
export async function alignLevel(access: FullAccess, user: string): Promise<void> {
  const { knex } = access;
  const row: { role: string | null } | undefined = await knex('directus_users').where({ id: user }).first('role');
  const memberships: { tenant: string; policy: string }[] = await knex(TENANT_MEMBERS)
    .where({ user_id: user })
    .select({ tenant: TENANT_FIELD, policy: 'policy' });

  const wanted = memberships.find(({ tenant }) => tenant === row?.role)?.policy;
  const attached: { id: string; policy: string }[] = await knex('directus_access')
    .where({ user })
    .whereIn(
      'policy',
      LEVELS.map((level) => POLICIES[level]),
    )
    .select('id', 'policy');

  const isAnothers = row?.role === null || wanted !== undefined || memberships.length > 0;
  const surplus = attached.filter(({ policy }) => policy !== wanted && isAnothers);
  const granted = access.items('directus_access');
  if (surplus.length > 0) await granted.deleteMany(surplus.map(({ id }) => id));
  if (wanted && !attached.some(({ policy }) => policy === wanted)) await granted.createOne({ user, policy: wanted });
}

/** Runs a change of a tenant's members, one at a time on all instances, and lets no cache go on with what was before. */
async function asOneChange<Result>(
  context: ServiceContext,
  tenant: string,
  work: (access: FullAccess) => Promise<Result>,
): Promise<Result> {
  const { schema } = await cachedAccess(context);

  const result = await withLock(context.database, `directus-extension-tenancy:members:${tenant}`, () =>
    context.database.transaction((transaction) =>
      asManagedWrite(() => work(fullAccessWith(context, schema, transaction))),
    ),
  );

  await flushCaches(context);
  return result;
}

async function findMember(database: Knex, tenant: string, member: string): Promise<{ user: string }> {
  const row: { user: string } | undefined = await database(TENANT_MEMBERS)
    .where({ id: member, [TENANT_FIELD]: tenant })
    .first({ user: 'user_id' });

  if (!row) throw noSuchMember(member);
  return row;
}

async function assertOtherOwner(database: Knex, tenant: string, member: string): Promise<void> {
  const owners: { id: string }[] = await database(TENANT_MEMBERS)
    .where({ [TENANT_FIELD]: tenant, policy: POLICIES.owner })
    .select('id');

  if (owners.some(({ id }) => id === member) && owners.length === 1) {
    throw new ConflictError({
      reason: 'This is the only owner of the tenant. Make another member an owner first. Nothing was changed.',
    });
  }
}

function noSuchMember(member: string): Error {
  return new NotFoundError({ reason: `The tenant has no member "${member}".` });
}

/** Books a user as member of a tenant. */
export async function recordMembership(access: FullAccess, tenant: string, user: string, level: Level): Promise<void> {
  await access.items(TENANT_MEMBERS).createOne({ [TENANT_FIELD]: tenant, user_id: user, policy: POLICIES[level] });
}

/** Directus' complaint about a user, as one about the field of our payload that carried the value. */
function withFieldPath(error: unknown, path: string): unknown {
  if (!isDirectusError(error)) return error;
  const extensions = error.extensions as Item | undefined;
  const field = extensions?.['field'] ?? (extensions?.['path'] as string[] | undefined)?.[0];

  if (error.code === 'RECORD_NOT_UNIQUE' && field === 'email') {
    return new NotUniqueError({ field: `${path}email`, reason: 'belongs to a user of this project already' });
  }

  if (error.code === 'FAILED_VALIDATION' && field === 'email') {
    return new InvalidFieldError({ field: `${path}email`, reason: 'must be an e-mail address' });
  }

  if (error.code === 'FAILED_VALIDATION' && field === 'password') {
    return new InvalidFieldError({
      field: `${path}password`,
      reason: 'does not meet the password policy of this project',
    });
  }

  return error;
}
