import type { Accountability } from '@directus/types';
import { eraseAndAnswer } from '../../endpoints/tenancy/erase.ts';
import { findTenantId } from '../../services/tenants.ts';
import { TENANTS } from '../../tenancy/managed.ts';
import type { Context, Middleware } from '../../runtime.ts';
import { partsOf } from './route.ts';

/**
 * Erases a tenant where a super-admin deletes its row and confirms that by the slug. No hook on the row could do it: it knows
 * of no confirmation, and Directus would delete the row of a tenant that is erased already.
 */
export function createErasures(context: Context): Middleware {
  return (request, response, next) => {
    const { accountability } = request as typeof request & { accountability?: Accountability };
    if (!accountability?.admin || request.method !== 'DELETE') return next();

    const [root, collection, tenant, ...rest] = partsOf(request.path);
    const isErasure = root === 'items' && collection === TENANTS && rest.length === 0;
    if (!isErasure || !tenant || request.query['confirm'] === undefined) return next();

    const erase = async (): Promise<void> => {
      const id = await findTenantId(context.database, tenant);
      await eraseAndAnswer({ ...context, actor: accountability }, id, request, response);
    };

    erase().catch(next);
  };
}
