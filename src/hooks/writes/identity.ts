import type { Item, PrimaryKey, RegisterFunctions } from '@directus/types';
import type { Knex } from 'knex';
import { InvalidFieldError, RefusedError } from '../../tenancy/errors.ts';
import { POLICIES, TENANT_MEMBERS, TENANTS, TENANTS_ROLE } from '../../tenancy/managed.ts';
import { requesterOf } from '../../tenancy/queries.ts';
import { isManagedWrite } from '../../services/managed-writes.ts';

const MANAGED_POLICIES = new Set<string>(Object.values(POLICIES));

/**
 * Keeps the bundle's own rows in shape and tenants' identities apart: roles of tenants stay where they are, only
 * super-admins put a user into a tenant's role, and tenants and memberships are written by the bundle's endpoint alone.
 */
export function registerIdentityGuards({ filter }: RegisterFunctions): void {
  for (const scope of ['create', 'update']) {
    filter<Item>(`users.${scope}`, async (payload, _meta, { accountability, database }) => {
      if (!accountability || accountability.admin || !('role' in payload)) return payload;

      const role = payload['role'] as unknown;
      const intoTenant = role !== null && (typeof role !== 'string' || (await isTenantRole(database, role)));

      if (intoTenant || requesterOf(accountability) === 'member') {
        throw new InvalidFieldError({ field: 'role', reason: 'of a tenant can be given by a super-admin only' });
      }

      return payload;
    });
  }

  filter<Item>('roles.update', async (changes, { keys }, { database }) => {
    if ('parent' in changes && (await touchesTenants(database, keys as PrimaryKey[]))) {
      throw new InvalidFieldError({
        field: 'parent',
        reason: 'of a tenant’s role cannot be changed: it is what makes the role a tenant',
      });
    }

    return changes;
  });

  filter<PrimaryKey[]>('roles.delete', async (keys, _meta, { database }) => {
    if (await touchesTenants(database, keys)) {
      throw new RefusedError({
        reason: 'The role of a tenant cannot be deleted by itself: erase the tenant instead.',
      });
    }

    return keys;
  });

  filter<PrimaryKey[]>('policies.delete', (keys) => {
    if (keys.some((key) => MANAGED_POLICIES.has(String(key)))) {
      throw new RefusedError({ reason: 'The policies of the tenancy extension cannot be deleted.' });
    }

    return keys;
  });

  for (const action of ['create', 'update', 'delete']) {
    filter('items.' + action, (payload, { collection }) => {
      if ((collection === TENANTS || collection === TENANT_MEMBERS) && !isManagedWrite()) {
        throw new RefusedError({
          reason: `Rows of "${String(collection)}" are written by the tenancy endpoint: use /tenancy/tenants.`,
        });
      }

      return payload;
    });
  }
}

async function touchesTenants(database: Knex, keys: readonly PrimaryKey[]): Promise<boolean> {
  const ids = keys.map(String);
  if (ids.includes(TENANTS_ROLE)) return true;
  return (await database(TENANTS).select('id').whereIn('id', ids).first()) !== undefined;
}

async function isTenantRole(database: Knex, role: string): Promise<boolean> {
  return touchesTenants(database, [role]);
}
