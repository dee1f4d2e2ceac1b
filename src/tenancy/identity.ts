import type { TenantStatus } from './types.ts';

/** What became of the identity that a token or socket was issued with. */
export type Verdict = 'current' | 'stale' | 'tenant-closed' | 'tenant-archived';

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
 * - `tenant-closed`: the tenant is suspended;
 * - `tenant-archived`: its owners may read, and nobody else gets in.
 */
export function judgeIdentity(issued: IssuedIdentity, current: CurrentIdentity | null): Verdict {
  // The user is gone. Whether its role was a tenant's cannot be told any more, so the token is worth nothing.
  if (current === null) return 'stale';

  const { tokenTenant, liveTenant } = current;
  if (tokenTenant === null && liveTenant === null) return 'current';
  if (issued.user !== null && (issued.role !== current.role || current.userStatus !== 'active')) return 'stale';
  if (tokenTenant === 'archived') return 'tenant-archived';
  return tokenTenant === 'active' ? 'current' : 'tenant-closed';
}

/**
 * Whether a value switches something on when Directus stores and reads it as a boolean. Databases disagree on words (`yes`,
 * `t`), so whatever is not known to be off counts as on.
 */
export function isTurnedOn(value: unknown): boolean {
  return !OFF.has(typeof value === 'string' ? value.trim().toLowerCase() : value);
}

const OFF = new Set<unknown>([undefined, null, false, 0, '', '0', 'false']);

/**
 * The key that a many-to-one field holds, given as the key or as an object with it, in the form in which uuids are stored:
 * PostgreSQL takes them in capitals, in braces and without hyphens too. Null where there is none.
 */
export function uuidIn(reference: unknown): string | null {
  const key = reference && typeof reference === 'object' ? (reference as { id?: unknown }).id : reference;
  const digits = typeof key === 'string' ? key.toLowerCase().replaceAll(/[^0-9a-f]/g, '') : '';
  return digits.length === 32 ? digits.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-') : null;
}
