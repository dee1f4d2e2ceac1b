import type { Accountability, Item, PrimaryKey, RegisterFunctions } from '@directus/types';
import type { Knex } from 'knex';
import { fullAccess } from '../../services/directus.ts';
import { landed, policiesIn, statusOfTenant, withArrivals, withLanding, type Arrival } from '../../services/landing.ts';
import { asManagedWrite, isManagedWrite } from '../../services/managed-writes.ts';
import { alignLevel, type Standing } from '../../services/memberships.ts';
import { rolesNamedFor } from '../../services/providers.ts';
import { roleGivesAdminAccess, standingOfRole } from '../../services/roles.ts';
import { hasAdminAccess } from '../../services/super-admins.ts';
import { InvalidFieldError, RefusedError } from '../../tenancy/errors.ts';
import { uuidIn } from '../../tenancy/identity.ts';
import { requesterOf } from '../../tenancy/queries.ts';
import { judgeMapping, landingLevelOf, type KnownUser, type Mapped } from '../../tenancy/landing.ts';
import { POLICIES, TENANT_FIELD, TENANT_MEMBERS, TENANTS_ROLE } from '../../tenancy/managed.ts';
import { say } from '../../tenancy/sentences.ts';
import type { Context } from '../../runtime.ts';

/**
 * Whoever gets the role of a tenant from Directus itself becomes a member of it: by registering, through an identity provider,
 * or from a super-admin in the Users module. Who may decide it has done so: the operator, by naming the tenant in the settings
 * or the environment, or the super-admin.
 */
export function registerRegistrationGuards({ filter }: RegisterFunctions, context: Context): void {
  const { env, logger } = context;

  filter<Item>('settings.update', (changes) => {
    if (uuidIn(changes['public_registration_role']) === TENANTS_ROLE) {
      throw new InvalidFieldError({
        field: 'public_registration_role',
        reason: say('is the parent of all tenants: choose the role of one, or another role'),
      });
    }

    return changes;
  });

  // Owners manage members by the services of the bundle, which the request wall calls.
  for (const event of ['users.create', 'users.delete']) {
    filter(event, (payload, _meta, { accountability }) => {
      if (accountability && !accountability.admin && requesterOf(accountability) === 'member') {
        throw new RefusedError({ reason: say('Members are added and removed by the owners of the tenant.') });
      }

      return payload;
    });
  }

  filter<Item>('users.create', async (payload, _meta, { accountability, database }) => {
    if (isManagedWrite() || !mayDecide(accountability)) return payload;

    const tenant = uuidIn(payload['role']);
    const status = tenant && (await statusOfTenant(database, tenant));
    if (!tenant || !status) return payload;

    if (!accountability && status !== 'active') {
      logger.warn(
        `Tenancy: a new user was created without role, since the tenant ${tenant} is not active: resume it, or name another role ` +
          'for public registration, or for the provider.',
      );
      return { ...payload, role: null };
    }

    const [given] = policiesIn(payload);
    const level = accountability ? 'viewer' : landingLevelOf(env);
    return withLanding({ ...context, actor: accountability ?? null }, payload, tenant, given ?? POLICIES[level]);
  });

  filter<Item>('users.update', async (changes, { keys }, { accountability, database }) => {
    if (isManagedWrite() || !mayDecide(accountability)) return changes;

    const tenant = uuidIn(changes['role']);
    const status = tenant && (await statusOfTenant(database, tenant));
    if (!tenant || !status) return changes;

    const arrivals: Arrival[] = [];

    for (const key of keys as PrimaryKey[]) {
      const user = await readUser(database, { id: String(key) });
      if (!user || (user.role === tenant && user.memberships.includes(tenant))) continue;

      if (!accountability && status !== 'active' && !user.memberships.includes(tenant)) return withoutRole(changes);

      const standing = user.memberships.includes(tenant)
        ? null
        : await standingOf(database, user, accountability !== null);
      arrivals.push({ user: user.id, standing });
    }

    if (arrivals.length === 0) return changes;
    return withArrivals({ ...context, actor: accountability ?? null }, changes, tenant, arrivals);
  });

  /** A super-admin moves somebody with what the role gave so far; an identity provider gives the level of the operator. */
  async function standingOf(database: Knex, { role }: User, bySuperAdmin: boolean): Promise<Standing> {
    if (!bySuperAdmin) return { policy: POLICIES[landingLevelOf(env)] };
    return (await standingOfRole(database, role, 'role')) ?? { policy: POLICIES.viewer };
  }

  filter<Item>('access.create', async (row, _meta, { database, schema }) =>
    schema ? landed(row, database, schema) : row,
  );

  filter<Item>('auth.create', async (payload, { provider }, { database }) => {
    const role = uuidIn(payload['role']);
    if (!role) return payload;

    const mapped = await readMapped(database, role);
    const isDecided = mapped.kind !== 'tenant' || rolesNamedFor(context, String(provider)).has(role);
    if (mapped.kind !== 'tenants-role' && isDecided) return payload;

    logger.warn(
      `Tenancy: the provider "${String(provider)}" puts a new user into ` +
        (mapped.kind === 'tenant' ? 'a tenant by its name' : 'the role "Tenants"') +
        '. The user was created without role: name the id of a tenant in the variables of the provider.',
    );
    return { ...payload, role: null };
  });

  filter<Item>('auth.update', async (payload, { identifier, provider }, { database }) => {
    if (!('role' in payload)) return payload;

    const user = await readUser(database, { external_identifier: String(identifier) });
    if (!user) return payload;

    const others = withoutRole(payload);
    const mapped = await readMapped(database, uuidIn(payload['role']));
    const isOfTenants = mapped.kind === 'tenant' || user.tenant !== null || user.memberships.length > 0;

    // Directus looks up the identifier alone, and refuses the login afterwards.
    const isTheirs = user.provider === String(provider) && user.status === 'active';
    if (!isTheirs) return isOfTenants || mapped.kind === 'tenants-role' ? others : payload;

    const decided = rolesNamedFor(context, String(provider));
    const { verdict, warning } = judgeMapping(mapped, user, decided);
    if (warning) logger.warn(`Tenancy: the provider "${String(provider)}" ${warning}. The user is ${user.id}.`);

    switch (verdict) {
      case 'as-mapped':
        return payload;
      case 'stay':
        return others;
      case 'leave':
        await leave(context, user.id);
        return mapped.kind === 'role' ? payload : { ...others, role: null };
    }
  });
}

