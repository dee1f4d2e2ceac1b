import type { AuditEntry } from '../types.ts';
import { nameOfUser } from './people.ts';

/** The actions that the catalogue has a sentence for, under `audit.action`, with a hyphen in the place of the dot. */
export const AUDIT_ACTIONS = [
  'provisioned',
  'updated',
  'suspended',
  'archived',
  'resumed',
  'erased',
  'member-added',
  'member-updated',
  'member-invited',
  'member-removed',
  'member-left',
  'role-adopted',
  'ownership-transferred',
  'token-created',
  'token-revoked',
  'switched',
  'refused-create',
  'refused-read',
  'refused-update',
  'refused-delete',
] as const;

export type AuditAction = (typeof AUDIT_ACTIONS)[number];

/** The name of an action in the catalogue; null for one that it does not know. */
export function actionOf({ action }: Pick<AuditEntry, 'action'>): AuditAction | null {
  return AUDIT_ACTIONS.find((known) => known === action.replace('.', '-')) ?? null;
}

/** Whether an entry tells of something that was refused. */
export function isRefusal({ action }: Pick<AuditEntry, 'action'>): boolean {
  return action.startsWith('refused.');
}

/** What an entry says beside its action, in one line: whom it is about first. */
export function detailsOf(
  { details, people }: Pick<AuditEntry, 'details' | 'people'>,
  nameOfLevel: (level: string) => string,
): string {
  const { member, owner, from, to, name, slug, level, fields, collection, field } = details;

  const nameOf = (id: unknown): string | null => {
    const person = typeof id === 'string' ? people[id] : undefined;
    return person ? nameOfUser(person) : null;
  };

  const handover = [from, to].map(nameOf).filter((person) => person !== null);
  const where = typeof collection === 'string' ? `${collection}.${String(field)}` : null;

  const parts = [
    nameOf(member),
    handover.join(' → ') || null,
    slug,
    nameOf(owner),
    name,
    typeof level === 'string' ? nameOfLevel(level) : null,
    fields,
    where,
  ];

  // The program of a token is called as the token is.
  return [...new Set(parts.flat().filter((part) => typeof part === 'string'))].join(', ');
}
