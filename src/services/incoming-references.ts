import type { PrimaryKey } from '@directus/types';
import type { Knex } from 'knex';
import type { BoundaryContext } from '../tenancy/boundaries.ts';
import { ownedReferences } from '../tenancy/doctor/references.ts';
import { counted, listed } from '../tenancy/doctor/report.ts';
import { InvalidFieldError } from '../tenancy/errors.ts';
import { TENANT_FIELD } from '../tenancy/managed.ts';
import { primaryKeyOf, treatmentOf } from '../tenancy/scopes.ts';
import { say } from '../tenancy/sentences.ts';
import { uuidValue } from './database.ts';
import { joinTarget, leadsElsewhere } from './reference-joins.ts';
import { sampleOf } from './samples.ts';

/**
 * Refuses to give rows of nobody to a tenant as long as rows of others refer to them. Rows that are given to the tenant by
 * the same update are no others.
 *
 * @throws InvalidFieldError that names some of those rows
 */
export async function assertReferrersStay(
  database: Knex,
  { schema, recorded }: Pick<BoundaryContext, 'schema' | 'recorded'>,
  collection: string,
  keys: readonly PrimaryKey[],
  tenant: string,
): Promise<void> {
  const references = ownedReferences(schema).filter(({ kind, target }) => kind === 'rows' && target === collection);

  for (const reference of references) {
    const { collection: from, field } = reference;
    const query = database({ source: from }).whereIn(
      `target.${primaryKeyOf(collection, schema)}`,
      keys as PrimaryKey[],
    );
    joinTarget(database, query, reference, schema, { from: 'source', to: 'target' });
    if (from === collection) query.whereNotIn(`source.${primaryKeyOf(from, schema)}`, keys as PrimaryKey[]);

    const owner = database.raw('??', [`source.${TENANT_FIELD}`]);
    const isMixed = treatmentOf(from, schema, recorded) === 'mixed';
    query.whereRaw(leadsElsewhere(database, owner, uuidValue(database, tenant), isMixed));

    const { count, examples } = await sampleOf(database, query, `source.${primaryKeyOf(from, schema)}`);
    if (count === 0) continue;

    const values = { rows: counted(count, 'row'), collection: from, examples: listed(examples, count), field };

    throw new InvalidFieldError({
      field: TENANT_FIELD,
      reason:
        count === 1
          ? say(
              'cannot be set: {rows} of "{collection}" ({examples}), not of this tenant, refers to it in "{field}"',
              values,
            )
          : say(
              'cannot be set: {rows} of "{collection}" ({examples}), not of this tenant, refer to it in "{field}"',
              values,
            ),
    });
  }
}
