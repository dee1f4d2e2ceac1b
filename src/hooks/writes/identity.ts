import type { Accountability, Item, PrimaryKey, RegisterFunctions } from '@directus/types';
import type { Knex } from 'knex';
import { InvalidFieldError, RefusedError } from '../../tenancy/errors.ts';
import { POLICIES, TENANTS_ROLE } from '../../tenancy/managed.ts';
import { isTurnedOn, uuidIn } from '../../tenancy/identity.ts';
import { requesterOf } from '../../tenancy/queries.ts';
import { say } from '../../tenancy/sentences.ts';
import { flushCaches, fullAccessWith } from '../../services/directus.ts';
import { asManagedWrite, isManagedWrite } from '../../services/managed-writes.ts';
import { followUp } from '../../services/follow-ups.ts';
import { forgetDetours } from '../../services/detours.ts';
import { alignLevel } from '../../services/memberships.ts';
import { areLevels, forgetPolicies } from '../../services/levels.ts';
import { belongToTenants, givesAdminAccess, hasAdminAccess, isPolicyOfTenants } from '../../services/super-admins.ts';
import { touchesTenants } from '../../services/tenant-roles.ts';
import type { Context } from '../../runtime.ts';

const SUPER_ADMINS_HAVE_NO_TENANT = 'is refused: somebody with admin access belongs to no tenant';

const MANAGED_POLICIES = new Set<string>(Object.values(POLICIES));

/**
 * Keeps the bundle's own rows in shape and tenants' identities apart: roles of tenants stay where they are, only
 * super-admins put a user into a tenant's role.
 */
export function registerIdentityGuards({ action, filter }: RegisterFunctions, context: Context): void {
  for (const scope of ['create', 'update']) {
    filter<Item>(`users.${scope}`, async (payload, { keys }, { accountability, database }) => {
      if (isManagedWrite()) return payload;

      if (accountability && !accountability.admin) {
        await assertAccountIsLeftAlone(payload, (keys ?? []) as PrimaryKey[], accountability, database);
        return payload;
      }

      const role = uuidIn(payload['role']);

      if (role && (await touchesTenants(database, [role]))) {
        if (role === TENANTS_ROLE) {
          throw new InvalidFieldError({
            field: 'role',
            reason: say('is the parent of all tenants: choose the role of one'),
          });
        }

        if (await hasAdminAccess(database, ((keys ?? []) as PrimaryKey[]).map(String))) {
          throw new InvalidFieldError({ field: 'role', reason: say(SUPER_ADMINS_HAVE_NO_TENANT) });
        }
      }

      return payload;
    });
  }

  // What a user may do in one tenant is nothing to another one.
  action('users.update', async ({ keys, payload }, { database, schema }) => {
    if (isManagedWrite() || !schema || !('role' in (payload as Item))) return;
    const access = fullAccessWith(context, schema, database);

    await followUp(
      (async () => {
        for (const user of keys as string[]) await asManagedWrite(() => alignLevel(access, user));
        await forgetDetours(database, keys as string[]);
        await flushCaches(context);
      })(),
    );
  });

  for (const scope of ['create', 'update']) {
    filter<Item>(`access.${scope}`, async (payload, { keys }, { database }) => {
      if (isManagedWrite()) return payload;

      const stored: Item[] = keys ? await database('directus_access').whereIn('id', keys as PrimaryKey[]) : [{}];
      for (const row of stored) await assertAttachable({ ...row, ...payload }, database);
      return payload;
    });
  }

  filter<Item>('policies.update', async (changes, { keys }, { database }) => {
    if (!isTurnedOn(changes['admin_access'])) return changes;
    const policies = (keys as PrimaryKey[]).flatMap((key) => uuidIn(key) ?? []);

    const isOfTenants =
      policies.some((policy) => MANAGED_POLICIES.has(policy)) ||
      (await areLevels(database, policies)) ||
      (await isPolicyOfTenants(database, policies));

    if (isOfTenants) {
      throw new InvalidFieldError({ field: 'admin_access', reason: say(SUPER_ADMINS_HAVE_NO_TENANT) });
    }

    return changes;
  });

  filter<Item>('roles.create', async (payload, _meta, { database }) => {
    if (!isManagedWrite()) await assertNotBelowTenants(payload['parent'], database);
    return payload;
  });

  filter<Item>('roles.update', async (changes, { keys }, { database }) => {
    if (isManagedWrite()) return changes;
    await assertNotBelowTenants(changes['parent'], database);

    if ('parent' in changes && (await touchesTenants(database, keys as PrimaryKey[]))) {
      throw new InvalidFieldError({
        field: 'parent',
        reason: say('of a tenant’s role cannot be changed: it is what makes the role a tenant'),
      });
    }

    return changes;
  });

  filter<PrimaryKey[]>('roles.delete', async (keys, _meta, { database }) => {
    if (await touchesTenants(database, keys)) {
      throw new RefusedError({
        reason: say('The role of a tenant cannot be deleted by itself: erase the tenant instead.'),
      });
    }

    return keys;
  });

  filter<PrimaryKey[]>('policies.delete', async (keys, _meta, { database }) => {
    const policies = keys.flatMap((key) => uuidIn(key) ?? []);

    if (policies.some((policy) => MANAGED_POLICIES.has(policy))) {
      throw new RefusedError({ reason: say('The policies of the tenancy extension cannot be deleted.') });
    }

    await forgetPolicies(database, policies);
    return keys;
  });
}

