import type { Me } from '../../../client/index.ts';
import { TENANTS_ROLE } from '../../../tenancy/managed.ts';

/** What Directus' app knows of the user by itself (`/users/me`, `/roles/me` and `/policies/me/globals`). */
interface AppUser {
  admin_access?: boolean;
  /** Set for somebody who looks at a share. */
  share?: unknown;
  role?: { id: string } | null;
  roles?: { id: string }[] | null;
}

/**
 * Whether somebody acts in a tenant: the role is then one below the role `Tenants`, which nobody else has above the own one. What
 * the person may read says less: a policy of the project may open `tenants` to anybody, and without a licence nobody reads it.
 */
export function actsInTenant(user: object): boolean {
  const { admin_access: isAdmin, share, role, roles } = user as AppUser;
  if (isAdmin || share !== undefined || role?.id === TENANTS_ROLE) return false;
  return roles?.some(({ id }) => id === TENANTS_ROLE) ?? false;
}

export type Membership = Me['memberships'][number];

/** Whether a person can go to a tenant: what is archived is open to owners alone. */
export function isOpen({ tenant, level }: Membership): boolean {
  return tenant.status === 'active' || (tenant.status === 'archived' && level === 'owner');
}
