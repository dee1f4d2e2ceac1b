import type { EndpointExtensionContext } from '@directus/types';
import type { Router } from 'express';
import { ForbiddenError } from '@directus/errors';
import { readMe } from '../../services/me.ts';
import { accountabilityOf, handle } from './http.ts';

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
}
