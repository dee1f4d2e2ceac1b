import type { Accountability } from '@directus/types';
import { requesterOf } from './queries.ts';

/**
 * Whether an answer may come from and go into Directus' response cache. It keeps answers by user and URL alone: not by role,
 * so that a user who was moved would meet what the old role saw, and on Directus 11 not by share either. What belongs to
 * tenants therefore never gets into it; what outsiders and the public see does.
 */
export function mayBeCached(accountability: Accountability, tenantsExist: boolean): boolean {
  if (accountability.share) return false;
  if (accountability.admin) return !tenantsExist;
  return requesterOf(accountability) === 'outsider';
}

/** Whether an answer is meant for the one who asked, and not for everybody. */
export function isPersonal({ user, share }: Accountability): boolean {
  return Boolean(user ?? share);
}

/** A `Cache-Control` that keeps a personal answer out of caches that several people share. */
export function privateCacheControl(value: string | undefined): string {
  const directives = (value ?? '').split(',').map((directive) => directive.trim().toLowerCase());
  if (directives.includes('no-store') || directives.every((directive) => directive === '')) return 'no-store';

  const kept = directives.filter((directive) => directive !== '' && !/^(public|private|s-maxage=.*)$/.test(directive));
  return ['private', ...kept].join(', ');
}
