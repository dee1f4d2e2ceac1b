import { setImmediate } from 'node:timers/promises';
import type { Accountability } from '@directus/types';
import type { NextFunction, Request, Response } from 'express';
import type { Knex } from 'knex';
import { ErrorCode, isDirectusError, TokenExpiredError } from '@directus/errors';
import { actingAs, readLiveIdentity } from '../../services/identity.ts';
import { isOwner } from '../../services/memberships.ts';
import { RefusedError } from '../../tenancy/errors.ts';
import { isTurnedOn, judgeIdentity } from '../../tenancy/identity.ts';
import { say } from '../../tenancy/sentences.ts';
import { mayBeCached } from '../../tenancy/answers.ts';
import {
  followRevision,
  markFresh,
  readingAhead,
  refreshRuntime,
  refreshTenantsExist,
  runtime,
  type Context,
  type Middleware,
} from '../../runtime.ts';
import { accessOf, type Access } from './access.ts';
import { canBeHeld, holdAnswer, keepApart } from './answers.ts';
import { completeOwnRoles } from './own-roles.ts';
import { enterAnew } from './placement.ts';
import { describeRoutes } from './specification.ts';
import { hideTenantField } from './tenant-field.ts';

const CLOSED = 'Your tenant is not active. Ask the administrator of this project what to do.';
const ARCHIVED = 'Your tenant is archived: you can read what it has, and change nothing.';

/** Refreshing, logging in and logging out are how a client gets out of a stale token; Directus checks those by itself. */
const AUTHENTICATION_ROUTES = /^\/auth(\/|$)/;

/** The Data Studio renews a stale session after it has loaded the code of extensions, which is the same for everybody. */
const CODE_OF_THE_STUDIO = /^\/extensions\/sources\//;

/** Rows and files, or one of them. */
const ROWS = /^\/(items\/[^/]+(\/[^/]+)?|files(\/[\da-f-]{36})?)\/?$/i;

/** The two places at which requests are held against what is true now. */
export interface Guard {
  /**
   * Called at every step of a request from the authentication on: begins to ask, once, and again should somebody change who asks.
   */
  begin: Middleware;
  /** In front of the routes: nobody gets past it before the answer is there, but to read what is sent after that. */
  end: Middleware;
}

/** The check of a request is kept at the request, and goes with it. */
const CHECK = Symbol('tenancy check');

interface Check {
  accountability: Accountability;
  /** Not there as long as the check has not begun. */
  outcome?: Promise<void>;
}

type Guarded = Request & { accountability?: Accountability; [CHECK]?: Check };

/**
 * A token and a socket carry the role they were issued with. Each request is held against what the user is now, so that a
 * moved, suspended or removed user does not go on in the old tenant until the token expires.
 */
export function createGuard({ database, env }: Pick<Context, 'database' | 'env'>): Guard {
  const hasCache = isTurnedOn(env['CACHE_ENABLED']);
  const environment = { database, hasCache };

  const begin = (request: Guarded, response: Response, next: NextFunction): void => {
    const { accountability } = request;
    if (!accountability || request[CHECK]?.accountability === accountability) return next();

    if (mayReadAhead(request, response, accountability, hasCache)) {
      keepApart(request, response, accountability, true, hasCache);
      request[CHECK] = { accountability };
      return next();
    }

    const goOn = mayPrepare(accountability, hasCache) ? once(next) : undefined;
    const outcome = check(environment, request, response, accountability, goOn);
    request[CHECK] = { accountability, outcome };

    if (!goOn) return void outcome.then(() => next(), next);

    // Directus copies its schema next, in one go. The database works meanwhile, if it was asked before.
    if (!accountability.user) goOn();
    // Refused at the end, where it is awaited.
    outcome.then(goOn, goOn);
  };

  const end = (request: Guarded, response: Response, next: NextFunction): void => {
    begin(request, response, (error?: unknown) => {
      const made = request[CHECK];
      if (error || !made) return next(error);

      if (!made.outcome && mayReadAhead(request, response, made.accountability, hasCache)) {
        readAhead(environment, request, response, made);
        return next();
      }

      made.outcome ??= check(environment, request, response, made.accountability);
      made.outcome.then(() => next(), next);
    });
  };

  return { begin, end };
}

