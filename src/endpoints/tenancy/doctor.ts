import type { EndpointExtensionContext } from '@directus/types';
import type { Router } from 'express';
import * as z from 'zod/mini';
import { examine, mend } from '../../services/doctor/index.ts';
import { say } from '../../tenancy/sentences.ts';
import { expected, handleSuperAdmin, parse, whenNeeded } from './http.ts';

export const fixRequest = whenNeeded(() =>
  z.strictObject(
    {
      checks: z
        .array(z.string(expected('the id of a check')), expected('a list of ids of checks'))
        .check(z.minLength(1, { error: () => say('must name a check') })),
    },
    expected('an object'),
  ),
);

/** `/tenancy/doctor`: whether tenants are kept apart, and what to do where they are not. */
export function doctorRouter(router: Router, context: EndpointExtensionContext): void {
  router.get(
    '/doctor',
    handleSuperAdmin(async (_request, response) => {
      response.json({ data: await examine(context) });
    }),
  );

  router.post(
    '/doctor/fix',
    handleSuperAdmin(async (request, response) => {
      const { checks } = parse(fixRequest, request.body);
      response.json({ data: await mend(context, checks) });
    }),
  );
}
