import { ref, shallowRef } from 'vue';
import { readFailure } from '../utilities/request-errors.ts';
import type { RequestFailure } from '../utilities/request-errors.ts';

/** Something that is read when a component comes, and again when a person asks for it. */
export function useLoad(read: () => Promise<void>) {
  const loading = ref(true);
  const failure = shallowRef<RequestFailure | null>(null);

  async function load(): Promise<void> {
    loading.value = true;

    try {
      await read();
      failure.value = null;
    } catch (error) {
      failure.value = readFailure(error);
    }

    loading.value = false;
  }

  void load();

  return { loading, failure, load };
}
