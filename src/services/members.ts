import { randomUUID } from 'node:crypto';
import type { AbstractService, Item, MutationOptions } from '@directus/types';
import type { Knex } from 'knex';
import { isDirectusError } from '@directus/errors';
import { ConflictError, InvalidFieldError, NotUniqueError } from '../tenancy/errors.ts';
import { uuidIn } from '../tenancy/identity.ts';
import { levelOfPolicy, POLICIES, TENANT_FIELD, TENANT_MEMBERS, TENANTS } from '../tenancy/managed.ts';
import { say } from '../tenancy/sentences.ts';
import type { TenantMember } from '../tenancy/types.ts';
import { announce, type TenancyAction } from './audit.ts';
import { cachedAccess, fullAccessWith, type FullAccess, type ServiceContext } from './directus.ts';
import { policyOfLevel } from './levels.ts';
import { asManagedWrite } from './managed-writes.ts';
import {
  additionalPolicies,
  alignLevel,
  asOneChange,
  assertOtherOwner,
  endMembership,
  findMember,
  isProgram,
  nextTenantOf,
  noSuchMember,
  recordMembership,
  replaceStanding,
  type Standing,
} from './memberships.ts';
import { standingOfRole } from './roles.ts';
import { touchesTenants } from './tenant-roles.ts';
import { hasAdminAccess } from './super-admins.ts';

export interface NewPerson {
  email: string;
  password?: string | undefined;
  /** Sends an invitation, with which the person chooses a password; until then nobody logs in. */
  invite?: boolean | undefined;
  first_name?: string | undefined;
  last_name?: string | undefined;
}

/** Sends an invitation into a tenant to an address. */
export type Invite = (context: ServiceContext, tenant: string, email: string) => Promise<void>;

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

  const additional = await additionalPolicies(
    context.database,
    rows.map(({ id }) => id),
  );

  const members = rows.map(({ id, policy, user_id: { role, ...user } }) => ({
    id,
    user,
    level: levelOfPolicy(policy) ?? policy,
    policy,
    additional_policies: additional.get(id) ?? [],
    active: role === tenant,
  }));

  const rank = ({ level }: TenantMember): number => (level === 'owner' ? 0 : 1);
  return members.sort((a, b) => rank(a) - rank(b));
}

/**
 * Makes somebody a member of a tenant, all or nothing: a new user, or one that the project has already where the requester
 * may know of such.
 *
 * @param level one of the managed levels, or the id of a policy that is a level of this project; left out for somebody with a
 *   role of the project, whose policies become the level then
 * @param mayAddUsers whether somebody who has the address already becomes a member; otherwise the address is taken
 * @param sendTo how somebody who is to be invited is
 * @throws NotUniqueError when the e-mail address belongs to a user already, or to a member of this tenant
 * @throws InvalidFieldError when it is none, the password is too weak, or the user cannot belong to a tenant
 */
export async function addMember(
  context: ServiceContext,
  tenant: string,
  level: string | undefined,
  person: NewPerson,
  mayAddUsers: boolean,
  sendTo: Invite = sendInvitation,
): Promise<TenantMember> {
  const { schema } = await cachedAccess(context);
  const { database } = context;
  const policy = level === undefined ? null : await policyOfLevel(database, level);

  const existing: { id: string } | undefined = mayAddUsers
    ? await database('directus_users').whereRaw('LOWER(??) = ?', ['email', person.email.toLowerCase()]).first('id')
    : undefined;

  const user = existing
    ? await addExistingUser(context, tenant, policy, existing.id, person)
    : await database.transaction((transaction) =>
        asManagedWrite(async () => {
          if (policy === null) throw levelIsMissing();
          const access = fullAccessWith(context, schema, transaction);
          const id = randomUUID();
          await createUsers(access, [{ ...person, id, tenant, policy }]);
          await recordMembership(access, tenant, id, { policy });
          return id;
        }),
      );

  if (!existing && person.invite) await sendTo(context, tenant, person.email);

  const member = (await listMembers(context, tenant)).find((entry) => entry.user.id === user);
  if (!member) throw new Error(`The member ${user} was created and is not there any more.`);
  await announce(context, { action: 'member.added', tenant, details: { member: user, level: member.level } });
  return member;
}

function levelIsMissing(): Error {
  return new InvalidFieldError({
    field: 'level',
    reason: say('is required: it is told by the role of the project alone that somebody has already'),
  });
}

/**
 * Books somebody whom the project knows as a member. Whoever acts in another tenant that is open goes on there, and switches
 * when it suits; everybody else acts in this one from now on.
 */
async function addExistingUser(
  context: ServiceContext,
  tenant: string,
  policy: string | null,
  user: string,
  { password, invite, first_name, last_name }: NewPerson,
): Promise<string> {
  const [field] = Object.entries({ password, invite, first_name, last_name }).flatMap(([name, value]) =>
    value === undefined ? [] : [name],
  );
  if (field) {
    throw new InvalidFieldError({ field, reason: say('is the business of a user who is there already: leave it out') });
  }

  await asOneChange(context, tenant, async (access) => {
    await joinWith(access, tenant, user, policy);
  });

  return user;
}

