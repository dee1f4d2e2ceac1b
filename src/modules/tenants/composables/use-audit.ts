import { useApi } from '@directus/extensions-sdk';
import { ref, shallowRef } from 'vue';
import type { AuditEntry } from '../types.ts';
import { readFailure } from '../utilities/request-errors.ts';
import type { RequestFailure } from '../utilities/request-errors.ts';

const PER_PAGE = 20;

/** What was done in and to one tenant, the newest first, a page more each time. */
export function useAudit(tenantId: string) {
  const api = useApi();
  const entries = shallowRef<AuditEntry[]>([]);
  const total = ref(0);
  const loading = ref(true);
  const failure = shallowRef<RequestFailure | null>(null);

  async function load(page: number): Promise<void> {
    loading.value = true;

    try {
      const { data } = await api.get<{ data: AuditEntry[]; meta: { total_count: number } }>(
        `/tenancy/tenants/${tenantId}/audit`,
        { params: { limit: PER_PAGE, page } },
      );

      // What came in meanwhile has moved some entries to the next page.
      const known = new Set(page === 1 ? [] : entries.value.map(({ id }) => id));
      const kept = page === 1 ? [] : entries.value;
      entries.value = [...kept, ...data.data.filter(({ id }) => !known.has(id))];
      total.value = data.meta.total_count;
      failure.value = null;
    } catch (error) {
      failure.value = readFailure(error);
    }

    loading.value = false;
  }

  const refresh = (): Promise<void> => load(1);
  const more = (): Promise<void> => load(Math.floor(entries.value.length / PER_PAGE) + 1);

  void refresh();

  return { entries, total, loading, failure, refresh, more };
}
