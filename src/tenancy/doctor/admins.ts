/** A role and the role above it. */
export interface RoleNode {
  id: string;
  parent: string | null;
}

/**
 * The roles with admin access: those that have a policy with it, and all below them.
 *
 * @param granted the roles to which such a policy is attached
 */
export function rolesWithAdminAccess(roles: readonly RoleNode[], granted: ReadonlySet<string>): Set<string> {
  const parents = new Map(roles.map(({ id, parent }) => [id, parent]));

  const reaches = (role: string): boolean => {
    const seen = new Set<string>();
    for (let at: string | null = role; at !== null && !seen.has(at); at = parents.get(at) ?? null) {
      if (granted.has(at)) return true;
      seen.add(at);
    }
    return false;
  };

  return new Set(roles.filter(({ id }) => reaches(id)).map(({ id }) => id));
}
