import type { Accountability } from '@directus/types';
import { LICENCE_REASON, RefusedError } from '../../tenancy/errors.ts';
import { requesterOf } from '../../tenancy/queries.ts';
import { say } from '../../tenancy/sentences.ts';
import { runtime, type Middleware } from '../../runtime.ts';

/** Routes whose refusal by Directus itself would not tell a member why: GraphQL hides the collections, assets look missing. */
const UNEXPLAINED_ROUTES = /^\/(?:graphql(?:\/(?!system)|$)|assets\/)/;

/** Tells members, where the licence keeps them out, why that is so. */
export const licenceGuard: Middleware = (request, _response, next) => {
  const { accountability } = request as typeof request & { accountability?: Accountability };

  const refused =
    runtime.licensed === false &&
    UNEXPLAINED_ROUTES.test(request.path) &&
    accountability !== undefined &&
    !accountability.admin &&
    requesterOf(accountability) === 'member';

  next(refused ? new RefusedError({ reason: say(LICENCE_REASON) }) : undefined);
};
