import { LANDING_LEVEL, LANDING_LEVELS, landingLevelOf } from '../../tenancy/landing.ts';
import { findingOf, type Problem } from '../../tenancy/doctor/report.ts';
import { say } from '../../tenancy/sentences.ts';
import type { Check, DoctorContext } from './check.ts';
import { directusVersion } from './version.ts';

function isOn({ env }: DoctorContext, name: string): boolean {
  return env[name] === true || env[name] === 'true';
}

function setting(
  id: string,
  passed: () => string,
  problem: (context: DoctorContext) => Problem | null | Promise<Problem | null>,
): Check {
  return {
    id,
    async examine(context) {
      const found = await problem(context);
      return findingOf(found ? [found] : [], passed());
    },
  };
}

/** Environment variables that are less strict than isolation asks for. */
export const environment: Check[] = [
  setting(
    'must-load',
    () => say('Directus does not start without its extensions.'),
    (context) =>
      isOn(context, 'EXTENSIONS_MUST_LOAD')
        ? null
        : {
            status: 'warn',
            message: say('Directus would start without this extension if it failed to load.'),
            fix: say('Set the environment variable EXTENSIONS_MUST_LOAD=true.'),
          },
  ),

  setting(
    'landing-level',
    () => say('Whoever lands in a tenant by registration or a provider may read, or write as an editor.'),
    ({ env }) => {
      try {
        landingLevelOf(env);
        return null;
      } catch {
        return {
          status: 'fail',
          message: say(
            'The environment variable {name} must be one of {levels}. Directus answers nothing until then.',
            { name: LANDING_LEVEL, levels: LANDING_LEVELS.join(', ') },
          ),
          fix: say('Set {name}=viewer, or leave it out.', { name: LANDING_LEVEL }),
        };
      }
    },
  ),

  setting(
    'cache',
    () => say('Directus keeps no answers.'),
    async (context) => {
      if (!isOn(context, 'CACHE_ENABLED')) return null;

      const message = say(
        'Directus keeps answers (CACHE_ENABLED) by user, and gives a kept one before this extension looks who asks. ' +
          'A member who was moved, suspended or removed, or whose tenant is not active any more, can get answers of ' +
          'before until they expire (CACHE_TTL) or a write empties the cache (CACHE_AUTO_PURGE).',
      );

      return {
        status: 'warn',
        message: isVersion(await directusVersion(context), 11)
          ? `${message} ${say('In Directus 11 the kept answers to shares are not told apart either.')}`
          : message,
        fix: say('Set CACHE_ENABLED=false; or keep CACHE_TTL short and CACHE_AUTO_PURGE=true.'),
      };
    },
  ),

  setting(
    'graphql-subscriptions',
    () => say('There are no GraphQL subscriptions.'),
    (context) =>
      isOn(context, 'WEBSOCKETS_ENABLED') && isOn(context, 'WEBSOCKETS_GRAPHQL_ENABLED')
        ? {
            status: 'warn',
            message: say(
              'Directus tells every subscriber of a collection over GraphQL the primary keys of rows that are ' +
                'deleted in it, whoever owned them, and offers extensions no way to prevent it. It tells nothing ' +
                'else of those rows.',
            ),
            fix: say('Set WEBSOCKETS_GRAPHQL_ENABLED=false, or WEBSOCKETS_ENABLED=false where no sockets are needed.'),
          }
        : null,
  ),

  setting(
    'resumable-uploads',
    () => say('Resumable uploads are off, or as in Directus 12.'),
    async (context) =>
      isOn(context, 'TUS_ENABLED') && isVersion(await directusVersion(context), 11)
        ? {
            status: 'warn',
            message: say(
              'Resumable uploads (TUS_ENABLED) of Directus 11 are not announced to extensions and end with full ' +
                'access, so the walls of this extension do not cover them completely.',
            ),
            fix: say('Set TUS_ENABLED=false, or update to Directus 12.'),
          }
        : null,
  ),

  setting(
    'auto-reload',
    () => say('Extensions stay loaded while Directus runs.'),
    (context) =>
      isOn(context, 'EXTENSIONS_AUTO_RELOAD') && context.env['NODE_ENV'] !== 'development'
        ? {
            status: 'warn',
            message: say(
              'Directus reloads its extensions when their files change (EXTENSIONS_AUTO_RELOAD). Meanwhile the ' +
                'project answers nothing (503), since its walls are away.',
            ),
            fix: say('Set EXTENSIONS_AUTO_RELOAD=false, except where extensions are developed (NODE_ENV=development).'),
          }
        : null,
  ),
];

/** Whether a version is of the given major one; one that is not told may be. */
function isVersion(version: string | null, major: number): boolean {
  return version === null || version.startsWith(`${major}.`);
}
