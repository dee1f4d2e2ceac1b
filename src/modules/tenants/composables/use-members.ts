import { useApi } from '@directus/extensions-sdk';
import { ref, shallowRef } from 'vue';
import type { TenantMember } from '../types.ts';
import { readFailure } from '../utilities/request-errors.ts';
import type { RequestFailure } from '../utilities/request-errors.ts';

/** The members of one tenant. */
export function useMembers(tenantId: string) {
  const api = useApi();
  const members = shallowRef<TenantMember[]>([]);
  const loading = ref(true);
  const failure = shallowRef<RequestFailure | null>(null);

  async function load(): Promise<void> {
    loading.value = true;

    try {
      const { data } = await api.get<{ data: TenantMember[] }>(`/tenancy/tenants/${tenantId}/members`);
      members.value = data.data;
      failure.value = null;
    } catch (error) {
      failure.value = readFailure(error);
    }

    loading.value = false;
  }

  void load();

  return { members, loading, failure, load };
}
