import { findingOf, worstOf, type DoctorCheck, type DoctorReport } from '../../tenancy/doctor/report.ts';
import { InvalidFieldError } from '../../tenancy/errors.ts';
import { say } from '../../tenancy/sentences.ts';
import { withLock } from '../database.ts';
import { flushCaches, fullAccess, type ServiceContext } from '../directus.ts';
import { readScopes } from '../scopes.ts';
import { superAdmins } from './admins.ts';
import { bridges } from './bridges.ts';
import type { Check, DoctorContext, DoctorPlace } from './check.ts';
import { collections } from './collections.ts';
import { environment } from './environment.ts';
import { missingIndexes, uniqueValues } from './indexes.ts';
import { licence } from './licence.ts';
import { memberships } from './memberships.ts';
import { managedPolicies } from './policies.ts';
import { foreignReferences } from './references.ts';
import { requiredTenants } from './required-tenants.ts';
import { tenantRoles } from './roles.ts';
import { orphans, unownedRows } from './rows.ts';
import { flows, publicAccess, registration, versioning } from './settings.ts';
import { storedRules } from './stored-rules.ts';
import { version } from './version.ts';
import { walls } from './walls.ts';

const CHECKS: readonly Check[] = [
  walls,
  licence,
  version,
  collections,
  storedRules,
  managedPolicies,
  tenantRoles,
  superAdmins,
  memberships,
  unownedRows,
  orphans,
  foreignReferences,
  uniqueValues,
  missingIndexes,
  requiredTenants,
  bridges,
  publicAccess,
  registration,
  flows,
  versioning,
  ...environment,
];

/** The ids of all checks, in the order of the report. */
export const CHECK_IDS: readonly string[] = CHECKS.map(({ id }) => id);

/** What a fix did, by the check that it belongs to. */
export interface Mended {
  id: string;
  message: string;
}

export interface MendedReport extends DoctorReport {
  fixed: Mended[];
}

/** Looks at everything that isolation depends on. Changes nothing. */
export async function examine(context: ServiceContext, place: DoctorPlace = 'server'): Promise<DoctorReport> {
  const patient = await contextOf(context, place);
  const checks: DoctorCheck[] = [];

  // One after the other: some read whole tables, and requests need connections too.
  for (const check of CHECKS) checks.push(await run(check, patient));

  return { status: worstOf(checks), checks };
}

/**
 * Mends what the named checks can mend safely, and looks at everything again. Doctors on several instances take turns, and
 * the second time there is nothing to do.
 *
 * @throws InvalidFieldError for an id that is no check's, or whose check has nothing that is safe; nothing was changed
 */
export async function mend(
  context: ServiceContext,
  ids: readonly string[],
  place: DoctorPlace = 'server',
): Promise<MendedReport> {
  const chosen = [...new Set(ids)].map((id) => ({ id, check: CHECKS.find((check) => check.id === id) }));
  const fixed: Mended[] = [];

  for (const { id, check } of chosen) {
    const field = `checks.${ids.indexOf(id)}`;
    if (!check) {
      throw new InvalidFieldError({
        field,
        reason: say('names no check ("{id}"); there are {ids}', { id, ids: CHECK_IDS.join(', ') }),
      });
    }

    if (!check.mend)
      throw new InvalidFieldError({ field, reason: await byHand(check, await contextOf(context, place)) });
  }

  await withLock(context.database, 'directus-extension-tenancy:doctor', async () => {
    for (const { id, check } of chosen) {
      const message = await check?.mend?.(await contextOf(context, place));
      if (message) fixed.push({ id, message });
    }

    if (fixed.length > 0) await flushCaches(context);
  });

  return { ...(await examine(context, place)), fixed };
}

async function contextOf(context: ServiceContext, place: DoctorPlace): Promise<DoctorContext> {
  const { services, database, getSchema, logger, env, emitter } = context;
  const [access, recorded] = [await fullAccess(context), await readScopes(database)];
  return { services, database, getSchema, logger, env, emitter, access, recorded, place };
}

/** A check that cannot look is a finding as well: nobody knows then whether what it looks at is well. */
async function run(check: Check, context: DoctorContext): Promise<DoctorCheck> {
  try {
    return { id: check.id, ...(await check.examine(context)) };
  } catch (error) {
    context.logger.error(error);
    const reason = error instanceof Error ? error.message : String(error);

    return {
      id: check.id,
      ...findingOf(
        [
          {
            status: 'fail',
            message: say('This could not be examined: {reason}.', { reason }),
            fix: say('The log of Directus has the details.'),
          },
        ],
        '',
      ),
    };
  }
}

async function byHand(check: Check, context: DoctorContext): Promise<string> {
  const { fix } = await run(check, context);

  const todo = fix
    ? say('Do it by hand: {fix}', { fix: fix.replace(/\.$/, '') })
    : say('There is nothing to do at the moment');

  return say('names a check ("{id}") whose findings the doctor cannot mend safely. {todo}', { id: check.id, todo });
}