/** What of an account only super-admins, or Directus itself, may set. */
const ACCOUNT_FIELDS = [
  'policies',
  'token',
  'provider',
  'external_identifier',
  'auth_data',
  'tfa_secret',
  'status',
  'id',
];

/** Whatever permissions say: others than super-admins put nobody into a tenant, and members manage no accounts. */
async function assertAccountIsLeftAlone(
  payload: Item,
  keys: readonly PrimaryKey[],
  accountability: Accountability,
  database: Knex,
): Promise<void> {
  const isMember = requesterOf(accountability) === 'member';

  if ('role' in payload) {
    const role = payload['role'] as unknown;
    const intoTenant = role !== null && (typeof role !== 'string' || (await touchesTenants(database, [role])));

    if (intoTenant || isMember) {
      throw new InvalidFieldError({ field: 'role', reason: say('of a tenant can be given by a super-admin only') });
    }
  }

  // Directus' routes for the second factor write it this way; every other way to it Directus itself refuses.
  const isOwn = keys.length > 0 && keys.every((key) => key === accountability.user);
  const given = ACCOUNT_FIELDS.filter((name) => name in payload && !(isOwn && name === 'tfa_secret'));
  const [field] = isMember ? given : [];
  if (field) throw new InvalidFieldError({ field, reason: say('cannot be set by members of a tenant') });
}

/** A policy goes to no tenant's role, and one that gives admin access to nobody who belongs to a tenant. */
async function assertAttachable({ role, user, policy }: Item, database: Knex): Promise<void> {
  const [roleId, userId, policyId] = [role, user, policy].map(uuidIn);
  const newAdmin = policy && typeof policy === 'object' && isTurnedOn((policy as Item)['admin_access']);
  const admin = newAdmin || (policyId && (await givesAdminAccess(database, [policyId])));

  if (roleId && (await touchesTenants(database, [roleId])) && (roleId !== TENANTS_ROLE || admin)) {
    throw new InvalidFieldError({
      field: 'role',
      reason: say(
        'is a tenant: attach the policy to its members, or to the role Tenants for the members of all tenants',
      ),
    });
  }

  if (admin && userId && (await belongToTenants(database, [userId]))) {
    throw new InvalidFieldError({ field: 'policy', reason: say(SUPER_ADMINS_HAVE_NO_TENANT) });
  }
}

/** Roles below `Tenants` are tenants, made by the endpoint; and nobody hangs a role below a tenant's. */
async function assertNotBelowTenants(parent: unknown, database: Knex): Promise<void> {
  const role = uuidIn(parent);
  if (!role || !(await touchesTenants(database, [role]))) return;
  throw new InvalidFieldError({
    field: 'parent',
    reason: say('cannot be a tenant or the role Tenants: provision a tenant instead'),
  });
}
