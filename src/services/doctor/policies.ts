import type { Item } from '@directus/types';
import { POLICIES, TENANTS_ROLE } from '../../tenancy/managed.ts';
import { changedPolicies } from '../../tenancy/doctor/policies.ts';
import { findingOf, type Problem } from '../../tenancy/doctor/report.ts';
import { say } from '../../tenancy/sentences.ts';
import { fullAccess } from '../directus.ts';
import type { Check, DoctorContext } from './check.ts';

/** Whether the policies of the extension are what was installed. */
export const managedPolicies: Check = {
  id: 'managed-policies',

  async examine(context) {
    const stored: Item[] = await context
      .database('directus_policies')
      .select('id', 'admin_access', 'app_access')
      .whereIn('id', Object.values(POLICIES));

    const problems = changedPolicies(
      stored.map((row) => ({
        id: String(row['id']),
        admin: Boolean(row['admin_access']),
        app: Boolean(row['app_access']),
      })),
    );

    if (await isDetached(context)) problems.push(detached());
    return findingOf(problems, say('The policies of the extension are as installed.'));
  },

  async mend(context) {
    if (!(await isDetached(context))) return null;

    const access = await fullAccess(context);
    await access.access().createOne({ role: TENANTS_ROLE, policy: POLICIES.member });
    return say('Attached the policy "Tenant Member" to the role "Tenants" again.');
  },
};

function detached(): Problem {
  return {
    status: 'fail',
    message: say(
      'The policy "Tenant Member" is not attached to the role "Tenants", so members are not told from people outside ' +
        'of tenants.',
    ),
    fix: say('Let the doctor attach it again.'),
    fixable: true,
  };
}

/** Whether both are there, and the one is not attached to the other. */
async function isDetached({ database }: DoctorContext): Promise<boolean> {
  const present =
    (await database('directus_roles').select('id').where({ id: TENANTS_ROLE }).first()) !== undefined &&
    (await database('directus_policies').select('id').where({ id: POLICIES.member }).first()) !== undefined;

  return (
    present &&
    (await database('directus_access').select('id').where({ role: TENANTS_ROLE, policy: POLICIES.member }).first()) ===
      undefined
  );
}