/** Makes a user of the project a member, with the level of a policy or with what the role of the project gave so far. */
async function joinWith(access: FullAccess, tenant: string, user: string, policy: string | null): Promise<void> {
  const { knex } = access;
  await assertMayJoin(knex, tenant, user);

  const row: { role: string | null } | undefined = await knex('directus_users').where({ id: user }).first('role');
  // Asked for in any case: whoever has admin access by the role belongs to no tenant.
  const former = await standingOfRole(knex, row?.role ?? null, 'email');
  const standing = policy === null ? former : { policy };
  if (!standing) throw levelIsMissing();

  await bookUser(access, tenant, user, standing);
}

/**
 * Makes all users with a role of the project members of a tenant: the policies of the role become their level. All of them or
 * none.
 *
 * @param role its id
 * @returns how many there were
 * @throws InvalidFieldError when there is no such role of the project, or one of its users can belong to no tenant
 */
export async function adoptRole(context: ServiceContext, tenant: string, role: string): Promise<number> {
  const { database } = context;
  const id = uuidIn(role);
  const row: unknown = id !== null && (await database('directus_roles').where({ id }).first('id'));

  if (id === null || !row || (await touchesTenants(database, [id]))) {
    throw new InvalidFieldError({
      field: 'role',
      reason: say('must be the id of a role of this project that is no tenant'),
    });
  }

  const adopted = await asOneChange(context, tenant, async (access) => {
    const standing = await standingOfRole(access.knex, id, 'role');
    if (!standing) throw new InvalidFieldError({ field: 'role', reason: say('has no policy that could be a level') });

    const found: string[] = await access.knex('directus_users').where({ role: id }).orderBy('id').pluck('id');

    for (const user of found) {
      await assertMayJoin(access.knex, tenant, user, 'role');
      await bookUser(access, tenant, user, standing);
    }

    return found.length;
  });

  await announce(context, { action: 'role.adopted', tenant, details: { role: id, members: adopted } });
  return adopted;
}

/** As {@link addMember}, for a user who can belong to the tenant, on the connection of `access`. */
export async function bookUser(access: FullAccess, tenant: string, user: string, standing: Standing): Promise<void> {
  await recordMembership(access, tenant, user, standing);

  const open: unknown = await access
    .knex({ user: 'directus_users' })
    .join({ tenant: TENANTS }, 'tenant.id', 'user.role')
    .where({ 'user.id': user, 'tenant.status': 'active' })
    .first('tenant.id');

  if (!open) await access.items('directus_users').updateOne(user, { role: tenant });
  await alignLevel(access, user);
}

/**
 * As {@link assertMayJoin}, for who is to have a level without losing a role by the way.
 *
 * @throws InvalidFieldError for somebody with a role of the project's own too
 */
export async function assertCanBelong(knex: Knex, tenant: string, user: string, field: string): Promise<void> {
  await assertMayJoin(knex, tenant, user, field);

  const role: { name: string } | undefined = await knex({ user: 'directus_users' })
    .join({ role: 'directus_roles' }, 'role.id', 'user.role')
    .leftJoin({ tenant: TENANTS }, 'tenant.id', 'role.id')
    .where('user.id', user)
    .whereNull('tenant.id')
    .first('role.name');

  if (role) {
    throw new InvalidFieldError({
      field,
      reason: say(
        'belongs to somebody with the role "{role}", and a member’s role is the tenant. Take the role away, and ' +
          'attach its policies to the user where they are still needed',
        { role: role.name },
      ),
    });
  }
}

/**
 * @param field what names the user in the request
 * @throws NotUniqueError for a member of this tenant
 * @throws InvalidFieldError for somebody with admin access
 */
async function assertMayJoin(knex: Knex, tenant: string, user: string, field = 'email'): Promise<void> {
  const isMember: unknown = await knex(TENANT_MEMBERS)
    .where({ [TENANT_FIELD]: tenant, user_id: user })
    .first('id');
  if (isMember) throw new NotUniqueError({ field, reason: say('belongs to a member of this tenant already') });

  if (await hasAdminAccess(knex, [user])) {
    throw new InvalidFieldError({
      field,
      reason: say('belongs to somebody with admin access, who can belong to no tenant'),
    });
  }
}

/** A person who becomes a user of the project and a member of a tenant, with the policy of a level. */
export interface NewUser extends NewPerson {
  id: string;
  tenant: string;
  policy: string;
}

/**
 * Creates the users of new members, on the connection of `access`: each with the tenant's role and the policy of its level. The
 * memberships are booked with {@link recordMembership}.
 *
 * The plain service of `directus_access` writes the policies, since the special one would flush the caches of the whole
 * project. The users are activated afterwards, through the service that counts seats and refuses one too many: the limits of
 * the licence and of the environment hold.
 *
 * @param path what the names of fields in errors begin with
 * @param options for the services of Directus
 * @throws NotUniqueError, InvalidFieldError
 */
