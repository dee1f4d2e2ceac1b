import type { Item } from '@directus/types';
import type { Knex } from 'knex';
import { TENANT_FIELD, TENANT_MEMBERS, TENANTS } from '../../tenancy/managed.ts';
import { counted, findingOf, listed, type Problem } from '../../tenancy/doctor/report.ts';
import { collectionsWithTenantField, primaryKeyOf } from '../../tenancy/scopes.ts';
import { say } from '../../tenancy/sentences.ts';
import { ownershipOf } from '../../tenancy/writes.ts';
import { sampleOf } from '../samples.ts';
import type { Check, DoctorContext } from './check.ts';

/** Files of nobody that a member uploaded. */
function filesOfMembers(database: Knex): Knex.QueryBuilder {
  return database({ file: 'directus_files' })
    .innerJoin({ uploader: 'directus_users' }, 'uploader.id', 'file.uploaded_by')
    .innerJoin({ tenant: TENANTS }, 'tenant.id', 'uploader.role')
    .whereNull(`file.${TENANT_FIELD}`);
}

/** Those whose uploader belongs to one tenant only, which can be no other than the file's. */
function filesOfOneTenant(database: Knex): Knex.QueryBuilder {
  return filesOfMembers(database).whereNotExists(
    database
      .select(database.raw('1'))
      .from({ membership: TENANT_MEMBERS })
      .whereRaw('?? = ??', ['membership.user_id', 'uploader.id'])
      .whereRaw('?? <> ??', [`membership.${TENANT_FIELD}`, 'uploader.role']),
  );
}

/** Rows that should belong to a tenant and do not. */
export const unownedRows: Check = {
  id: 'unowned-rows',

  async examine({ database, access: { schema }, recorded }) {
    const problems: Problem[] = [];

    for (const collection of Object.keys(schema.collections)) {
      if (ownershipOf(collection, schema, recorded) !== 'always') continue;

      const { count, examples } = await sampleOf(
        database,
        database(collection).whereNull(TENANT_FIELD),
        primaryKeyOf(collection, schema),
      );

      if (count > 0) {
        problems.push({
          status: 'warn',
          message: say('{rows} of "{collection}" ({names}) without tenant: seen by super-admins only.', {
            rows: counted(count, 'row'),
            collection,
            names: listed(examples, count),
          }),
          fix: say(
            'Give rows without tenant to one: set "tenant_id" as a super-admin, or give all of a collection to the same ' +
              'tenant with PUT /tenancy/collections/:collection and "assign".',
          ),
        });
      }
    }

    const files = await sampleOf(database, filesOfMembers(database), 'file.id');
    const clear = await sampleOf(database, filesOfOneTenant(database), 'file.id');

    if (files.count > 0) {
      const values = { files: counted(files.count, 'file'), names: listed(files.examples, files.count) };

      problems.push({
        status: 'warn',
        message:
          files.count === 1
            ? say('{files} ({names}) uploaded by members belongs to no tenant.', values)
            : say('{files} ({names}) uploaded by members belong to no tenant.', values),
        fix:
          clear.count === files.count
            ? say('Let the doctor give them to the tenants of those who uploaded them.')
            : say(
                'Let the doctor give those to a tenant whose uploader belongs to one only, and set "tenant_id" of ' +
                  'the others.',
              ),
        fixable: clear.count > 0,
      });
    }

    return findingOf(problems, say('Every row of a tenant’s collection has a tenant.'));
  },

  async mend({ database }) {
    const files: Item[] = await filesOfOneTenant(database).select({ id: 'file.id', tenant: 'uploader.role' });

    for (const { id, tenant } of files) {
      await database('directus_files')
        .where({ id })
        .whereNull(TENANT_FIELD)
        .update({ [TENANT_FIELD]: tenant });
    }

    if (files.length === 0) return null;

    const values = { files: counted(files.length, 'file') };
    return files.length === 1
      ? say('Gave {files} to the tenant of those who uploaded them.', values)
      : say('Gave {files} to the tenants of those who uploaded them.', values);
  },
};

/** Rows whose tenant, user or policy is gone. */
export const orphans: Check = {
  id: 'orphans',

  async examine(context) {
    const { schema } = context.access;
    const problems: Problem[] = [];

    for (const collection of collectionsWithTenantField(schema)) {
      await look(context, problems, collection, TENANT_FIELD, TENANTS);
    }

    await look(context, problems, TENANT_MEMBERS, 'user_id', 'directus_users');
    await look(context, problems, TENANT_MEMBERS, 'policy', 'directus_policies');

    return findingOf(problems, say('Tenants, users and policies that rows name are there.'));
  },
};

async function look(
  { database, access: { schema } }: DoctorContext,
  problems: Problem[],
  collection: string,
  field: string,
  target: string,
): Promise<void> {
  const { count, examples } = await sampleOf(
    database,
    database({ owned: collection })
      .leftJoin({ target }, 'target.id', `owned.${field}`)
      .whereNotNull(`owned.${field}`)
      .whereNull('target.id'),
    `owned.${primaryKeyOf(collection, schema)}`,
  );

  if (count === 0) return;

  const values = { rows: counted(count, 'row'), collection, names: listed(examples, count), field, target };

  problems.push({
    status: 'warn',
    message:
      count === 1
        ? say('{rows} of "{collection}" ({names}) names in "{field}" something that is not in "{target}".', values)
        : say('{rows} of "{collection}" ({names}) name in "{field}" something that is not in "{target}".', values),
    fix: say(
      'The database let this happen without its foreign keys. Correct or delete these rows in the database, then bring ' +
        'the foreign key back.',
    ),
  });
}
