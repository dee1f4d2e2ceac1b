import { PARTS, runtime } from '../runtime.ts';
import { listCollections } from './collections.ts';
import type { ServiceContext } from './directus.ts';

export interface DoctorCheck {
  id: string;
  status: 'pass' | 'warn' | 'fail';
  message: string;
  /** What to do; null where there is nothing to do. */
  fix: string | null;
}

export interface DoctorReport {
  status: DoctorCheck['status'];
  checks: DoctorCheck[];
}

/** Looks at everything that isolation depends on. */
export async function examine(context: ServiceContext): Promise<DoctorReport> {
  const checks = [checkWalls(), checkLicence(), checkMustLoad(context), await checkCollections(context)];
  const worst = (['fail', 'warn'] as const).find((status) => checks.some((check) => check.status === status));
  return { status: worst ?? 'pass', checks };
}

function checkWalls(): DoctorCheck {
  const missing = PARTS.filter((part) => !runtime.registered.has(part));

  return missing.length === 0
    ? { id: 'walls', status: 'pass', message: 'All walls are registered.', fix: null }
    : {
        id: 'walls',
        status: 'fail',
        message: `Not registered: ${missing.join(', ')}.`,
        fix: 'Restart Directus; if that does not help, install the extension again.',
      };
}

function checkLicence(): DoctorCheck {
  return runtime.licensed
    ? { id: 'licence', status: 'pass', message: 'Custom permission rules are available.', fix: null }
    : {
        id: 'licence',
        status: 'fail',
        message:
          'The licence of this project does not include custom permission rules, so members are kept out of everything ' +
          'that belongs to tenants.',
        fix: 'Activate a licence that includes custom permission rules, then restart Directus.',
      };
}

function checkMustLoad({ env }: ServiceContext): DoctorCheck {
  return env['EXTENSIONS_MUST_LOAD'] === true || env['EXTENSIONS_MUST_LOAD'] === 'true'
    ? { id: 'must-load', status: 'pass', message: 'Directus does not start without its extensions.', fix: null }
    : {
        id: 'must-load',
        status: 'warn',
        message: 'Directus would start without this extension if it failed to load.',
        fix: 'Set the environment variable EXTENSIONS_MUST_LOAD=true.',
      };
}

async function checkCollections(context: ServiceContext): Promise<DoctorCheck> {
  const findings = (await listCollections(context)).flatMap(({ collection, findings: found }) =>
    found.map((finding) => `${collection}: ${finding}`),
  );

  return findings.length === 0
    ? { id: 'collections', status: 'pass', message: 'Every collection has a scope and every row an owner.', fix: null }
    : {
        id: 'collections',
        status: 'warn',
        message: findings.join(' '),
        fix: 'Decide the scope of these collections with PUT /tenancy/collections/:collection.',
      };
}
