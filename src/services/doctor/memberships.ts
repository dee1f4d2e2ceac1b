import type { Item } from '@directus/types';
import type { Knex } from 'knex';
import {
  levelOfPolicy,
  LEVELS,
  POLICIES,
  TENANT_FIELD,
  TENANT_MEMBERS,
  TENANTS,
  type Level,
} from '../../tenancy/managed.ts';
import { counted, findingOf, listed, type Problem } from '../../tenancy/doctor/report.ts';
import { say } from '../../tenancy/sentences.ts';
import { asManagedWrite } from '../managed-writes.ts';
import { assertCanBelong, bookUser } from '../members.ts';
import { recordMembership } from '../memberships.ts';
import { sampleOf, type Sample } from '../samples.ts';
import type { Check } from './check.ts';

/** Users who act in a tenant and are not on its list; programs whose token was revoked act no more. */
function unlisted(database: Knex): Knex.QueryBuilder {
  return database({ user: 'directus_users' })
    .innerJoin({ tenant: TENANTS }, 'tenant.id', 'user.role')
    .leftJoin({ membership: TENANT_MEMBERS }, (join) => {
      join.on('membership.user_id', 'user.id').andOn(`membership.${TENANT_FIELD}`, 'user.role');
    })
    .whereNull('membership.id')
    .where((either) => either.whereNotNull('user.email').orWhereNot('user.status', 'archived'));
}

/** Users who are on a list and act in no tenant at all. */
function idle(database: Knex): Knex.QueryBuilder {
  return database({ user: 'directus_users' })
    .leftJoin({ tenant: TENANTS }, 'tenant.id', 'user.role')
    .whereNull('tenant.id')
    .whereExists(
      database
        .select(database.raw('1'))
        .from({ membership: TENANT_MEMBERS })
        .whereRaw('?? = ??', ['membership.user_id', 'user.id']),
    );
}

/** The memberships in which users act. */
function active(database: Knex): Knex.QueryBuilder {
  return database({ membership: TENANT_MEMBERS }).innerJoin({ user: 'directus_users' }, (join) => {
    join.on('user.id', 'membership.user_id').andOn('user.role', `membership.${TENANT_FIELD}`);
  });
}

function withoutLevel(database: Knex): Knex.QueryBuilder {
  return active(database)
    .leftJoin({ access: 'directus_access' }, (join) => {
      join.on('access.user', 'user.id').andOn('access.policy', 'membership.policy');
    })
    .whereNull('access.id');
}

function withOtherLevel(database: Knex): Knex.QueryBuilder {
  return active(database)
    .innerJoin({ access: 'directus_access' }, 'access.user', 'user.id')
    .innerJoin({ policy: 'directus_policies' }, 'policy.id', 'access.policy')
    .whereRaw('?? <> ??', ['access.policy', 'membership.policy'])
    .whereIn(
      'access.policy',
      LEVELS.map((level) => POLICIES[level]),
    );
}

/** The users of {@link unlisted} with the one level that they act with; those with none, two or other policies are left out. */
async function unlistedWithLevel(database: Knex): Promise<{ user: string; tenant: string; level: Level }[]> {
  const rows: Item[] = await unlisted(database)
    .innerJoin({ access: 'directus_access' }, 'access.user', 'user.id')
    .select({ user: 'user.id', tenant: 'user.role', policy: 'access.policy' });

  const policies = new Map<string, string[]>();
  for (const row of rows)
    policies.set(String(row['user']), [...(policies.get(String(row['user'])) ?? []), String(row['policy'])]);

  return rows.flatMap((row) => {
    const level = levelOfPolicy(String(row['policy']));
    const only = policies.get(String(row['user']))?.length === 1;
    return level && only ? [{ user: String(row['user']), tenant: String(row['tenant']), level }] : [];
  });
}

/**
 * Tenants that name an owner and have no member at all: whoever made them as rows was interrupted. The owner of any other tenant
 * who is no member has been one.
 */
function unbooked(database: Knex): Knex.QueryBuilder {
  return database({ tenant: TENANTS })
    .innerJoin({ user: 'directus_users' }, 'user.id', 'tenant.owner')
    .leftJoin({ membership: TENANT_MEMBERS }, `membership.${TENANT_FIELD}`, 'tenant.id')
    .whereNull('membership.id');
}

