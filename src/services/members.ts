import { randomUUID } from 'node:crypto';
import type { Item } from '@directus/types';
import { isDirectusError } from '@directus/errors';
import { InvalidFieldError, NotUniqueError } from '../tenancy/errors.ts';
import { levelOfPolicy, POLICIES, TENANT_FIELD, TENANT_MEMBERS, type Level } from '../tenancy/managed.ts';
import type { TenantMember } from '../tenancy/types.ts';
import { cachedAccess, fullAccessWith, type FullAccess, type ServiceContext } from './directus.ts';
import { asManagedWrite } from './managed-writes.ts';

export interface NewPerson {
  email: string;
  password?: string | undefined;
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

  const isOwner = ({ level }: TenantMember): number => (level === 'owner' ? 0 : 1);
  return members.sort((a, b) => isOwner(a) - isOwner(b));
}

/**
 * Creates a user as a member of a tenant, all or nothing.
 *
 * @throws NotUniqueError when the e-mail address belongs to a user already
 * @throws InvalidFieldError when it is none, or the password is too weak
 */
export async function addMember(
  context: ServiceContext,
  tenant: string,
  level: Level,
  person: NewPerson,
): Promise<TenantMember> {
  const { schema } = await cachedAccess(context);

  const user = await context.database.transaction((transaction) =>
    asManagedWrite(async () => {
      const access = fullAccessWith(context, schema, transaction);
      const id = await createUser(access, tenant, level, person);
      await recordMembership(access, tenant, id, level);
      return id;
    }),
  );

  const member = (await listMembers(context, tenant)).find((entry) => entry.user.id === user);
  if (!member) throw new Error(`The member ${user} was created and is not there any more.`);
  return member;
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
  await users.updateOne(id, { status: 'active' });

  return id;
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
