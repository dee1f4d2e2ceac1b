import type { Accountability } from '@directus/types';
import type { Request, Response } from 'express';
import type { Knex } from 'knex';
import { withTenancyRoutes, type Reader } from '../../endpoints/tenancy/openapi/document.ts';
import { POLICIES, TENANT_FIELD, TENANT_MEMBERS, TENANTS } from '../../tenancy/managed.ts';
import type { TenantStatus } from '../../tenancy/types.ts';
import { runtime } from '../../runtime.ts';
import { accessOf } from './access.ts';
import { rewriteAnswer } from './answers.ts';

/**
 * Adds to Directus' OpenAPI document the routes of the bundle that the requester may use, on its way out. Whoever
 * belongs to no tenant gets it as Directus made it.
 */
export async function describeRoutes(
  database: Knex,
  request: Request,
  response: Response,
  accountability: Accountability,
): Promise<void> {
  if (!/^\/server\/specs\/oas\/?$/i.test(request.path)) return;

  (response as Described)[READER] = await readerOf(database, accountability);
  rewriteAnswer(response, described);
}

/** Whom an answer describes the routes to. */
const READER = Symbol('tenancy reader');

type Described = Response & { [READER]?: Reader | null };

function described(body: unknown, { [READER]: reader }: Described): unknown {
  return reader ? withTenancyRoutes(body, reader) : body;
}

async function readerOf(database: Knex, { admin, user, role }: Accountability): Promise<Reader | null> {
  if (admin) return { audience: 'super-admin', mayUse: () => true };
  if (!user || !runtime.tenantsExist) return null;

  const memberships: { tenant: string; policy: string; status: TenantStatus }[] = await database({
    member: TENANT_MEMBERS,
  })
    .join({ tenant: TENANTS }, 'tenant.id', `member.${TENANT_FIELD}`)
    .where('member.user_id', user)
    .select({ tenant: 'tenant.id', policy: 'member.policy', status: 'tenant.status' });

  if (memberships.length === 0) return null;

  const here = memberships.find(({ tenant }) => tenant === role);
  return {
    audience: here?.policy === POLICIES.owner ? 'owner' : 'member',
    // Owners read in a tenant that is archived.
    mayUse: ({ method, path }) => here?.status !== 'archived' || accessOf({ method, path, body: null }) === 'read',
  };
}
