import { onBeforeUnmount, ref, shallowRef, watch } from 'vue';
import type { Ref } from 'vue';
import { readTenants } from '../../../client/index.ts';
import { useClient } from '../../../studio/composables/use-client.ts';
import type { ListQuery, TenantWithUsage } from '../../../studio/types.ts';
import { toTenantQuery } from '../utilities/list-query.ts';
import { readFailure } from '../../../studio/utilities/request-errors.ts';
import type { RequestFailure } from '../../../studio/utilities/request-errors.ts';

/** One page of tenants, loaded again whenever the query changes. A newer request cancels the older one. */
export function useTenantList(query: Ref<ListQuery>) {
  const { requestPage } = useClient();
  /** `null` until the first page has arrived. */
  const tenants = shallowRef<TenantWithUsage[] | null>(null);
  const loading = ref(true);
  const failure = shallowRef<RequestFailure | null>(null);
  const filterCount = ref(0);
  const totalCount = ref(0);
  let request = new AbortController();

  async function refresh(): Promise<void> {
    request.abort();
    request = new AbortController();
    const { signal } = request;
    loading.value = true;

    try {
      const { data, meta } = await requestPage(readTenants(toTenantQuery(query.value)), signal);

      if (signal.aborted) return;
      tenants.value = data;
      filterCount.value = meta.filter_count;
      totalCount.value = meta.total_count;
      failure.value = null;
    } catch (error) {
      if (signal.aborted) return;
      failure.value = readFailure(error);
    }

    loading.value = false;
  }

  watch(() => JSON.stringify(toTenantQuery(query.value)), refresh, { immediate: true });
  onBeforeUnmount(() => request.abort());

  return { tenants, loading, failure, filterCount, totalCount, refresh };
}
