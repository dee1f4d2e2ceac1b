import type { Knex } from 'knex';
import { givesAdminAccess } from './super-admins.ts';

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
