import type { EndpointExtensionContext } from '@directus/types';
import type { CookieOptions, Response, Router } from 'express';
import { ForbiddenError } from '@directus/errors';
import * as z from 'zod/mini';
import { readMe } from '../../services/me.ts';
import { leaveTenant } from '../../services/ownership.ts';
import { switchTenant, type Session } from '../../services/switching.ts';
import { accountabilityOf, expected, handle, parse, whenNeeded } from './http.ts';
import { tenantName } from './new-tenant.ts';

export const switchRequest = whenNeeded(() => z.strictObject({ tenant: tenantName() }, expected('an object')));

/** The cookie in which Directus keeps the session, set as Directus does it (`SESSION_COOKIE_OPTIONS` of `@directus/api`). */
function setSessionCookie(
  response: Response,
  env: EndpointExtensionContext['env'],
  { access_token: token, expires }: Session,
): void {
  response.cookie(String(env['SESSION_COOKIE_NAME']), token, {
    httpOnly: true,
    maxAge: expires,
    secure: Boolean(env['SESSION_COOKIE_SECURE']),
    sameSite: (env['SESSION_COOKIE_SAME_SITE'] as CookieOptions['sameSite']) || 'strict',
    ...(env['SESSION_COOKIE_DOMAIN'] !== undefined && { domain: String(env['SESSION_COOKIE_DOMAIN']) }),
  });
}

/** `/tenancy/me`: what the requester is, in which tenant, and where else the requester belongs. */
export function meRouter(router: Router, context: EndpointExtensionContext): void {
  router.get(
    '/me',
    handle(async (request, response) => {
      const user = accountabilityOf(request)?.user;
      if (!user) throw new ForbiddenError();
      response.json({ data: await readMe(context, user) });
    }),
  );

  router.post(
    '/me/tenant',
    handle(async (request, response) => {
      const accountability = accountabilityOf(request);
      if (!accountability?.user) throw new ForbiddenError();

      const { tenant } = parse(switchRequest, request.body);
      const session = await switchTenant({ ...context, actor: accountability }, tenant, accountability);

      if (accountability.session) setSessionCookie(response, context.env, session);
      response.json({ data: session });
    }),
  );

  router.delete(
    '/me/memberships/:tenant',
    handle(async (request, response) => {
      const accountability = accountabilityOf(request);
      if (!accountability?.user) throw new ForbiddenError();

      const tenant = String(request.params['tenant']);
      await leaveTenant({ ...context, actor: accountability }, tenant, accountability);
      response.status(204).end();
    }),
  );
}
