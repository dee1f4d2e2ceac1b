import type { Level } from './managed.ts';

/** The levels that whoever lands in a tenant may get: nobody becomes an owner, or gets in by tokens, without somebody deciding it. */
export const LANDING_LEVELS = ['viewer', 'editor'] as const satisfies readonly Level[];

/** The environment variable with the level of whoever registers into a tenant, or comes into one from an identity provider. */
export const LANDING_LEVEL = 'TENANCY_LANDING_LEVEL';

/**
 * The level of whoever lands in a tenant, by default the one that may do least.
 *
 * @throws when the environment names any other
 */
export function landingLevelOf(env: Record<string, unknown>): Level {
  const value = env[LANDING_LEVEL];
  if (value === undefined || value === null || value === '') return 'viewer';

  const level = LANDING_LEVELS.find((each) => each === value);
  if (level) return level;

  throw new Error(`The environment variable ${LANDING_LEVEL} must be one of ${LANDING_LEVELS.join(', ')}.`);
}

/** What a provider says of somebody who logs in: a tenant, the role `Tenants`, another role, or nothing. */
export type Mapped =
  | { kind: 'tenant'; id: string; isOpen: boolean }
  | { kind: 'tenants-role' }
  | { kind: 'role'; isAdmin: boolean }
  | { kind: 'nothing' };

/** Who logs in. */
export interface KnownUser {
  /** The tenant in which the user acts; null where the user acts in none. */
  tenant: string | null;
  /** The tenants that the user is a member of. */
  memberships: readonly string[];
  /** Whether a policy of the user's own gives admin access. */
  isAdmin: boolean;
}

/**
 * What becomes of a user's role at a login through a provider:
 * - `as-mapped`: Directus writes it as it always does; into a tenant the user comes as a member;
 * - `stay`: the role is what it was;
 * - `leave`: the user acts in the tenant no longer, and Directus writes the role that was mapped, or none.
 */
export type MappingVerdict = { verdict: 'as-mapped' | 'stay' | 'leave'; warning?: string };

/**
 * Decides what a provider's mapping does to somebody whom the project knows.
 *
 * @param decided the tenants that the operator named for this provider, by their ids. About these its word counts, and about no
 *   other: somebody whom an owner made a member elsewhere stays there.
 */
export function judgeMapping(mapped: Mapped, user: KnownUser, decided: ReadonlySet<string>): MappingVerdict {
  if (mapped.kind === 'tenant') return judgeTenant(mapped, user, decided);

  const acts = user.tenant !== null;

  if (acts && !decided.has(user.tenant ?? '')) return { verdict: 'stay' };

  if (mapped.kind === 'role' && mapped.isAdmin && (acts || user.memberships.length > 0)) {
    return {
      verdict: 'stay',
      warning: 'maps a member of a tenant to a role with admin access, which was refused: end the memberships first',
    };
  }

  if (mapped.kind === 'tenants-role') {
    const warning =
      'maps somebody to the role "Tenants", which is the parent of all tenants: name one of these instead';
    return { verdict: acts ? 'leave' : 'stay', warning };
  }

  return { verdict: acts ? 'leave' : 'as-mapped' };
}

function judgeTenant(
  { id, isOpen }: Extract<Mapped, { kind: 'tenant' }>,
  user: KnownUser,
  decided: ReadonlySet<string>,
): MappingVerdict {
  if (!decided.has(id)) {
    return {
      verdict: 'stay',
      warning:
        'maps somebody to a tenant by its name, which nobody decided: name its id in the variables of the provider',
    };
  }

  if (user.isAdmin) {
    return {
      verdict: 'stay',
      warning:
        'maps somebody with admin access to a tenant: super-admins belong to none, so the role was left as it is',
    };
  }

  if (isOpen) return { verdict: user.tenant === id && user.memberships.includes(id) ? 'stay' : 'as-mapped' };
  if (user.memberships.includes(id)) return { verdict: 'stay' };

  const warning = 'maps somebody to a tenant that is not active: nobody new gets into it until it is resumed';
  return { verdict: user.tenant !== null && !decided.has(user.tenant) ? 'stay' : 'leave', warning };
}
