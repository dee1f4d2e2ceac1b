import { uuidIn } from '../tenancy/identity.ts';
import type { ServiceContext } from './directus.ts';

/**
 * The roles whose ids the variables of an identity provider name, its default role and those of its mapping. A directory (LDAP)
 * maps groups to the roles of the same names, and nobody decides that by naming a tenant as somebody's group is called.
 */
export function rolesNamedFor({ env }: Pick<ServiceContext, 'env'>, provider: string): Set<string> {
  const variable = (name: string): unknown => env[`AUTH_${provider.toUpperCase()}_${name}`];
  const mapping = variable('ROLE_MAPPING');
  const mapped: unknown[] = mapping && typeof mapping === 'object' ? Object.values(mapping) : [];

  return new Set([variable('DEFAULT_ROLE_ID'), ...mapped].flatMap((role) => uuidIn(role) ?? []));
}
