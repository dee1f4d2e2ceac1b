import type { Knex } from 'knex';
import { TENANT_FIELD, TENANT_MEMBERS, TENANTS } from '../../tenancy/managed.ts';
import { ownedReferences, type OwnedReference } from '../../tenancy/doctor/references.ts';
import { counted, findingOf, listed, type Problem } from '../../tenancy/doctor/report.ts';
import { primaryKeyOf, treatmentOf } from '../../tenancy/scopes.ts';
import { say } from '../../tenancy/sentences.ts';
import { joinTarget, leadsElsewhere } from '../reference-joins.ts';
import { sampleOf, type Sample } from '../samples.ts';
import type { Check, DoctorContext } from './check.ts';

/** Whether rows of one tenant refer to rows, people or the role of another. */
export const foreignReferences: Check = {
  id: 'foreign-references',

  async examine(context) {
    const problems: Problem[] = [];

    for (const reference of ownedReferences(context.access.schema)) {
      const sample = await sampleOf(
        context.database,
        crossing(context, reference),
        `owned.${primaryKeyOf(reference.collection, context.access.schema)}`,
      );

      if (sample.count > 0) problems.push(problemOf(reference, sample));
    }

    return findingOf(problems, say('Rows refer to rows of their own tenant only.'));
  },
};

function problemOf({ collection, field, target, kind }: OwnedReference, { count, examples }: Sample): Problem {
  const values = { rows: counted(count, 'row'), collection, names: listed(examples, count), field, target };

  // Who wrote a row and went to another tenant later leaves such a reference behind.
  if (kind === 'user') {
    return {
      status: 'warn',
      message:
        count === 1
          ? say('{rows} of "{collection}" ({names}) refers in "{field}" to users of another tenant.', values)
          : say('{rows} of "{collection}" ({names}) refer in "{field}" to users of another tenant.', values),
      fix: say(
        'Where these users did not just move to another tenant, put users of the own tenant into the field, or empty ' +
          'it.',
      ),
    };
  }

  return {
    status: 'fail',
    message:
      count === 1
        ? say('{rows} of "{collection}" ({names}) refers in "{field}" to "{target}" of another tenant.', values)
        : say('{rows} of "{collection}" ({names}) refer in "{field}" to "{target}" of another tenant.', values),
    fix: say('Find out which tenant the rows belong to, then correct or empty the field.'),
  };
}

/** The rows of one tenant whose reference leads to another tenant, and those that all read whose reference leads to any. */
function crossing({ database, access, recorded }: DoctorContext, reference: OwnedReference): Knex.QueryBuilder {
  const { collection, target, kind } = reference;
  const query = database({ owned: collection });

  joinTarget(database, query, reference, access.schema, { from: 'owned', to: 'target' });

  const isMixed = treatmentOf(collection, access.schema, recorded) === 'mixed';
  const owner = database.raw('??', [`owned.${TENANT_FIELD}`]);

  const elsewhere = (column: string): Knex.QueryBuilder =>
    query.whereRaw(leadsElsewhere(database, owner, database.raw('??', [column]), isMixed && kind === 'rows'));

  switch (kind) {
    case 'rows':
      return elsewhere(`target.${TENANT_FIELD}`);
    case 'tenant':
      // A role is a tenant's where there is a tenant of the same id.
      if (target !== TENANTS) query.innerJoin({ tenant: TENANTS }, 'tenant.id', 'target.id');
      return elsewhere('target.id');
    case 'user':
      query
        .innerJoin({ tenant: TENANTS }, 'tenant.id', 'target.role')
        // Who belongs to several tenants is no stranger in any of them.
        .leftJoin({ membership: TENANT_MEMBERS }, (join) => {
          join.on('membership.user_id', 'target.id').andOn(`membership.${TENANT_FIELD}`, `owned.${TENANT_FIELD}`);
        })
        .whereNull('membership.id');
      return elsewhere('target.role');
  }
}
