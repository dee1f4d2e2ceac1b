import type { Problem } from '../../tenancy/doctor/report.ts';
import { findingOf } from '../../tenancy/doctor/report.ts';
import { say } from '../../tenancy/sentences.ts';
import { runtime } from '../../runtime.ts';
import { wereRulesStored } from '../stored-rules.ts';
import type { Check } from './check.ts';

/** Whether the licence lets rules keep tenants apart. */
export const licence: Check = {
  id: 'licence',
  async examine({ place, database }) {
    if (runtime.licensed) return findingOf([], say('Custom permission rules are available.'));

    // Directus 12 activates the licence of a project where it answers requests, not in its commands.
    if (place === 'command' && (await wereRulesStored(database))) return findingOf([untold()], '');

    return findingOf([missing()], '');
  },
};

function missing(): Problem {
  return {
    status: 'fail',
    message: say(
      'The licence of this project does not include custom permission rules, so members are kept out of everything ' +
        'that belongs to tenants.',
    ),
    fix: say('Activate a licence that includes custom permission rules, then restart Directus.'),
  };
}

function untold(): Problem {
  return {
    status: 'warn',
    message: say(
      'Whether the licence includes custom permission rules cannot be told in a command: Directus activates it only ' +
        'where it answers requests. It did when rules were stored in this project.',
    ),
    fix: say('Ask a Directus that is running: GET /tenancy/doctor.'),
  };
}
