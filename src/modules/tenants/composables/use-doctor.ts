import { shallowRef } from 'vue';
import { readTenancyDoctor } from '../../../client/index.ts';
import { useClient } from '../../../studio/composables/use-client.ts';
import type { DoctorCheck } from '../../../studio/types.ts';

/**
 * What is wrong with the protection of tenants, in the words of the doctor. Empty as well while the doctor is silent: it is a
 * second opinion, and its failure must not stand in the way of the list.
 */
export function useDoctor() {
  const { request } = useClient();
  const failedChecks = shallowRef<DoctorCheck[]>([]);

  async function examine(): Promise<void> {
    try {
      const { checks } = await request(readTenancyDoctor());
      failedChecks.value = checks.filter(({ status }) => status === 'fail');
    } catch {
      failedChecks.value = [];
    }
  }

  void examine();

  return { failedChecks };
}
