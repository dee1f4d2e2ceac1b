import { TENANT_FIELD } from '../../tenancy/managed.ts';
import { findingOf, listed } from '../../tenancy/doctor/report.ts';
import { say } from '../../tenancy/sentences.ts';
import { ownershipOf } from '../../tenancy/writes.ts';
import { withScopeLock } from '../scopes.ts';
import { hasUnownedRows, requireTenant } from '../tenant-field.ts';
import type { Check, DoctorContext } from './check.ts';

/** Collections whose rows all have a tenant, and could be without one as far as the database is concerned. */
async function withoutRequirement(context: DoctorContext): Promise<string[]> {
  const { access, recorded } = context;
  const { schema } = access;
  const found: string[] = [];

  for (const collection of Object.keys(schema.collections)) {
    if (ownershipOf(collection, schema, recorded) !== 'always') continue;
    if (schema.collections[collection]?.fields[TENANT_FIELD]?.nullable !== true) continue;
    if (!(await hasUnownedRows(context, collection))) found.push(collection);
  }

  return found;
}

/** Whether the database itself refuses rows without tenant, where all of them have one. */
export const requiredTenants: Check = {
  id: 'required-tenants',

  async examine(context) {
    const found = await withoutRequirement(context);

    return findingOf(
      found.length === 0
        ? []
        : [
            {
              status: 'warn',
              message: say(
                '"{field}" may be empty in {collections}: what writes past Directus can leave rows without tenant.',
                { field: TENANT_FIELD, collections: listed(found) },
              ),
              fix: say('Let the doctor make the database refuse such rows. All rows have a tenant at the moment.'),
              fixable: true,
            },
          ],
      say('The database refuses rows without tenant where all of them have one.'),
    );
  },

  async mend(context) {
    const found = await withoutRequirement(context);

    for (const collection of found) {
      await withScopeLock(context, collection, () => requireTenant(context, collection));
    }

    return found.length > 0
      ? say('Rows without tenant are refused by the database in {collections}.', { collections: listed(found) })
      : null;
  },
};
