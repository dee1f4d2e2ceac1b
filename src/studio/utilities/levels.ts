import type { AssignableLevel } from '../types.ts';

const MANAGED = ['owner', 'editor', 'viewer', 'api'] as const;

type Translate = (key: `member.level.${(typeof MANAGED)[number]}`) => string;

/** What a level is called: the managed ones in the language of the user, those of the project as their policies. */
export function nameOfLevel({ level, name }: Pick<AssignableLevel, 'level' | 'name'>, t: Translate): string {
  const managed = MANAGED.find((known) => known === level);
  return managed ? t(`member.level.${managed}`) : name;
}
