import type { TenantStatus } from './types.ts';

/** What became of the identity that a token or socket was issued with. */
export type Verdict = 'current' | 'stale' | 'tenant-closed';

export interface IssuedIdentity {
  user: string | null;
  role: string | null;
}

export interface CurrentIdentity {
  role: string | null;
  userStatus: string | null;
  tokenTenant: TenantStatus | null;
  liveTenant: TenantStatus | null;
}

/**
 * Compares what a token says with what is true now. Tokens that have to do with no tenant are left to Directus.
 *
 * - `stale`: the user was moved into, out of or between tenants, suspended or removed: a new token has to be asked for;
 * - `tenant-closed`: the tenant is not active.
 */
export function judgeIdentity(issued: IssuedIdentity, current: CurrentIdentity | null): Verdict {
  // The user is gone. Whether its role was a tenant's cannot be told any more, so the token is worth nothing.
  if (current === null) return 'stale';

  const { tokenTenant, liveTenant } = current;
  if (tokenTenant === null && liveTenant === null) return 'current';
  if (issued.user !== null && (issued.role !== current.role || current.userStatus !== 'active')) return 'stale';
  return tokenTenant === 'active' ? 'current' : 'tenant-closed';
}
