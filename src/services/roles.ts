import type { Knex } from 'knex';
import { InvalidFieldError } from '../tenancy/errors.ts';
import { say } from '../tenancy/sentences.ts';
import type { Standing } from './memberships.ts';
import { givesAdminAccess } from './super-admins.ts';
import { touchesTenants } from './tenant-roles.ts';

/** The policies of a role and of the roles above it, the nearest first, in the order in which the role has them. */
export async function policiesOfRole(database: Knex, role: string): Promise<string[]> {
  const policies = new Set<string>();
  const seen = new Set<string>();

  for (let next: string | null = role; next !== null && !seen.has(next);) {
    seen.add(next);
    const attached: string[] = await database('directus_access')
      .where({ role: next })
      .orderBy(['sort', 'id'])
      .pluck('policy');
    for (const policy of attached) policies.add(policy);

    const row: { parent: string | null } | undefined = await database('directus_roles')
      .where({ id: next })
      .first('parent');
    next = row?.parent ?? null;
  }

  return [...policies];
}

/** Whether a role, or one above it, gives admin access. */
export async function roleGivesAdminAccess(database: Knex, role: string): Promise<boolean> {
  return givesAdminAccess(database, await policiesOfRole(database, role));
}

/**
 * What a user becomes in a tenant by the role that the user has in the project: its first policy is the level, and the others come
 * with it. Null for who has no role, that of a tenant, or one without any policy.
 *
 * @param field what names the user in the request
 * @throws InvalidFieldError when the role gives admin access
 */
export async function standingOfRole(database: Knex, role: string | null, field: string): Promise<Standing | null> {
  if (role === null || (await touchesTenants(database, [role]))) return null;

  const [policy, ...additional] = await policiesOfRole(database, role);
  if (policy === undefined) return null;

  if (await givesAdminAccess(database, [policy, ...additional])) {
    throw new InvalidFieldError({
      field,
      reason: say(
        'belongs to somebody whose role gives admin access, who can belong to no tenant: take the role away first',
      ),
    });
  }

  return { policy, additional };
}
