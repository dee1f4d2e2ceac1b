import type { Permission } from '@directus/types';
import { cachedAccess, type ServiceContext } from '../../services/directus.ts';

/** A policy that exists nowhere: a read of its permissions is a question to the licence gate. */
const PROBE_POLICY = '6d1f0a52-8f0e-4c43-9a57-1d3b5c0e7bff';

export const LICENCE_NOTICE =
  'Tenancy: the licence of this Directus project does not include custom permission rules, which keep tenants apart. ' +
  'Tenants can be managed, and rows are stamped, but members are kept out of everything that belongs to tenants. ' +
  'Activate a licence that includes custom permission rules, then restart Directus.';

/**
 * The row to answer where the probe asks, null for every other read. It has a rule, so Directus 12 drops it unless the
 * licence includes custom permission rules; Directus 11 has no such gate and hands it back.
 */
export function probeRow(policies: readonly string[]): Permission | null {
  if (policies.length !== 1 || policies[0] !== PROBE_POLICY) return null;

  return {
    policy: PROBE_POLICY,
    collection: 'directus_users',
    action: 'read',
    permissions: { id: { _null: true } },
    validation: null,
    presets: null,
    fields: ['*'],
  };
}

/** Whether the project may use custom permission rules. Writes nothing. */
export async function probeLicence(context: ServiceContext): Promise<boolean> {
  const { permissions } = await cachedAccess(context);

  const rows = await permissions().readByQuery({
    filter: { _and: [{ policy: { _in: [PROBE_POLICY] } }] },
    limit: -1,
  });

  return rows.length > 0;
}