/** Calls a middleware's `next` at the first of several occasions, without what comes with them. */
function once(next: NextFunction): () => void {
  let isDone = false;

  return () => {
    if (isDone) return;
    isDone = true;
    next();
  };
}

/**
 * Whether Directus may go on to the routes, and not further, while the database is being asked. It may not where its response
 * cache, which stands in between, could answer.
 */
function mayPrepare(accountability: Accountability, hasCache: boolean): boolean {
  return runtime.tenantsExist && !(hasCache && mayBeCached(accountability, true));
}

interface Environment {
  database: Knex;
  hasCache: boolean;
}

/**
 * Whether a request may even be answered while it is being checked, the answer being held until that is done: where it reads rows and
 * does nothing else.
 */
function mayReadAhead(
  request: Request,
  response: Response,
  accountability: Accountability,
  hasCache: boolean,
): boolean {
  return (
    request.method === 'GET' &&
    ROWS.test(request.path) &&
    Boolean(accountability.user) &&
    runtime.revision !== null &&
    canBeHeld(response) &&
    mayPrepare(accountability, hasCache)
  );
}

/**
 * Checks a request when Directus has sent its own query for it. If the check fails, or the scopes have changed meanwhile, whatever was
 * read is gone, and the request comes to the end of its check anew.
 */
function readAhead(environment: Environment, request: Guarded, response: Response, made: Check): void {
  const { url } = request;
  const { revision } = runtime;
  const { accountability } = made;

  readingAhead.add(accountability);
  // All that Directus does up to its query it does without waiting for anything.
  made.outcome = setImmediate()
    .then(() => check(environment, request, response, accountability))
    .finally(() => readingAhead.delete(accountability));

  const isGood = made.outcome.then(() => runtime.revision === revision);
  holdAnswer(response, isGood, () => enterAnew(request, response, url));
}

async function check(
  { database, hasCache }: Environment,
  request: Request,
  response: Response,
  accountability: Accountability,
  onSent?: () => void,
): Promise<void> {
  if (!runtime.tenantsExist) await refreshTenantsExist(database);
  keepApart(request, response, accountability, runtime.tenantsExist, hasCache);

  const authenticates = AUTHENTICATION_ROUTES.test(request.path);
  if (authenticates || !hasIdentity(accountability)) await refreshRuntime(database);
  if (authenticates) return;

  try {
    await assertIdentityIsCurrent(database, accountability, accessOf(request), onSent);
  } catch (error) {
    if (!isDirectusError(error, ErrorCode.TokenExpired) || !CODE_OF_THE_STUDIO.test(request.path)) throw error;
  }

  markFresh(accountability);
  hideTenantField(request, response);
  await describeRoutes(database, request, response, accountability);
  completeOwnRoles(request, response);
}

/** The public has no identity that could be stale. */
function hasIdentity({ user, share }: Accountability): boolean {
  return Boolean(user ?? share);
}

/**
 * Brings what this instance knows of recorded scopes up to date by the way: both are asked for in one query.
 *
 * @param onSent called when that query is on its way; not for shares, which are looked up by other ones
 * @throws TokenExpiredError, which makes clients refresh by themselves, when the identity has changed
 * @throws RefusedError when the tenant is not active, or an owner is about to write in an archived one
 */
export async function assertIdentityIsCurrent(
  database: Knex,
  accountability: Accountability,
  access: Access,
  onSent?: () => void,
): Promise<void> {
  if (!hasIdentity(accountability)) return;

  const { user, role } = await actingAs(database, accountability);
  const live = await readLiveIdentity(database, user, role, onSent);
  if (live) await followRevision(database, live.revision);

  switch (judgeIdentity({ user, role }, live)) {
    case 'current':
      return;
    case 'stale':
      throw new TokenExpiredError();
    case 'tenant-closed':
      throw new RefusedError({ reason: say(CLOSED) });
    case 'tenant-archived':
      if (!user || !role || !(await isOwner(database, role, user))) throw new RefusedError({ reason: say(CLOSED) });
      if (access === 'write') throw new RefusedError({ reason: say(ARCHIVED) });
  }
}
