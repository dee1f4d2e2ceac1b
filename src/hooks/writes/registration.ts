import type { Item, RegisterFunctions } from '@directus/types';
import type { Knex } from 'knex';
import { isManagedWrite } from '../../services/managed-writes.ts';
import { touchesTenants } from '../../services/tenant-roles.ts';
import { InvalidFieldError } from '../../tenancy/errors.ts';
import { uuidIn } from '../../tenancy/identity.ts';
import type { Context } from '../../runtime.ts';

/**
 * Whoever registers, or comes from an identity provider for the first time, belongs to no tenant: whoever manages a tenant says
 * who its members are. A provider that maps roles neither moves somebody into a tenant nor out of one.
 */
export function registerRegistrationGuards({ filter }: RegisterFunctions, { database, logger }: Context): void {
  filter<Item>('settings.update', async (changes) => {
    const role = uuidIn(changes['public_registration_role']);

    if (role && (await touchesTenants(database, [role]))) {
      throw new InvalidFieldError({
        field: 'public_registration_role',
        reason: 'cannot be a tenant: whoever manages a tenant says who its members are',
      });
    }

    return changes;
  });

  // For a setting that was there before, or came past Directus.
  filter<Item>('users.create', async (payload, _meta, { accountability, database: connection }) => {
    if (isManagedWrite() || accountability || !(await isRegisteredIntoTenant(connection, payload['role'])))
      return payload;

    logger.warn(
      'Tenancy: somebody registered, and the role for that is a tenant. The user was created without role: choose another ' +
        'role for public registration in the project settings.',
    );
    return { ...payload, role: null };
  });

  filter<Item>('auth.create', async (payload, { provider }, { database: connection }) => {
    const role = uuidIn(payload['role']);
    if (!role || !(await touchesTenants(connection, [role]))) return payload;

    logger.warn(
      `Tenancy: the provider "${String(provider)}" puts new users into a tenant. The user was created without role: choose ` +
        'another default role or mapping for the provider, and make members of users once they have logged in.',
    );
    return { ...payload, role: null };
  });

  filter<Item>('auth.update', async (payload, { identifier, provider }, { database: connection }) => {
    if (!('role' in payload)) return payload;

    const user: { role: string | null } | undefined = await connection('directus_users')
      .whereRaw('LOWER(??) = ?', ['external_identifier', String(identifier).toLowerCase()])
      .where({ provider: String(provider) })
      .first('role');

    const roles = [uuidIn(payload['role']), user?.role ?? null].filter((role) => role !== null);
    if (!(await touchesTenants(connection, roles))) return payload;

    const { role: _mapped, ...others } = payload;
    return others;
  });
}

async function isRegisteredIntoTenant(database: Knex, given: unknown): Promise<boolean> {
  const role = uuidIn(given);
  if (!role || !(await touchesTenants(database, [role]))) return false;

  const settings: { public_registration_role: string | null } | undefined =
    await database('directus_settings').first('public_registration_role');
  return settings?.public_registration_role === role;
}
