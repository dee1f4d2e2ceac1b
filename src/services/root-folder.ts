import type { MutationOptions } from '@directus/types';
import type { Knex } from 'knex';
import { TENANT_FIELD } from '../tenancy/managed.ts';
import type { FullAccess } from './directus.ts';

/** Table of folders. */
const FOLDERS = 'directus_folders';

/**
 * Creates the root folder of a tenant, where its files can be kept together: it has the id of the tenant, as the role has, so
 * that nobody has to look it up. It is a folder like any other: nothing is put there by itself, and members may rename or delete it.
 */
export async function createRootFolder(access: FullAccess, tenant: string, name: string): Promise<void> {
  await createRootFolders(access, [{ id: tenant, name }]);
}

/** As {@link createRootFolder}, for several tenants. */
export async function createRootFolders(
  access: FullAccess,
  tenants: readonly { id: string; name: string }[],
  options: MutationOptions = {},
): Promise<void> {
  const folders = tenants.map(({ id, name }) => ({ id, name, [TENANT_FIELD]: id }));
  await access.items(FOLDERS).createMany(folders, { ...options });
}

/** Lets the root folder follow the name of its tenant, unless somebody has called it something else. */
export async function renameRootFolder(access: FullAccess, tenant: string, from: string, to: string): Promise<void> {
  const folder: unknown = await access
    .knex(FOLDERS)
    .where({ id: tenant, [TENANT_FIELD]: tenant, name: from })
    .first('id');

  if (folder !== undefined && from !== to) await access.items(FOLDERS).updateOne(tenant, { name: to });
}

/** Those of the tenants that have a root folder: not those who deleted it, or are older than such folders. */
export async function withRootFolder(database: Knex, tenants: readonly string[]): Promise<Set<string>> {
  const ids = (await database(FOLDERS)
    .whereIn('id', tenants as string[])
    .whereRaw('?? = ??', ['id', TENANT_FIELD])
    .pluck('id')) as string[];

  return new Set(ids);
}
