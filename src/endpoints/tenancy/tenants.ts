import type { EndpointExtensionContext } from '@directus/types';
import type { Request, Router } from 'express';
import * as z from 'zod/mini';
import { readAudit } from '../../services/audit.ts';
import { readOverview } from '../../services/overview.ts';
import { provisionTenant } from '../../services/provisioning.ts';
import {
  findTenantId,
  listTenants,
  readTenant,
  TENANT_SORT_FIELDS,
  updateTenant,
  USAGE_SORT_FIELDS,
} from '../../services/tenants.ts';
import { LIFECYCLE, setStatus } from '../../services/lifecycle.ts';
import { say } from '../../tenancy/sentences.ts';
import { TENANT_STATUSES } from '../../tenancy/types.ts';
import { eraseAndAnswer } from './erase.ts';
import { keyOf } from './idempotency-key.ts';
import { importTenants } from './import.ts';
import { domains, name, parseNewTenant, settings, slug } from './new-tenant.ts';
import {
  contextOf,
  contextWithSchema,
  expected,
  expectedOneOf,
  handleSuperAdmin,
  noLongerThan,
  parse,
  whenNeeded,
} from './http.ts';

const MAX_PER_PAGE = 1000;

const wholeNumber = (min: number) =>
  z.coerce
    .number({ error: () => say('must be a number') })
    .check(
      z.int({ error: () => say('must be a whole number') }),
      z.minimum(min, { error: () => say('must be at least {min}', { min }) }),
    );

const atMost = () => z.maximum(MAX_PER_PAGE, { error: () => say('must be at most {max}', { max: MAX_PER_PAGE }) });

export const tenantChanges = whenNeeded(() =>
  z.strictObject(
    {
      name: z.optional(name()),
      slug: z.optional(slug()),
      settings: z.optional(z.nullable(settings())),
      domains: z.optional(z.nullable(domains())),
    },
    expected('an object'),
  ),
);

const sortField = whenNeeded(() => z.enum([...TENANT_SORT_FIELDS, ...USAGE_SORT_FIELDS]));

/** Parameters that Directus knows on every route, such as `access_token`, pass unread. */
export const listQuery = whenNeeded(() =>
  z.object({
    search: z.optional(z.string().check(z.trim(), noLongerThan(255))),
    status: z.optional(z.enum(TENANT_STATUSES, expectedOneOf(TENANT_STATUSES))),
    sort: z.pipe(
      z._default(z.string(), 'name'),
      z.transform((value, { issues }) => {
        const descending = value.startsWith('-');
        const field = sortField().safeParse(descending ? value.slice(1) : value);
        if (field.success) return { field: field.data, descending };

        const fields = sortField().options.join(', ');
        const message = say('must be one of {fields}, with "-" for descending', { fields });
        issues.push({ code: 'custom', message, input: value });
        return z.NEVER;
      }),
    ),
    limit: z._default(wholeNumber(-1).check(atMost()), 25),
    page: z._default(wholeNumber(1), 1),
  }),
);

export const pageQuery = whenNeeded(() =>
  z.object({
    limit: z._default(wholeNumber(1).check(atMost()), 25),
    page: z._default(wholeNumber(1), 1),
  }),
);

/** Routes below `/tenancy/tenants` that are the super-admins'. */
export function tenantsRouter(router: Router, context: EndpointExtensionContext): void {
  const tenantOf = (request: Request): Promise<string> =>
    findTenantId(context.database, String(request.params['tenant']));

  const by = (request: Request) => contextOf(context, request);

  router.get(
    '/tenants',
    handleSuperAdmin(async (request, response) => {
      response.json(await listTenants(context, parse(listQuery, request.query)));
    }),
  );

  router.post(
    '/tenants',
    handleSuperAdmin(async (request, response) => {
      const tenant = await provisionTenant(
        contextWithSchema(context, request),
        parseNewTenant(request.body),
        keyOf(request),
      );
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
