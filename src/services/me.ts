import { levelOfPolicy, TENANT_FIELD, TENANT_MEMBERS, TENANTS } from '../tenancy/managed.ts';
import type { Me, TenantSummary } from '../tenancy/types.ts';
import { cachedAccess, type ServiceContext } from './directus.ts';

/** The user as tenancy sees it. Users without tenant get null and an empty list. */
export async function readMe(context: ServiceContext, user: string): Promise<Me> {
  const { items } = await cachedAccess(context);

  const { role, ...identity } = (await items('directus_users').readOne(user, {
    fields: ['id', 'email', 'first_name', 'last_name', 'role'],
  })) as Me['user'] & { role: string | null };

  const memberships = (
    await items(TENANT_MEMBERS).readByQuery({
      filter: { user_id: { _eq: user } },
      fields: ['policy', ...['id', 'name', 'slug', 'status'].map((field) => `${TENANT_FIELD}.${field}`)],
      limit: -1,
    })
  ).map((row) => ({
    tenant: row[TENANT_FIELD] as Me['memberships'][number]['tenant'],
    level: levelOfPolicy(String(row['policy'])) ?? String(row['policy']),
    active: (row[TENANT_FIELD] as { id: string }).id === role,
  }));

  const active = memberships.find((membership) => membership.active);

  const tenant = active
    ? ((await items(TENANTS).readOne(active.tenant.id, {
        fields: ['id', 'name', 'slug', 'status', 'settings'],
      })) as TenantSummary)
    : null;

  return { user: identity, tenant, level: active?.level ?? null, memberships };
}
