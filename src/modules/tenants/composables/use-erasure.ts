import { ref } from 'vue';
import { eraseTenant } from '../../../client/index.ts';
import { useAction } from '../../../studio/composables/use-action.ts';
import { useClient } from '../../../studio/composables/use-client.ts';
import { progressOf } from '../utilities/erasure-lines.ts';

/** Erases a tenant, and tells how far it is. */
export function useErasure() {
  const { follow } = useClient();
  const { busy, failure, run, reset } = useAction();
  /** From 0 to 1, as far as is known beforehand how much there is. */
  const progress = ref(0);

  /** Answers whether it succeeded; `failure` says why it did not. */
  function erase(slug: string): Promise<boolean> {
    progress.value = 0;

    return run(async () => {
      await follow(eraseTenant(slug), (lines) => (progress.value = progressOf(lines)));
    });
  }

  return { busy, progress, failure, erase, reset };
}
