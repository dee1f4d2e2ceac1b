import type { EndpointExtensionContext } from '@directus/types';
import type { Router } from 'express';
import { examine } from '../../services/doctor.ts';
import { handleSuperAdmin } from './http.ts';

/** `/tenancy/doctor`: whether tenants are kept apart, and what to do where they are not. */
export function doctorRouter(router: Router, context: EndpointExtensionContext): void {
  router.get(
    '/doctor',
    handleSuperAdmin(async (_request, response) => {
      response.json({ data: await examine(context) });
    }),
  );
}
