import type { PrimaryKey } from '@directus/types';
import type { Knex } from 'knex';
import { uuidIn } from '../tenancy/identity.ts';
import { TENANTS, TENANTS_ROLE } from '../tenancy/managed.ts';

/** Whether any of the roles is a tenant, or the parent of all tenants. */
export async function touchesTenants(database: Knex, roles: readonly PrimaryKey[]): Promise<boolean> {
  const ids = roles.flatMap((role) => uuidIn(role) ?? []);
  if (ids.includes(TENANTS_ROLE)) return true;
  return ids.length > 0 && (await database(TENANTS).select('id').whereIn('id', ids).first()) !== undefined;
}
