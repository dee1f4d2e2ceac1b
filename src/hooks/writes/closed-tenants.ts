import type { Accountability, Item, PrimaryKey, RegisterFunctions } from '@directus/types';
import type { Knex } from 'knex';
import { ForbiddenError } from '@directus/errors';
import { isManagedWrite } from '../../services/managed-writes.ts';
import { TENANTS } from '../../tenancy/managed.ts';

/** Mails whose link lets somebody set a password. */
const PASSWORD_MAILS = new Set(['password-reset', 'user-invitation']);

/**
 * Passwords of users whose tenant is closed are not reset, and invitations into it not accepted: Directus does both for people
 * who are not logged in, with full rights. A super-admin may set a password at any time.
 */
export function registerClosedTenants({ filter }: RegisterFunctions, database: Knex): void {
  filter<Item>('users.update', async (changes, { keys }, { accountability, database: connection }) => {
    if (!('password' in changes) || isManagedWrite() || isSomebody(accountability)) return changes;
    if (await actInClosedTenant(connection, 'user.id', keys as PrimaryKey[])) throw new ForbiddenError();
    return changes;
  });

  // What the filter takes no value for is not sent; nobody learns of it, as of any address that Directus does not know.
  filter<Item | false>('email.send', async (mail) => {
    if (mail === false) return mail;
    const { template, to } = mail as { template?: { name?: unknown }; to?: unknown };
    if (typeof template?.name !== 'string' || !PASSWORD_MAILS.has(template.name)) return mail;

    const addresses = [to].flat().filter((address) => typeof address === 'string');
    return (await actInClosedTenant(database, 'user.email', addresses)) ? false : mail;
  });
}

function isSomebody(accountability: Accountability | null | undefined): boolean {
  return typeof accountability?.user === 'string';
}

async function actInClosedTenant(database: Knex, column: string, values: readonly PrimaryKey[]): Promise<boolean> {
  const row: unknown = await database({ user: 'directus_users' })
    .join({ tenant: TENANTS }, 'tenant.id', 'user.role')
    .whereIn(column, values as PrimaryKey[])
    .whereNot('tenant.status', 'active')
    .first('user.id');

  return row !== undefined;
}
