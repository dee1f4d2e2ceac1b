import { shallowRef, watch } from 'vue';
import type { Ref } from 'vue';
import { readTenantOverview } from '../../../client/index.ts';
import { useClient } from '../../../studio/composables/use-client.ts';
import { useLoad } from '../../../studio/composables/use-load.ts';
import type { TenantOverview } from '../../../studio/types.ts';

/** What a tenant has, in figures; nothing is asked for as long as it is not known which one. */
export function useOverview(tenant: Ref<string | null>) {
  const { request } = useClient();
  const overview = shallowRef<TenantOverview | null>(null);

  const { loading, failure, load } = useLoad(async () => {
    if (tenant.value !== null) overview.value = await request(readTenantOverview(tenant.value));
  });

  watch(tenant, load);

  return { overview, loading, failure, load };
}
