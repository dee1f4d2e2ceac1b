import { LEVELS } from '../../../tenancy/managed.ts';
import type { Level } from '../../../tenancy/managed.ts';

/** The kinds of level that the catalogue explains: those of the bundle, and `project` for any policy of the project. */
export const LEVEL_KINDS = [...LEVELS, 'project'] as const;

export type LevelKind = (typeof LEVEL_KINDS)[number];

/** The kind of a level as `GET /tenancy/me` names it. */
export function kindOfLevel(level: string | null): LevelKind {
  return LEVELS.find((known): known is Level => known === level) ?? 'project';
}
