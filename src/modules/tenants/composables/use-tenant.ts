import { useApi } from '@directus/extensions-sdk';
import { ref, shallowRef, watch } from 'vue';
import type { Ref } from 'vue';
import type { Tenant, TenantWithUsage } from '../types.ts';
import { readFailure } from '../utilities/request-errors.ts';
import type { RequestFailure } from '../utilities/request-errors.ts';

/** One tenant, by the id or slug of the URL. */
export function useTenant(id: Ref<string>) {
  const api = useApi();
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
      const { data } = await api.get<{ data: TenantWithUsage }>(pathOf(requested));
      if (requested === id.value) tenant.value = data.data;
    } catch (error) {
      if (requested !== id.value) return;
      const read = readFailure(error);
      notFound.value = read.status === 404 && read.errors.some(({ code }) => code !== 'ROUTE_NOT_FOUND');
      failure.value = read;
    }

    loading.value = false;
  }

  /** Changes name or slug. Throws what the request throws. */
  async function change(changes: Partial<Pick<Tenant, 'name' | 'slug'>>): Promise<void> {
    const { data } = await api.patch<{ data: TenantWithUsage }>(pathOf(tenant.value?.id ?? id.value), changes);
    tenant.value = data.data;
  }

  /** Takes over what another request answered of the tenant. */
  function take(changed: TenantWithUsage): void {
    tenant.value = changed;
  }

  /** Reads the tenant again, and leaves what is shown where that fails. */
  async function refresh(): Promise<void> {
    const shown = tenant.value;
    if (!shown) return;
    const answer = await api.get<{ data: TenantWithUsage }>(pathOf(shown.id)).catch(() => null);
    if (answer && tenant.value?.id === shown.id) tenant.value = answer.data.data;
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

function pathOf(id: string): string {
  return `/tenancy/tenants/${encodeURIComponent(id)}`;
}
