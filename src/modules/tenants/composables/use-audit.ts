import { useApi } from '@directus/extensions-sdk';
import { ref, shallowRef } from 'vue';
import type { AuditEntry } from '../types.ts';
import { useLoad } from './use-load.ts';

const PER_PAGE = 20;

/** What was done in and to one tenant, the newest first, a page more each time. */
export function useAudit(tenantId: string) {
  const api = useApi();
  const entries = shallowRef<AuditEntry[]>([]);
  const total = ref(0);
  /** Those that the next page is added to. */
  let kept: AuditEntry[] = [];

  const { loading, failure, load } = useLoad(async () => {
    const page = Math.floor(kept.length / PER_PAGE) + 1;

    const { data } = await api.get<{ data: AuditEntry[]; meta: { total_count: number } }>(
      `/tenancy/tenants/${tenantId}/audit`,
      { params: { limit: PER_PAGE, page } },
    );

    // What came in meanwhile has moved some entries to the next page.
    const known = new Set(kept.map(({ id }) => id));
    entries.value = [...kept, ...data.data.filter(({ id }) => !known.has(id))];
    total.value = data.meta.total_count;
  });

  function refresh(): Promise<void> {
    kept = [];
    return load();
  }

  function more(): Promise<void> {
    kept = entries.value;
    return load();
  }

  return { entries, total, loading, failure, refresh, more };
}