/** Whether somebody puts users where they belong: super-admins, and Directus itself when nobody is logged in. */
function mayDecide(accountability: Accountability | null): boolean {
  return accountability === null || accountability.admin;
}

/** Changes that leave the role of a user as it is. */
function withoutRole({ role: _role, ...others }: Item): Item {
  return others;
}

/** Takes a user out of the tenant in which the user acts, before Directus writes another role: what the level gave ends first. */
async function leave(context: Context, user: string): Promise<void> {
  await context.database.transaction((transaction) =>
    asManagedWrite(async () => {
      const access = await fullAccess(context, transaction);
      await access.items('directus_users').updateOne(user, { role: null });
      await alignLevel(access, user);
    }),
  );
}

async function readMapped(database: Knex, role: string | null): Promise<Mapped> {
  if (role === null) return { kind: 'nothing' };
  if (role === TENANTS_ROLE) return { kind: 'tenants-role' };

  const status = await statusOfTenant(database, role);
  if (status) return { kind: 'tenant', id: role, isOpen: status === 'active' };
  return { kind: 'role', isAdmin: await roleGivesAdminAccess(database, role) };
}

interface User extends KnownUser {
  id: string;
  role: string | null;
  status: string;
  provider: string;
}

async function readUser(
  database: Knex,
  by: { id: string } | { external_identifier: string },
): Promise<User | undefined> {
  const query = database('directus_users').first<Omit<User, keyof KnownUser> | undefined>(
    'id',
    'role',
    'status',
    'provider',
  );

  const row = await ('id' in by
    ? query.where(by)
    : query.whereRaw('LOWER(??) = ?', ['external_identifier', by.external_identifier.toLowerCase()]));
  if (!row) return undefined;

  const memberships: string[] = await database(TENANT_MEMBERS).where({ user_id: row.id }).pluck(TENANT_FIELD);
  const isInTenant = row.role !== null && (await statusOfTenant(database, row.role)) !== null;

  return {
    ...row,
    tenant: isInTenant ? row.role : null,
    memberships,
    isAdmin: await hasAdminAccess(database, [row.id]),
  };
}
