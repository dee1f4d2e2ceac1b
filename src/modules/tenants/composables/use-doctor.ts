import { useApi } from '@directus/extensions-sdk';
import { shallowRef } from 'vue';
import type { DoctorCheck, DoctorReport } from '../types.ts';

/**
 * What is wrong with the protection of tenants, in the words of the doctor. Empty as well while the doctor is silent: it is a
 * second opinion, and its failure must not stand in the way of the list.
 */
export function useDoctor() {
  const api = useApi();
  const failedChecks = shallowRef<DoctorCheck[]>([]);

  async function examine(): Promise<void> {
    try {
      const { data } = await api.get<{ data: DoctorReport }>('/tenancy/doctor');
      failedChecks.value = data.data.checks.filter(({ status }) => status === 'fail');
    } catch {
      failedChecks.value = [];
    }
  }

  void examine();

  return { failedChecks };
}
