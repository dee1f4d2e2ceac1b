import { defineHook } from '@directus/extensions-sdk';
import type { Application } from 'express';
import type { Accountability } from '@directus/types';
import { ForbiddenError } from '@directus/errors';
import { processState, runtime, type Middleware } from '../../runtime.ts';
import { restoreUrl } from './answers.ts';
import { gate } from './gate.ts';
import { assertIdentityIsCurrent, createGuard } from './guard.ts';
import { mount, mountBetween } from './placement.ts';

/** Wall 4. What has to be decided per request: the boot gate, and whether the identity behind a token is still true. */
export default defineHook(({ filter, init }, { database }) => {
  const guard = createGuard(database);

  const entry: Middleware = (request, response, next) => {
    guard(request, response, (error?: unknown) => {
      restoreUrl(request);
      next(error);
    });
  };

  processState().middlewares = { gate, guard, entry };

  init('middlewares.before', ({ app }) => mount(app as Application, 'gate'));

  init('middlewares.after', ({ app }) => {
    mount(app as Application, 'entry');
    mountBetween(app as Application, 'guard');
  });

  // A login or a refresh of a member whose tenant is closed would hand out a token that nothing accepts.
  filter<Record<string, unknown>>('auth.jwt', async (claims, { user }) => {
    if (typeof user !== 'string') return claims;

    const role = (claims['role'] ?? null) as string | null;
    await assertIdentityIsCurrent(database, { user, role, roles: [], admin: false, app: false, ip: null });
    return claims;
  });

  filter('websocket.message', async (message, { client }) => {
    if (runtime.closed !== null) throw new ForbiddenError();

    const accountability = (client as { accountability?: Accountability | null } | undefined)?.accountability;
    // Directus takes a socket without accountability for an internal caller with full rights.
    if (!accountability && !isAuthentication(message)) throw new ForbiddenError();
    if (accountability) await assertIdentityIsCurrent(database, accountability);
    return message;
  });

  runtime.registered.add('requests');
});

function isAuthentication(message: unknown): boolean {
  return (message as { type?: unknown } | null)?.type === 'auth';
}
