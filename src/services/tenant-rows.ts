import type { Item } from '@directus/types';
import { InvalidFieldError } from '../tenancy/errors.ts';
import { POLICIES, TENANT_FIELD, TENANT_MEMBERS, TENANTS } from '../tenancy/managed.ts';
import { say } from '../tenancy/sentences.ts';
import type { FullAccess } from './directus.ts';
import { assertCanBelong, bookUser } from './members.ts';
import { prepareTenants } from './provisioning.ts';
import { createRootFolder, withRootFolder } from './root-folder.ts';
import { assertSlugIsFree, followName } from './tenants.ts';

/** A tenant that somebody writes as a row of `tenants`. */
export interface NewTenantRow {
  name: string;
  slug: string;
  /** The id of a user of the project who is to be its owner. */
  owner?: string | null | undefined;
}

/**
 * Makes ready what the row of a new tenant needs to be there: its role. In the transaction that writes the row.
 *
 * @throws NotUniqueError when the slug is taken
 * @throws InvalidFieldError when the owner cannot belong to a tenant
 */
export async function prepareRow(access: FullAccess, id: string, { name, slug, owner }: NewTenantRow): Promise<void> {
  await assertSlugIsFree(access.knex, slug, null);
  if (owner) await assertOwner(access, id, owner);
  await prepareTenants(access, [{ id, name }]);
}

async function assertOwner({ knex }: FullAccess, tenant: string, user: string): Promise<void> {
  const found: unknown = await knex('directus_users').where({ id: user }).first('id');

  if (found === undefined) {
    throw new InvalidFieldError({
      field: 'owner',
      reason: say(
        'must be the id of a user of this project. Create the user first, without role, or send the tenant with a ' +
          'new owner to POST /tenancy/tenants',
      ),
    });
  }

  await assertCanBelong(knex, tenant, user, 'owner');
}

/**
 * Writes what belongs to a new tenant and can only be there after its row: the root folder, and the membership of its owner.
 * What is there already stays.
 */
export async function completeRow(access: FullAccess, tenant: string): Promise<void> {
  const { knex } = access;
  const row: Item | undefined = await knex(TENANTS).where({ id: tenant }).first('name', 'owner');
  if (!row) return;

  if (!(await withRootFolder(knex, [tenant])).has(tenant)) {
    await createRootFolder(access, tenant, String(row['name']));
  }

  const owner = row['owner'] as string | null;
  if (owner === null) return;

  const membership: unknown = await knex(TENANT_MEMBERS)
    .where({ [TENANT_FIELD]: tenant, user_id: owner })
    .first('id');
  if (membership === undefined) await bookUser(access, tenant, owner, { policy: POLICIES.owner });
}

/** Lets role and root folder of a tenant follow what its row says now. */
export async function followRow(access: FullAccess, tenant: string): Promise<void> {
  const row: { name: string } | undefined = await access.knex(TENANTS).where({ id: tenant }).first('name');
  if (row) await followName(access, tenant, row.name);
}
