import { columnsAsText } from './table-text.ts';
import type { ApiToken, AssignableLevel, TenantMember } from './types.ts';

/** The members of a tenant as a table for a terminal; programs have no address, but the name of their token. */
export function membersAsText(members: readonly TenantMember[]): string {
  return columnsAsText(
    ['member', 'level', 'status', 'id'],
    members.map(({ id, level, user }) => [user.email ?? user.first_name ?? '', level, user.status, id]),
    4,
  ).join('\n');
}

/** The tokens of a tenant as a table for a terminal. */
export function tokensAsText(tokens: readonly ApiToken[]): string {
  return columnsAsText(
    ['name', 'id'],
    tokens.map(({ name, id }) => [name, id]),
    2,
  ).join('\n');
}

/** The levels of a project as a table for a terminal. */
export function levelsAsText(levels: readonly AssignableLevel[]): string {
  return columnsAsText(
    ['level', 'name', 'Data Studio'],
    levels.map(({ level, name, app_access }) => [level, name, app_access ? 'yes' : 'no']),
    3,
  ).join('\n');
}
