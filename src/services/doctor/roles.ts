import type { Item } from '@directus/types';
import type { Knex } from 'knex';
import { TENANTS, TENANTS_ROLE } from '../../tenancy/managed.ts';
import { counted, findingOf, listed, type Problem } from '../../tenancy/doctor/report.ts';
import { say } from '../../tenancy/sentences.ts';
import { tenantRole } from '../provisioning.ts';
import { sampleOf, type Sample } from '../samples.ts';
import type { Check } from './check.ts';

function tenantsWithoutRole(database: Knex): Knex.QueryBuilder {
  return database({ tenant: TENANTS })
    .leftJoin({ role: 'directus_roles' }, 'role.id', 'tenant.id')
    .whereNull('role.id');
}

function tenantsOutside(database: Knex): Knex.QueryBuilder {
  return database({ tenant: TENANTS })
    .innerJoin({ role: 'directus_roles' }, 'role.id', 'tenant.id')
    .where((either) => either.whereNull('role.parent').orWhereNot('role.parent', TENANTS_ROLE));
}

/** Roles below the role `Tenants`, or below the role of a tenant, that are no tenant's. */
function rolesOfNoTenant(database: Knex): Knex.QueryBuilder {
  return database({ role: 'directus_roles' })
    .leftJoin({ tenant: TENANTS }, 'tenant.id', 'role.id')
    .leftJoin({ above: TENANTS }, 'above.id', 'role.parent')
    .whereNull('tenant.id')
    .where((either) => either.where('role.parent', TENANTS_ROLE).orWhereNotNull('above.id'));
}

function policiesOfOneTenant(database: Knex): Knex.QueryBuilder {
  return database({ access: 'directus_access' })
    .innerJoin({ tenant: TENANTS }, 'tenant.id', 'access.role')
    .innerJoin({ policy: 'directus_policies' }, 'policy.id', 'access.policy');
}

async function tenantsRole(database: Knex): Promise<{ parent: string | null } | undefined> {
  return (await database('directus_roles').select('parent').where({ id: TENANTS_ROLE }).first()) as
    { parent: string | null } | undefined;
}

function namesOf(tenants: readonly Item[]): string {
  return listed(tenants.map(({ name }) => String(name)));
}

/** Whether every tenant has its role, and every role below `Tenants` its tenant. */
export const tenantRoles: Check = {
  id: 'tenant-roles',

  async examine({ database }) {
    const problems: Problem[] = [];
    const top = await tenantsRole(database);

    if (!top) {
      problems.push({
        status: 'fail',
        message: say('The role "Tenants", from which members have what all of them may do, is missing.'),
        fix: say('Bring the role "Tenants" ({id}) back from a backup.', { id: TENANTS_ROLE }),
      });
    }

    if (top && top.parent !== null) {
      problems.push({
        status: 'fail',
        message: say('The role "Tenants" is below another role, so every member has the policies of that role.'),
        fix: say('Let the doctor take the role "Tenants" out of there.'),
        fixable: true,
      });
    }

    const found = async (
      query: Knex.QueryBuilder,
      columns: [string, ...string[]],
      tell: (sample: Sample) => Problem,
    ) => {
      const sample = await sampleOf(database, query, ...columns);
      if (sample.count > 0) problems.push(tell(sample));
    };

    await found(tenantsWithoutRole(database), ['tenant.name'], ({ count, examples }) => ({
      status: 'fail',
      message: say('{tenants} without role ({names}): nobody can act in them.', {
        tenants: counted(count, 'tenant'),
        names: listed(examples, count),
      }),
      fix: say('Let the doctor create the role again, then give it to the members.'),
      fixable: true,
    }));

    await found(tenantsOutside(database), ['tenant.name'], ({ count, examples }) => ({
      status: 'fail',
      message: say(
        'The role of {tenants} ({names}) is not below the role "Tenants", so its users are not treated as members.',
        { tenants: counted(count, 'tenant'), names: listed(examples, count) },
      ),
      fix: say('Let the doctor put the role back.'),
      fixable: true,
    }));

    await found(rolesOfNoTenant(database), ['role.name'], ({ count, examples }) => ({
      status: 'warn',
      message: say('{roles} below the role "Tenants" without a tenant ({names}).', {
        roles: counted(count, 'role'),
        names: listed(examples, count),
      }),
      fix: say('Give their users another role, then delete these roles or move them somewhere else.'),
    }));

    await found(policiesOfOneTenant(database), ['tenant.name', 'policy.name'], ({ count, examples }) => ({
      status: 'warn',
      message: say(
        'Policies are attached to the role of a single tenant ({names}): every member of it has them, whatever the ' +
          'level.',
        { names: listed(examples, count) },
      ),
      fix: say('Take these policies off the roles, and attach them to the users who need them.'),
    }));

    await found(
      database({ user: 'directus_users' }).where('user.role', TENANTS_ROLE),
      ['user.email'],
      ({ count, examples }) => ({
        status: 'warn',
        message: say('{users} ({names}) with the role "Tenants" itself, which is no tenant.', {
          users: counted(count, 'user'),
          names: listed(examples, count),
        }),
        fix: say('Give these users the role of a tenant, or another one.'),
      }),
    );

    return findingOf(problems, say('Every tenant has its role, and nothing else is below the role "Tenants".'));
  },

  async mend({ database, access }) {
    const roles = access.items('directus_roles');
    const done: string[] = [];

    // Without events, since the write wall refuses everybody this change.
    const quietly = { emitEvents: false };

    if (((await tenantsRole(database))?.parent ?? null) !== null) {
      await roles.updateOne(TENANTS_ROLE, { parent: null }, quietly);
      done.push(say('Took the role "Tenants" out from below another role.'));
    }

    const missing: Item[] = await tenantsWithoutRole(database).select({ id: 'tenant.id', name: 'tenant.name' });
    for (const { id, name } of missing) await roles.createOne(tenantRole(String(id), String(name)), quietly);
    if (missing.length > 0) done.push(say('Created the role of {names}.', { names: namesOf(missing) }));

    const outside: Item[] = await tenantsOutside(database).select({ id: 'tenant.id', name: 'tenant.name' });
    for (const { id } of outside) await roles.updateOne(String(id), { parent: TENANTS_ROLE }, quietly);
    if (outside.length > 0) {
      done.push(say('Put the role of {names} below the role "Tenants".', { names: namesOf(outside) }));
    }

    return done.length > 0 ? done.join(' ') : null;
  },
};
