import type { EndpointExtensionContext } from '@directus/types';
import type { Router } from 'express';
import * as z from 'zod/mini';
import { listCollections, setScope } from '../../services/collections.ts';
import { readAssignment } from '../../services/adoption/owners.ts';
import { setUniqueness } from '../../services/uniqueness.ts';
import { say } from '../../tenancy/sentences.ts';
import { SCOPES } from '../../tenancy/types.ts';
import { expected, handleSuperAdmin, notEmpty, parse, whenNeeded } from './http.ts';
import { answerWithProgress } from './lines.ts';
import { tenantName } from './new-tenant.ts';

const fieldName = () => z.string(expected('the name of a field')).check(notEmpty());

const assignment = () =>
  z
    .strictObject(
      {
        tenant: z.optional(tenantName()),
        through: z.optional(fieldName()),
        by: z.optional(fieldName()),
        tenants: z.optional(z.record(z.string(), tenantName(), expected('an object of values and tenants'))),
      },
      expected('an object'),
    )
    .check(
      z.refine(
        ({ tenant, through, by, tenants }) =>
          [tenant, through, by].filter((way) => way !== undefined).length === 1 &&
          (by === undefined) === (tenants === undefined),
        { error: () => say('has to be one of { "tenant": … }, { "through": … } and { "by": …, "tenants": … }') },
      ),
    );

export const scopeRequest = whenNeeded(() =>
  z.strictObject(
    {
      scope: z.enum(SCOPES, expected('"tenant", "mixed" or "shared"')),
      assign: z.optional(assignment()),
      confirm: z.optional(z.boolean(expected('true or false'))),
      dry_run: z.optional(z.boolean(expected('true or false'))),
    },
    expected('an object'),
  ),
);

export const uniquenessRequest = whenNeeded(() =>
  z.strictObject(
    { unique: z.literal(['tenant', 'project', false], expected('"tenant", "project" or false')) },
    expected('an object'),
  ),
);

/** Routes below `/tenancy/collections`. All of them are the super-admins'. */
export function collectionsRouter(router: Router, context: EndpointExtensionContext): void {
  router.get(
    '/collections',
    handleSuperAdmin(async (_request, response) => {
      response.json({ data: await listCollections(context) });
    }),
  );

  router.put(
    '/collections/:collection',
    handleSuperAdmin(async (request, response) => {
      const { assign: asked, scope, confirm, dry_run: dryRun } = parse(scopeRequest, request.body);
      const assign = asked && (await readAssignment(context.database, asked));

      await answerWithProgress(context, { request, response, what: 'a decision' }, (progress) =>
        setScope(context, String(request.params['collection']), { scope, confirm, dryRun, assign, progress }),
      );
    }),
  );

  router.patch(
    '/collections/:collection/fields/:field',
    handleSuperAdmin(async (request, response) => {
      const [collection, field] = [String(request.params['collection']), String(request.params['field'])];
      const { unique } = parse(uniquenessRequest, request.body);

      await setUniqueness(context, collection, field, unique || 'none');
      response.json({ data: { collection, field, unique } });
    }),
  );
}
