import type { EndpointExtensionContext } from '@directus/types';
import type { Router } from 'express';
import * as z from 'zod';
import { listCollections, setScope } from '../../services/collections.ts';
import { setUniqueness } from '../../services/uniqueness.ts';
import { findTenantId } from '../../services/tenants.ts';
import { InvalidFieldError } from '../../tenancy/errors.ts';
import { expected, handleSuperAdmin, parse } from './http.ts';

const scopeRequest = z.strictObject(
  {
    scope: z.enum(['tenant', 'shared'], expected('"tenant" or "shared"')),
    assign: z
      .strictObject({ tenant: z.string(expected('the id or the slug of a tenant')).min(1, 'must not be empty') })
      .optional(),
    confirm: z.boolean(expected('true or false')).optional(),
  },
  expected('an object'),
);

const uniquenessRequest = z.strictObject(
  { unique: z.literal(['tenant', 'project', false], expected('"tenant", "project" or false')) },
  expected('an object'),
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
      const { assign, ...rest } = parse(scopeRequest, request.body);
      const tenant = assign && (await tenantToAssign(context, assign.tenant));

      response.json({
        data: await setScope(context, String(request.params['collection']), {
          ...rest,
          ...(tenant !== undefined && { assign: { tenant } }),
        }),
      });
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

async function tenantToAssign(context: EndpointExtensionContext, idOrSlug: string): Promise<string> {
  try {
    return await findTenantId(context.database, idOrSlug);
  } catch {
    throw new InvalidFieldError({ field: 'assign.tenant', reason: `names no tenant ("${idOrSlug}")` });
  }
}