export async function createUsers(
  access: FullAccess,
  people: readonly NewUser[],
  { path = '', options = {} }: { path?: string; options?: MutationOptions } = {},
): Promise<void> {
  const users = access.users();

  try {
    await users.createMany(people.map(rowOf), { ...options });
  } catch (error) {
    throw withFieldPath(error, path);
  }

  const granted = people.map(({ id, policy }) => ({ user: id, policy }));
  await access.items('directus_access').createMany(granted, { ...options });

  // One by one: of a batch Directus 12 does not know how many seats there were before.
  for (const { id, invite } of people)
    await users.updateOne(id, { status: invite ? 'invited' : 'active' }, { ...options });
}

function rowOf({ id, tenant, email, password, first_name, last_name }: NewUser): Item {
  return {
    id,
    email,
    first_name: first_name ?? null,
    last_name: last_name ?? null,
    ...(password !== undefined && { password }),
    role: tenant,
    status: 'draft',
  };
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
 * @param sendTo how
 * @throws NotFoundError when the tenant has no such member
 * @throws ConflictError when the invitation was accepted
 */
export async function inviteAgain(
  context: ServiceContext,
  tenant: string,
  member: string,
  sendTo: Invite = sendInvitation,
): Promise<void> {
  const { user } = await findMember(context.database, tenant, member);
  const row: { email: string; status: string } | undefined = await context
    .database('directus_users')
    .where({ id: user })
    .first('email', 'status');

  if (row?.status !== 'invited') {
    throw new ConflictError({
      reason: say('The member has accepted the invitation, or was never sent one. Nothing was sent.'),
    });
  }

  await sendTo(context, tenant, row.email);
  await announce(context, { action: 'member.invited', tenant, details: { member: user } });
}

/**
 * Gives a member another level, effective with the next request.
 *
 * @param level as in {@link addMember}
 * @throws NotFoundError when the tenant has no such member
 * @throws ConflictError when the tenant would be left without owner, or the member is a program
 */
export async function changeLevel(
  context: ServiceContext,
  tenant: string,
  member: string,
  level: string,
): Promise<TenantMember> {
  const policy = await policyOfLevel(context.database, level);

  const user = await asOneChange(context, tenant, async (access) => {
    const membership = await findMember(access.knex, tenant, member);
    if (policy !== POLICIES.owner) await assertOtherOwner(access.knex, tenant, member);
    if (await isProgram(access.knex, membership.user)) {
      throw new ConflictError({
        reason: say('The member is a program with a token, and stays what it is. Revoke the token instead.'),
      });
    }

    await alignLevel(access, membership.user, await replaceStanding(access, membership, policy));
    return membership.user;
  });

  await announce(context, { action: 'member.updated', tenant, details: { member: user, level } });
  return readMember(context, tenant, member);
}

/** One member of a tenant. */
export async function readMember(context: ServiceContext, tenant: string, member: string): Promise<TenantMember> {
  const found = (await listMembers(context, tenant)).find(({ id }) => id === member);
  if (!found) throw noSuchMember(member);
  return found;
}

/**
 * Ends a membership, effective with the next request. The user stays, and goes on in another tenant where there is one; the
 * user of a program stays as what it was, archived and without token, so that rows go on telling who wrote them.
 *
 * @param action what the audit trail calls it
 * @throws NotFoundError, ConflictError as {@link changeLevel}
 */
export async function removeMember(
  context: ServiceContext,
  tenant: string,
  member: string,
  action: Extract<TenancyAction, 'member.removed' | 'member.left' | 'token.revoked'> = 'member.removed',
): Promise<void> {
  const user = await asOneChange(context, tenant, async (access) => {
    const membership = await findMember(access.knex, tenant, member);
    const { user } = membership;
    await assertOtherOwner(access.knex, tenant, member);
    const former = await endMembership(access, membership);

    const row: { role: string | null } | undefined = await access
      .knex('directus_users')
      .where({ id: user })
      .first('role');

    if (await isProgram(access.knex, user)) {
      await access.users().updateOne(user, { status: 'archived', token: null });
    } else if (row?.role === tenant) {
      await access.items('directus_users').updateOne(user, { role: await nextTenantOf(access.knex, user) });
    }

    await alignLevel(access, user, former);
    return user;
  });

  await announce(context, { action, tenant, details: { member: user } });
}

/** Directus' complaint about a user, as one about the field of our payload that carried the value. */
function withFieldPath(error: unknown, path: string): unknown {
  if (!isDirectusError(error)) return error;
  const extensions = error.extensions as Item | undefined;
  const field = extensions?.['field'] ?? (extensions?.['path'] as string[] | undefined)?.[0];

  if (error.code === 'RECORD_NOT_UNIQUE' && field === 'email') {
    return new NotUniqueError({ field: `${path}email`, reason: say('belongs to a user of this project already') });
  }

  if (error.code === 'FAILED_VALIDATION' && field === 'email') {
    return new InvalidFieldError({ field: `${path}email`, reason: say('must be an e-mail address') });
  }

  if (error.code === 'FAILED_VALIDATION' && field === 'password') {
    return new InvalidFieldError({
      field: `${path}password`,
      reason: say('does not meet the password policy of this project'),
    });
  }

  return error;
}
