import type { Agency } from './content/types.ts';

/** The part of the answer of `GET /license` (Directus 12) that the demo needs. */
export interface License {
  entitlements: {
    seats: { limit: number; overage?: number | null; addon?: number | null };
  };
}

export interface SeedPlan {
  agencies: readonly Agency[];
}

/** Users with Studio access: all people of the agencies and the super-admin. */
function countSeats(agencies: readonly Agency[]): number {
  return 1 + agencies.flatMap(({ people }) => people).filter(({ level }) => level !== 'api').length;
}

/**
 * What can be seeded: everything where Directus has no limits (`license` is undefined: Directus 11) or a licence that is
 * large enough; else as many agencies as there are seats for their owners, the others of them without Studio access.
 */
export function planSeed(agencies: readonly Agency[], license: License | undefined): SeedPlan {
  if (!license) return { agencies };
  const { seats } = license.entitlements;
  const parts = [seats.limit, seats.overage ?? 0, seats.addon ?? 0];
  const limit = parts.includes(-1) ? Infinity : parts.reduce((sum, part) => sum + part, 0);
  if (limit >= countSeats(agencies)) return { agencies };
  const withOwners = agencies.slice(0, limit - 1).map((agency) => ({
    ...agency,
    people: agency.people.map((person) => (person.level === 'owner' ? person : { ...person, level: 'api' as const })),
  }));
  return { agencies: withOwners };
}
