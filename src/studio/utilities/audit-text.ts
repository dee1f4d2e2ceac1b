import type { AuditEntry } from '../types.ts';

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

/** What an entry says beside its action, in one line. */
export function detailsOf({ details }: Pick<AuditEntry, 'details'>): string {
  const { name, slug, level, fields, collection, field } = details;
  const where = typeof collection === 'string' ? `${collection}.${String(field)}` : null;
  return [name, slug, level, fields, where]
    .flat()
    .filter((value) => typeof value === 'string')
    .join(', ');
}
