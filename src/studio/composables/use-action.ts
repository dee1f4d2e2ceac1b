import { ref, shallowRef } from 'vue';
import { readFailure } from '../utilities/request-errors.ts';
import type { RequestFailure } from '../utilities/request-errors.ts';

/** Something that a person asks for, one at a time, and why it was not done. */
export function useAction() {
  const busy = ref(false);
  const failure = shallowRef<RequestFailure | null>(null);

  /** Runs the work unless the one before is still going on. Answers whether it succeeded. */
  async function run(work: () => Promise<void>): Promise<boolean> {
    if (busy.value) return false;
    busy.value = true;
    failure.value = null;

    try {
      await work();
      return true;
    } catch (error) {
      failure.value = readFailure(error);
      return false;
    } finally {
      busy.value = false;
    }
  }

  function reset(): void {
    failure.value = null;
  }

  return { busy, failure, run, reset };
}
