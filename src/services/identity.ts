import type { Accountability } from '@directus/types';
import type { Knex } from 'knex';
import { TENANTS, TENANTS_ROLE } from '../tenancy/managed.ts';
import type { TenantStatus } from '../tenancy/types.ts';
import { oftenAsked } from './database.ts';
import { readRevision, REVISION } from './scopes.ts';

/** What the database says now about who stands behind a token. */
export interface LiveIdentity {
  /** The user's role now; null without user or role. */
  role: string | null;
  /** The user's status; null when there is no such user. */
  userStatus: string | null;
  /** Status of the tenant whose role the token carries; null when that role is no tenant's. */
  tokenTenant: TenantStatus | null;
  /** Status of the tenant whose role the user has now. */
  liveTenant: TenantStatus | null;
  /** What the recorded scopes are at, see `readRevision`: it is asked for whenever this is. */
  revision: string | null;
}

interface LiveRow {
  role: string | null;
  user_status: string;
  token_tenant: TenantStatus | null;
  live_tenant: TenantStatus | null;
  revision: string | null;
}

/**
 * Written out: it is asked with each request, and to put it together would take as long as to ask it. Where it is planned each time, the
 * database has less to think about if nothing can be joined in another order.
 */
const askLive = oftenAsked<LiveRow>(
  'live',
  `
  SELECT account.role AS role, account.status AS user_status,
    (SELECT status FROM ${TENANTS} WHERE id = ?) AS token_tenant,
    (SELECT status FROM ${TENANTS} WHERE id = account.role) AS live_tenant,
    (${REVISION}) AS revision
  FROM directus_users account
  WHERE account.id = ?`,
);

/**
 * Looks up, in one query for a user, what has become of the user and of the tenants concerned.
 *
 * @param user the user of the token; null for a share
 * @param role the role that the token carries
 * @param onSent called when the query for a user is on its way, once or more
 */
export async function readLiveIdentity(
  database: Knex,
  user: string | null,
  role: string | null,
  onSent?: () => void,
): Promise<LiveIdentity | null> {
  if (user === null) {
    const revision = await readRevision(database);
    const tenant = await database(TENANTS).select('status').where({ id: role }).first();
    const status = tenant?.status ?? null;
    return { role, userStatus: null, tokenTenant: status, liveTenant: status, revision };
  }

  const [row] = await askLive(database, [role, user], onSent);

  return row
    ? {
        role: row.role,
        userStatus: row.user_status,
        tokenTenant: row.token_tenant,
        liveTenant: row.live_tenant,
        revision: row.revision,
      }
    : null;
}

/**
 * The requester with the role in which the request acts. A share's token carries no role: the share itself tells as what it
 * reads, and a share with the role of a tenant is treated as a member of it.
 */
export async function actingAs(database: Knex, accountability: Accountability): Promise<Accountability> {
  if (accountability.user || !accountability.share) return accountability;

  const row: { role: string | null; tenant: string | null } | undefined = await database('directus_shares as share')
    .leftJoin(`${TENANTS} as tenant`, 'tenant.id', 'share.role')
    .where('share.id', accountability.share)
    .first({ role: 'share.role', tenant: 'tenant.id' });

  const role = row?.role ?? null;
  return { ...accountability, role, roles: row?.tenant ? [row.tenant, TENANTS_ROLE] : role ? [role] : [] };
}
