import type { Accountability } from '@directus/types';
import { findingOf, listed } from '../../tenancy/doctor/report.ts';
import { isTestedVersion, TESTED_VERSIONS } from '../../tenancy/doctor/version.ts';
import { say } from '../../tenancy/sentences.ts';
import type { Check, DoctorContext } from './check.ts';

/** Directus tells its version to users only. Nobody is looked up: the service wants to see that there is one. */
const SOME_USER: Accountability = {
  admin: true,
  app: true,
  ip: null,
  role: null,
  roles: [],
  user: '00000000-0000-0000-0000-000000000000',
};

/** The version of the Directus that runs this code; null when it does not tell. */
export async function directusVersion({ services, access }: DoctorContext): Promise<string | null> {
  const server = new services.ServerService({ schema: access.schema, accountability: SOME_USER });
  const version: unknown = (await server.serverInfo())['version'];
  return typeof version === 'string' ? version : null;
}

/** Whether the tests of this extension ran against this Directus. */
export const version: Check = {
  id: 'directus-version',
  async examine(context) {
    const running = await directusVersion(context);
    const tested = listed(TESTED_VERSIONS.map((name) => `${name}.x`));

    return findingOf(
      running !== null && isTestedVersion(running)
        ? []
        : [
            {
              status: 'warn',
              message:
                running === null
                  ? say('Directus of an unknown version is running; this extension is tested with {tested}.', {
                      tested,
                    })
                  : say('Directus {version} is running; this extension is tested with {tested}.', {
                      version: running,
                      tested,
                    }),
              fix: say(
                'Run a tested version of Directus ({tested}), or update the extension to one that is tested with ' +
                  'yours.',
                { tested },
              ),
            },
          ],
      say('Directus {version} is a version that this extension is tested with.', { version: running ?? '' }),
    );
  },
};
