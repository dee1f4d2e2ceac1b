import { computed, inject, onBeforeUnmount, onMounted, provide, ref, shallowRef } from 'vue';
import type { InjectionKey } from 'vue';
import { fixTenancy, readTenancyDoctor } from '../../../client/index.ts';
import { useClient, whenQuiet } from '../../../studio/composables/use-client.ts';
import type { DoctorReport } from '../../../studio/types.ts';
import { readFailure } from '../../../studio/utilities/request-errors.ts';
import type { RequestFailure } from '../../../studio/utilities/request-errors.ts';

type Doctor = ReturnType<typeof callDoctor>;

const DOCTOR: InjectionKey<Doctor> = Symbol('doctor');

/**
 * Asks the doctor once for the pages below. It reads whole tables for an answer, so the page that is opened gets its content first.
 * A doctor who is silent stands in the way of nothing: what is known stays, and `failure` says why there is nothing newer.
 */
export function provideDoctor(): void {
  const doctor = callDoctor();
  provide(DOCTOR, doctor);

  // The page below has asked for its content by then.
  onMounted(async () => {
    await whenQuiet();
    await doctor.examine();
  });
}

/** What the doctor says about the protection of tenants, for every page of the module the same. */
export function useDoctor(): Doctor {
  const doctor = inject(DOCTOR);
  if (!doctor) throw new Error('The doctor is called for by the root of the module.');
  return doctor;
}

function callDoctor() {
  const { request } = useClient();
  /** `null` until there was an answer. */
  const report = shallowRef<DoctorReport | null>(null);
  const examinedAt = ref<string | null>(null);
  const loading = ref(false);
  const failure = shallowRef<RequestFailure | null>(null);
  const failedChecks = computed(() => report.value?.checks.filter(({ status }) => status === 'fail') ?? []);
  let asked = new AbortController();

  function take(answer: DoctorReport): void {
    report.value = answer;
    examinedAt.value = new Date().toISOString();
    failure.value = null;
  }

  /** Looks at everything again. A newer request cancels the older one. */
  async function examine(): Promise<void> {
    asked.abort();
    asked = new AbortController();
    const { signal } = asked;
    loading.value = true;

    try {
      const answer = await request(readTenancyDoctor(), signal);
      if (signal.aborted) return;
      take(answer);
    } catch (error) {
      if (signal.aborted) return;
      failure.value = readFailure(error);
    }

    loading.value = false;
  }

  /** Mends what the checks found as far as that is safe, and answers what was done. Throws what the request throws. */
  async function mend(checks: string[]): Promise<{ id: string; message: string }[]> {
    asked.abort();
    loading.value = false;
    const answer = await request(fixTenancy(checks));
    take(answer);
    return answer.fixed;
  }

  onBeforeUnmount(() => asked.abort());

  return { report, examinedAt, loading, failure, failedChecks, examine, mend };
}
