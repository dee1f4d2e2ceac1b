import { computed, ref, shallowRef } from 'vue';
import { resumeTenant, suspendTenant } from '../../../client/index.ts';
import { useClient } from '../../../studio/composables/use-client.ts';
import type { Tenant } from '../../../studio/types.ts';
import { readFailure } from '../../../studio/utilities/request-errors.ts';
import type { RequestFailure } from '../../../studio/utilities/request-errors.ts';

const COMMANDS = { suspend: suspendTenant, resume: resumeTenant } as const;

export type BulkChange = keyof typeof COMMANDS;

/** A tenant that stayed as it was, and why. */
export interface BulkFailure {
  tenant: Tenant;
  failure: RequestFailure;
}

/** Suspends or resumes many tenants, one after the other; one that is refused keeps no other from being changed. */
export function useBulk() {
  const { request } = useClient();
  const busy = ref(false);
  const total = ref(0);
  const done = ref(0);
  const failures = shallowRef<BulkFailure[]>([]);
  const progress = computed(() => (total.value === 0 ? 0 : done.value / total.value));

  /** Answers how many were changed. */
  async function apply(change: BulkChange, tenants: readonly Tenant[]): Promise<number> {
    busy.value = true;
    total.value = tenants.length;
    done.value = 0;
    failures.value = [];

    for (const tenant of tenants) {
      try {
        await request(COMMANDS[change](tenant.id));
      } catch (error) {
        failures.value = [...failures.value, { tenant, failure: readFailure(error) }];
      }

      done.value += 1;
    }

    busy.value = false;
    return tenants.length - failures.value.length;
  }

  function reset(): void {
    failures.value = [];
  }

  return { busy, progress, failures, apply, reset };
}
