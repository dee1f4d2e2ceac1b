import { ref, shallowRef } from 'vue';
import { readTenantAudit } from '../../client/index.ts';
import type { AuditEntry } from '../types.ts';
import { useClient } from './use-client.ts';
import { useLoad } from './use-load.ts';

const PER_PAGE = 20;

/** What was done in and to one tenant, the newest first, a page more each time. */
export function useAudit(tenantId: string) {
  const { requestPage } = useClient();
  const entries = shallowRef<AuditEntry[]>([]);
  const total = ref(0);
  /** Those that the next page is added to. */
  let kept: AuditEntry[] = [];

  const { loading, failure, load } = useLoad(async () => {
    const page = Math.floor(kept.length / PER_PAGE) + 1;

    const { data, meta } = await requestPage(readTenantAudit(tenantId, { limit: PER_PAGE, page }));

    // What came in meanwhile has moved some entries to the next page.
    const known = new Set(kept.map(({ id }) => id));
    entries.value = [...kept, ...data.filter(({ id }) => !known.has(id))];
    total.value = meta.total_count;
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
