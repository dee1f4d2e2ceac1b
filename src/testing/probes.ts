import { randomUUID } from 'node:crypto';
import type { ApiClient } from './api.ts';

/** One of two tenants that try to reach each other's rows. */
export interface Probe {
  id: string;
  slug: string;
  /** Stands in every text of the tenant's rows. */
  mark: string;
  owner: ApiClient;
  /** The key of the row that the tenant has in each collection. */
  rows: Map<string, string | number>;
}

/** Provisions two tenants with an owner each. */
export async function createProbes(superAdmin: ApiClient): Promise<[Probe, Probe]> {
  const mine = await createProbe(superAdmin);

  try {
    return [mine, await createProbe(superAdmin)];
  } catch (error) {
    await removeProbes(superAdmin, [mine]);
    throw error;
  }
}

async function createProbe(superAdmin: ApiClient): Promise<Probe> {
  const mark = `probe-${randomUUID().slice(0, 8)}`;
  const [email, password] = [`${mark}@isolation.example.com`, `${randomUUID()}-Aa1!`];

  const { id, slug } = await superAdmin.must<{ id: string; slug: string }>('POST', '/tenancy/tenants', {
    name: `Isolation test ${mark}`,
    slug: mark,
    owner: { email, password },
  });

  return { id, slug, mark, owner: await superAdmin.loggedIn(email, password), rows: new Map() };
}

/** Erases the tenants with all that they have. */
export async function removeProbes(superAdmin: ApiClient, probes: readonly Probe[]): Promise<void> {
  for (const { slug } of probes) await superAdmin.must('DELETE', `/tenancy/tenants/${slug}?confirm=${slug}`);
}
