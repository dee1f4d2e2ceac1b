import { ref, shallowRef, watch } from 'vue';
import type { Ref } from 'vue';
import { readTenant, updateTenant } from '../../../client/index.ts';
import type { TenantChanges } from '../../../client/index.ts';
import { useClient } from '../../../studio/composables/use-client.ts';
import type { TenantWithUsage } from '../../../studio/types.ts';
import { readFailure } from '../../../studio/utilities/request-errors.ts';
import type { RequestFailure } from '../../../studio/utilities/request-errors.ts';

/** One tenant, by the id or slug of the URL. */
export function useTenant(id: Ref<string>) {
  const { request } = useClient();
  const tenant = shallowRef<TenantWithUsage | null>(null);
  const loading = ref(true);
  const failure = shallowRef<RequestFailure | null>(null);
  const notFound = ref(false);

  async function load(): Promise<void> {
    const requested = id.value;
    loading.value = true;
    failure.value = null;
    notFound.value = false;

    try {
      const found = await request(readTenant(requested));
      if (requested === id.value) tenant.value = found;
    } catch (error) {
      if (requested !== id.value) return;
      const read = readFailure(error);
      notFound.value = read.status === 404 && read.errors.some(({ code }) => code !== 'ROUTE_NOT_FOUND');
      failure.value = read;
    }

    loading.value = false;
  }

  /** Throws what the request throws. */
  async function change(changes: TenantChanges): Promise<void> {
    tenant.value = await request(updateTenant(tenant.value?.id ?? id.value, changes));
  }

  /** Takes over what another request answered of the tenant. */
  function take(changed: TenantWithUsage): void {
    tenant.value = changed;
  }

  /** Reads the tenant again, and leaves what is shown where that fails. */
  async function refresh(): Promise<void> {
    const shown = tenant.value;
    if (!shown) return;
    const found = await request(readTenant(shown.id)).catch(() => null);
    if (found && tenant.value?.id === shown.id) tenant.value = found;
  }

  watch(
    id,
    () => {
      tenant.value = null;
      void load();
    },
    { immediate: true },
  );

  return { tenant, loading, failure, notFound, load, change, take, refresh };
}
