import type { Accountability } from '@directus/types';
import type { Request, Response } from 'express';
import { TENANTS_ROLE } from '../../tenancy/managed.ts';
import { requesterOf } from '../../tenancy/queries.ts';
import { rewriteAnswer } from './answers.ts';

/**
 * Completes what Directus answers a member about the own roles (`GET /roles/me`) by the role `Tenants`, above that of the tenant.
 * The member acts with both and may read the row of the tenant's alone, so Directus leaves the other one out. By its id, which is
 * the same in every project and no secret, the Data Studio knows a member from anybody else, without a request more.
 */
export function completeOwnRoles(request: Request, response: Response): void {
  if (/^\/roles\/me\/?$/i.test(request.path)) rewriteAnswer(response, completed);
}

function completed(body: unknown, { req: request }: Response): unknown {
  const { accountability } = request as Request & { accountability?: Accountability };
  return accountability && isMember(accountability) ? withTenantsRole(body) : body;
}

function isMember(accountability: Accountability): boolean {
  return accountability.user !== null && requesterOf(accountability) === 'member';
}

/** The body with the role beside those that it lists; anything but a list, such as an error, as it is. */
function withTenantsRole(body: unknown): unknown {
  const { data } = (body ?? {}) as { data?: unknown };
  return Array.isArray(data) ? { ...(body as object), data: [...(data as unknown[]), { id: TENANTS_ROLE }] } : body;
}
