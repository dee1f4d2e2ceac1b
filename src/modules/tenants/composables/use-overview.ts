import { shallowRef } from 'vue';
import { readTenantOverview } from '../../../client/index.ts';
import { useClient } from '../../../studio/composables/use-client.ts';
import { useLoad } from '../../../studio/composables/use-load.ts';
import type { TenantOverview } from '../../../studio/types.ts';

/** What a tenant has, in figures, by its id or slug. */
export function useOverview(tenant: string) {
  const { request } = useClient();
  const overview = shallowRef<TenantOverview | null>(null);

  const { loading, failure, load } = useLoad(async () => {
    overview.value = await request(readTenantOverview(tenant));
  });

  return { overview, loading, failure, load };
}
