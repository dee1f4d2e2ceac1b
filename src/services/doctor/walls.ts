import { findingOf } from '../../tenancy/doctor/report.ts';
import { say } from '../../tenancy/sentences.ts';
import { PARTS, runtime } from '../../runtime.ts';
import type { Check } from './check.ts';

/** Whether every wall is registered in this process. */
export const walls: Check = {
  id: 'walls',
  examine({ place }) {
    const missing = PARTS.filter((part) => !runtime.registered.has(part));

    return findingOf(
      missing.length === 0
        ? []
        : [
            {
              status: 'fail',
              message: say('Not registered: {parts}.', { parts: missing.join(', ') }),
              fix: say('Restart Directus; if that does not help, install the extension again.'),
            },
          ],
      place === 'server'
        ? say('All walls are registered.')
        : say(
            'All walls are registered in this command, which loads the extensions of the project as Directus does. ' +
              'Of a Directus that is running GET /tenancy/doctor tells.',
          ),
    );
  },
};
