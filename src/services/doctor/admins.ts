import type { Item } from '@directus/types';
import type { Knex } from 'knex';
import { POLICIES, TENANT_MEMBERS, TENANTS } from '../../tenancy/managed.ts';
import { rolesWithAdminAccess, type RoleNode } from '../../tenancy/doctor/admins.ts';
import { counted, findingOf, listed, type Problem } from '../../tenancy/doctor/report.ts';
import { say } from '../../tenancy/sentences.ts';
import { sampleOf } from '../samples.ts';
import type { Check } from './check.ts';

/** Users who act in a tenant or are on the list of one. */
function membersOf(database: Knex): Knex.QueryBuilder {
  return database({ user: 'directus_users' })
    .leftJoin({ tenant: TENANTS }, 'tenant.id', 'user.role')
    .where((either) =>
      either
        .whereNotNull('tenant.id')
        .orWhereExists(
          database
            .select(database.raw('1'))
            .from({ membership: TENANT_MEMBERS })
            .whereRaw('?? = ??', ['membership.user_id', 'user.id']),
        ),
    );
}

/** Whether nobody in a tenant has admin access, which no wall holds. */
export const superAdmins: Check = {
  id: 'super-admins',

  async examine({ database }) {
    const problems: Problem[] = [];

    const granting: Item[] = await database({ access: 'directus_access' })
      .innerJoin({ policy: 'directus_policies' }, 'policy.id', 'access.policy')
      .where('policy.admin_access', true)
      .whereNotNull('access.role')
      .distinct('access.role');

    const roles: RoleNode[] = await database('directus_roles').select('id', 'parent');
    const admins = rolesWithAdminAccess(roles, new Set(granting.map(({ role }) => String(role))));

    const tenants: Item[] = await database(TENANTS).select('id', 'name').orderBy('name');
    const ofTenants = tenants.filter(({ id }) => admins.has(String(id))).map(({ name }) => String(name));
    for (const { id } of tenants) admins.delete(String(id));

    if (ofTenants.length > 0) {
      problems.push({
        status: 'fail',
        message: say(
          'The role of {tenants} ({names}) has admin access, so its users see and change everything of everybody.',
          { tenants: counted(ofTenants.length, 'tenant'), names: listed(ofTenants) },
        ),
        fix: say('Take the policy with admin access off these roles, and off the roles above them.'),
      });
    }

    const users = await sampleOf(
      database,
      membersOf(database).where((either) =>
        either
          .whereIn('user.role', [...admins])
          .orWhereExists(
            database
              .select(database.raw('1'))
              .from({ access: 'directus_access' })
              .innerJoin({ policy: 'directus_policies' }, 'policy.id', 'access.policy')
              .where('policy.admin_access', true)
              .whereRaw('?? = ??', ['access.user', 'user.id']),
          ),
      ),
      'user.email',
    );

    if (users.count > 0) {
      const values = { members: counted(users.count, 'member'), names: listed(users.examples, users.count) };

      problems.push({
        status: 'fail',
        message:
          users.count === 1
            ? say(
                '{members} of a tenant ({names}) with admin access, who sees and changes everything of everybody.',
                values,
              )
            : say(
                '{members} of a tenant ({names}) with admin access, who see and change everything of everybody.',
                values,
              ),
        fix: say(
          'Take the admin access away from these users, or take them out of the tenant: super-admins belong to none.',
        ),
      });
    }

    const managed = new Set<string>(Object.values(POLICIES));

    const levels: Item[] = await database({ policy: 'directus_policies' })
      .select('policy.id', 'policy.name')
      .where('policy.admin_access', true)
      .whereExists(
        database
          .select(database.raw('1'))
          .from({ membership: TENANT_MEMBERS })
          .whereRaw('?? = ??', ['membership.policy', 'policy.id']),
      );

    // Those of the extension are the matter of another check.
    const others = levels.filter(({ id }) => !managed.has(String(id))).map(({ name }) => String(name));

    if (others.length > 0) {
      problems.push({
        status: 'fail',
        message: say('Members have a level whose policy gives admin access: {names}.', { names: listed(others) }),
        fix: say('Switch off "Admin Access" in these policies, or give the members another level.'),
      });
    }

    return findingOf(problems, say('No member of a tenant has admin access.'));
  },
};
