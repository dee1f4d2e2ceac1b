import type { TenantOwner } from '../types.ts';

/** How Directus names a user: by name, else by email address, else by id. */
export function nameOfUser({ id, email, first_name, last_name }: TenantOwner): string {
  return [first_name, last_name].filter(Boolean).join(' ') || email || id;
}
