import type { Application, Response } from 'express';
import type { Accountability, SchemaOverview } from '@directus/types';
import { defineHook } from '../../define.ts';
import { followUpsAreDone, hasFollowUps } from '../../services/follow-ups.ts';
import { withBatch } from '../../services/request-batch.ts';
import { processState, runtime, type Middleware } from '../../runtime.ts';
import { prepareAnswers, restoreUrl } from './answers.ts';
import { createAttemptsWatch } from './attempts.ts';
import { createCountsGuard, prepareQueries } from './counts.ts';
import { createErasures } from './erasures.ts';
import { gate } from './gate.ts';
import { assertIdentityIsCurrent, createGuard } from './guard.ts';
import { inOwnLanguage } from './language.ts';
import { licenceGuard } from './licence-guard.ts';
import { createMembersShadow } from './members.ts';
import { createPages } from './pages.ts';
import { mount, mountBetween } from './placement.ts';
import { collectionOf, partsOf } from './route.ts';
import { createRouteGuards } from './routes.ts';
import { schemaGuard } from './schema-guard.ts';
import { guardGraphQlSocket, guardMessage, guardSocket, type Socket } from './sockets.ts';

/** Wall 4. What has to be decided per request: the boot gate, and whether the identity behind a token is still true. */
export default defineHook(({ action, filter, init }, context) => {
  const { database } = context;
  const guard = createGuard(context);

  const routeGuards = inTurn([
    completeAnswers,
    createAttemptsWatch(context),
    licenceGuard,
    schemaGuard,
    createMembersShadow(context),
    createRouteGuards(context),
    createCountsGuard(database),
    createErasures(context),
    batches,
  ]);

  const entry: Middleware = (request, response, next) => {
    guard.end(request, response, (error?: unknown) => {
      restoreUrl(request);
      if (error) next(error);
      else routeGuards(request, response, next);
    });
  };

  processState().middlewares = {
    gate: inTurn([inOwnLanguage(gate, context.logger), createPages(context)]),
    guard: guard.begin,
    entry,
  };

  init('middlewares.before', ({ app }) => {
    prepareAnswers(app as Application);
    prepareQueries(app as Application);
    mount(app as Application, 'gate');
  });

  init('middlewares.after', ({ app }) => {
    mountBetween(app as Application, 'guard');
    mount(app as Application, 'entry');
  });

  // A login or a refresh of a member whose tenant is closed would hand out a token that nothing accepts.
  filter<Record<string, unknown>>('auth.jwt', async (claims, { user }) => {
    if (typeof user !== 'string') return claims;

    const role = (claims['role'] ?? null) as string | null;
    await assertIdentityIsCurrent(database, { user, role, roles: [], admin: false, app: false, ip: null }, 'read');
    return claims;
  });

  filter('websocket.message', (message, { client }) => guardMessage(context, message, client as Socket | undefined));
  action('websocket.connect', ({ client }) => guardSocket(context, client as Socket));

  for (const event of ['websocket.auth.success', 'websocket.auth.failure']) {
    action(event, ({ client }) => guardGraphQlSocket(client as Socket));
  }

  runtime.registered.add('requests');
});

/** Keeps the rows of a request at hand, so that the write wall asks once for what all of them refer to. */
const batches: Middleware = (request, response, next) => {
  const { schema } = request as typeof request & { schema?: SchemaOverview };
  const collection = schema && request.method === 'POST' ? collectionOf(partsOf(request.path), schema) : null;
  if (collection) withBatch(collection, request.body, response, next);
  else next();
};

/**
 * Directus answers before the bundle has given a new collection its scope, and whoever goes on at once, such as a script, would
 * meet a collection whose table is still being changed: the answer to a super-admin waits.
 */
const completeAnswers: Middleware = (request, response, next) => {
  const { accountability } = request as typeof request & { accountability?: Accountability };

  if (accountability?.admin && request.method !== 'GET') {
    const end = response.end.bind(response) as (...parameters: unknown[]) => Response;

    response.end = ((...parameters: unknown[]): Response => {
      if (!hasFollowUps()) return end(...parameters);
      void followUpsAreDone().then(() => end(...parameters));
      return response;
    }) as Response['end'];
  }

  next();
};

/** One middleware that runs others one after the other; the first error ends it. */
function inTurn(middlewares: readonly Middleware[]): Middleware {
  return (request, response, next) => {
    let turn = 0;

    const goOn = (error?: unknown): void => {
      const middleware = error ? undefined : middlewares[turn];
      turn += 1;
      if (middleware) middleware(request, response, goOn);
      else next(error);
    };

    goOn();
  };
}
