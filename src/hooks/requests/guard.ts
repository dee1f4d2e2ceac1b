import type { Accountability } from '@directus/types';
import type { Request } from 'express';
import type { Knex } from 'knex';
import { ErrorCode, isDirectusError, TokenExpiredError } from '@directus/errors';
import { actingAs, readLiveIdentity } from '../../services/identity.ts';
import { isOwner } from '../../services/memberships.ts';
import { RefusedError } from '../../tenancy/errors.ts';
import { judgeIdentity } from '../../tenancy/identity.ts';
import { say } from '../../tenancy/sentences.ts';
import { refreshRuntime, runtime, type Middleware } from '../../runtime.ts';
import { accessOf, type Access } from './access.ts';
import { keepApart } from './answers.ts';
import { completeOwnRoles } from './own-roles.ts';
import { describeRoutes } from './specification.ts';
import { hideTenantField } from './tenant-field.ts';

const CLOSED = 'Your tenant is not active. Ask the administrator of this project what to do.';
const ARCHIVED = 'Your tenant is archived: you can read what it has, and change nothing.';

/** Refreshing, logging in and logging out are how a client gets out of a stale token; Directus checks those by itself. */
const AUTHENTICATION_ROUTES = /^\/auth(\/|$)/;

/** The Data Studio renews a stale session after it has loaded the code of extensions, which is the same for everybody. */
const CODE_OF_THE_STUDIO = /^\/extensions\/sources\//;

/**
 * A token and a socket carry the role they were issued with. Each request is held against what the user is now, so that a
 * moved, suspended or removed user does not go on in the old tenant until the token expires. Called at every step of a request
 * from the authentication on; checks once, and again should somebody change who asks.
 */
export function createGuard(database: Knex): Middleware {
  const checked = new WeakMap<Request, Accountability>();

  return (request, response, next) => {
    const { accountability } = request as typeof request & { accountability?: Accountability };

    if (!accountability || checked.get(request) === accountability) return next();
    checked.set(request, accountability);

    const check = async (): Promise<void> => {
      await refreshRuntime(database);
      keepApart(request, response, accountability, runtime.tenantsExist);
      if (AUTHENTICATION_ROUTES.test(request.path)) return;

      try {
        await assertIdentityIsCurrent(database, accountability, accessOf(request));
      } catch (error) {
        if (!isDirectusError(error, ErrorCode.TokenExpired) || !CODE_OF_THE_STUDIO.test(request.path)) throw error;
      }

      hideTenantField(request, response);
      await describeRoutes(database, request, response, accountability);
      completeOwnRoles(request, response);
    };

    check().then(() => next(), next);
  };
}

/**
 * @throws TokenExpiredError, which makes clients refresh by themselves, when the identity has changed
 * @throws RefusedError when the tenant is not active, or an owner is about to write in an archived one
 */
export async function assertIdentityIsCurrent(
  database: Knex,
  accountability: Accountability,
  access: Access,
): Promise<void> {
  // The public has no identity that could be stale.
  if (!accountability.user && !accountability.share) return;

  const { user, role } = await actingAs(database, accountability);

  switch (judgeIdentity({ user, role }, await readLiveIdentity(database, user, role))) {
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
