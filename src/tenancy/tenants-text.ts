import { counted } from './doctor/report.ts';
import { columnsAsText } from './table-text.ts';
import type { AuditEntry, TenantWithUsage } from './types.ts';

/** The tenants of a project as a table for a terminal. */
export function tenantsAsText(tenants: readonly TenantWithUsage[]): string {
  return columnsAsText(
    ['slug', 'name', 'status', 'members', 'items', 'storage'],
    tenants.map(({ slug, name, status, usage }) => [
      slug,
      name,
      status,
      String(usage.members),
      String(usage.items),
      String(usage.storage),
    ]),
    3,
  ).join('\n');
}

/** An audit trail as a table for a terminal. */
export function auditAsText(entries: readonly AuditEntry[]): string {
  return columnsAsText(
    ['date', 'action', 'user', 'details'],
    entries.map(({ date, action, user, details, people }) => [
      date,
      action,
      user ? (user.email ?? user.id) : '',
      JSON.stringify(details, (_, value: unknown) => people[String(value)]?.email ?? value),
    ]),
    4,
  ).join('\n');
}

/** What was erased with a tenant. */
export function erasureAsText({
  tenant,
  erased,
  storage,
  hash,
}: {
  tenant: { name: string; slug: string };
  erased: Record<string, number>;
  storage: number;
  hash: string;
}): string {
  const rows = Object.entries(erased).filter(([, count]) => count > 0);

  return [
    ...columnsAsText(
      ['collection', 'erased'],
      rows.map(([collection, count]) => [collection, String(count)]),
      1,
    ),
    `"${tenant.name}" (${tenant.slug}) is erased, with ${counted(storage, 'byte')} of stored files. Nothing is left.`,
    `SHA-256 of the keys: ${hash}`,
  ].join('\n');
}
