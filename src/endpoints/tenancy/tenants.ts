import type { EndpointExtensionContext } from '@directus/types';
import type { Request, Router } from 'express';
import * as z from 'zod';
import { readAudit } from '../../services/audit.ts';
import { readOverview } from '../../services/overview.ts';
import {
  findTenantId,
  listTenants,
  provisionTenant,
  readTenant,
  TENANT_SORT_FIELDS,
  updateTenant,
  USAGE_SORT_FIELDS,
} from '../../services/tenants.ts';
import { LIFECYCLE, setStatus } from '../../services/lifecycle.ts';
import { TENANT_STATUSES } from '../../tenancy/types.ts';
import { eraseAndAnswer } from './erase.ts';
import { keyOf } from './idempotency-key.ts';
import { importTenants } from './import.ts';
import { domains, name, parseNewTenant, settings, slug } from './new-tenant.ts';
import { accountabilityOf, expected, handleSuperAdmin, parse } from './http.ts';

const MAX_PER_PAGE = 1000;

const wholeNumber = (min: number) =>
  z.coerce.number('must be a number').int('must be a whole number').min(min, `must be at least ${min}`);

export const tenantChanges = z.strictObject(
  {
    name: name.optional(),
    slug: slug.optional(),
    settings: settings.nullable().optional(),
    domains: domains.nullable().optional(),
  },
  expected('an object'),
);

const sortField = z.enum([...TENANT_SORT_FIELDS, ...USAGE_SORT_FIELDS]);

/** Parameters that Directus knows on every route, such as `access_token`, pass unread. */
export const listQuery = z.object({
  search: z.string().trim().max(255).optional(),
  status: z.enum(TENANT_STATUSES, `must be one of ${TENANT_STATUSES.join(', ')}`).optional(),
  sort: z
    .string()
    .default('name')
    .transform((value, { addIssue }) => {
      const descending = value.startsWith('-');
      const field = sortField.safeParse(descending ? value.slice(1) : value);
      if (field.success) return { field: field.data, descending };

      addIssue({ code: 'custom', message: `must be one of ${sortField.options.join(', ')}, with "-" for descending` });
      return z.NEVER;
    }),
  limit: wholeNumber(-1).max(MAX_PER_PAGE, `must be at most ${MAX_PER_PAGE}`).default(25),
  page: wholeNumber(1).default(1),
});

export const pageQuery = z.object({
  limit: wholeNumber(1).max(MAX_PER_PAGE, `must be at most ${MAX_PER_PAGE}`).default(25),
  page: wholeNumber(1).default(1),
});

/** Routes below `/tenancy/tenants` that are the super-admins'. */
export function tenantsRouter(router: Router, context: EndpointExtensionContext): void {
  const tenantOf = (request: Request): Promise<string> =>
    findTenantId(context.database, String(request.params['tenant']));

  const by = (request: Request) => ({ ...context, actor: accountabilityOf(request) });

  router.get(
    '/tenants',
    handleSuperAdmin(async (request, response) => {
      response.json(await listTenants(context, parse(listQuery, request.query)));
    }),
  );

  router.post(
    '/tenants',
    handleSuperAdmin(async (request, response) => {
      const tenant = await provisionTenant(by(request), parseNewTenant(request.body), keyOf(request));
      response.status(201).json({ data: tenant });
    }),
  );

  router.post(
    '/tenants/import',
    handleSuperAdmin((request, response) => importTenants(by(request), request, response)),
  );

  router.get(
    '/tenants/:tenant',
    handleSuperAdmin(async (request, response) => {
      response.json({ data: await readTenant(context, await tenantOf(request)) });
    }),
  );

  router.patch(
    '/tenants/:tenant',
    handleSuperAdmin(async (request, response) => {
      const tenant = await tenantOf(request);
      response.json({ data: await updateTenant(by(request), tenant, parse(tenantChanges, request.body)) });
    }),
  );

  router.delete(
    '/tenants/:tenant',
    handleSuperAdmin(async (request, response) => {
      await eraseAndAnswer(by(request), await tenantOf(request), request, response);
    }),
  );

  for (const [action, status] of Object.entries(LIFECYCLE)) {
    router.post(
      `/tenants/:tenant/${action}`,
      handleSuperAdmin(async (request, response) => {
        response.json({ data: await setStatus(by(request), await tenantOf(request), status) });
      }),
    );
  }

  router.get(
    '/tenants/:tenant/overview',
    handleSuperAdmin(async (request, response) => {
      response.json({ data: await readOverview(context, await tenantOf(request)) });
    }),
  );

  router.get(
    '/tenants/:tenant/audit',
    handleSuperAdmin(async (request, response) => {
      response.json(await readAudit(context, await tenantOf(request), parse(pageQuery, request.query)));
    }),
  );
}