/** The owners of {@link unbooked} who can belong to a tenant. */
async function bookable(database: Knex): Promise<{ tenant: string; owner: string }[]> {
  const rows: { tenant: string; owner: string }[] = await unbooked(database).select({
    tenant: 'tenant.id',
    owner: 'user.id',
  });

  const possible: typeof rows = [];

  for (const row of rows) {
    const refusal = await assertCanBelong(database, row.tenant, row.owner, 'owner').then(() => null, String);
    if (refusal === null) possible.push(row);
  }

  return possible;
}

/** Whether the lists of members say the same as the roles and policies of users. */
export const memberships: Check = {
  id: 'memberships',

  async examine({ database }) {
    const problems: Problem[] = [];

    const found = async (
      query: Knex.QueryBuilder,
      columns: [string, ...string[]],
      tell: (sample: Sample) => Problem | Promise<Problem>,
    ): Promise<void> => {
      const sample = await sampleOf(database, query, ...columns);
      if (sample.count > 0) problems.push(await tell(sample));
    };

    await found(unlisted(database), ['user.email'], async ({ count, examples }) => {
      const clear = (await unlistedWithLevel(database)).length;

      return {
        status: 'warn',
        message: say('{users} ({names}) with the role of a tenant without being on its list of members.', {
          users: counted(count, 'user'),
          names: listed(examples, count),
        }),
        fix:
          clear === count
            ? say('Let the doctor put them on the list, or give them another role.')
            : say(
                'Give these users another role, or exactly one of the levels as policy of the user; the doctor puts ' +
                  'users of one level on the list.',
              ),
        fixable: clear > 0,
      };
    });

    await found(idle(database), ['user.email'], ({ count, examples }) => ({
      status: 'warn',
      message: say('{members} ({names}) without the role of a tenant, and so acting in none.', {
        members: counted(count, 'member'),
        names: listed(examples, count),
      }),
      fix: say('Give these users the role of their tenant.'),
    }));

    await found(withoutLevel(database), ['user.email'], ({ count, examples }) => ({
      status: 'warn',
      message: say('{members} ({names}) without the policy of their level.', {
        members: counted(count, 'member'),
        names: listed(examples, count),
      }),
      fix: say('Attach the policy of the level to these users.'),
    }));

    await found(withOtherLevel(database), ['user.email', 'policy.name'], ({ count, examples }) => ({
      status: 'warn',
      message: say('Members have the policy of a level other than the list says ({names}).', {
        names: listed(examples, count),
      }),
      fix: say('Take these policies off the users.'),
    }));

    await found(unbooked(database), ['tenant.slug', 'user.email'], async ({ count, examples }) => {
      const clear = (await bookable(database)).length;

      return {
        status: 'warn',
        message: say('{tenants} ({names}) with an owner who is no member, and no other member.', {
          tenants: counted(count, 'tenant'),
          names: listed(examples, count),
        }),
        fix:
          clear === count
            ? say('Let the doctor make the owners members.')
            : say(
                'Take admin access, or the role, from the owners who have one, then let the doctor make them members.',
              ),
        fixable: clear > 0,
      };
    });

    return findingOf(problems, say('The lists of members agree with the roles and policies of users.'));
  },

  async mend({ database, access }) {
    const clear = await unlistedWithLevel(database);
    const done: string[] = [];

    await asManagedWrite(async () => {
      for (const { user, tenant, level } of clear)
        await recordMembership(access, tenant, user, { policy: POLICIES[level] });

      // Whoever was put on a list above is no owner of a tenant without members any more.
      const owners = await bookable(database);
      for (const { tenant, owner } of owners) await bookUser(access, tenant, owner, { policy: POLICIES.owner });
      if (owners.length === 0) return;

      const values = { owners: counted(owners.length, 'owner') };
      done.push(
        owners.length === 1
          ? say('Made {owners} a member of their tenant.', values)
          : say('Made {owners} members of their tenant.', values),
      );
    });

    if (clear.length > 0) {
      done.unshift(
        say('Put {users} on the list of members of their tenant.', { users: counted(clear.length, 'user') }),
      );
    }

    return done.length > 0 ? done.join(' ') : null;
  },
};
