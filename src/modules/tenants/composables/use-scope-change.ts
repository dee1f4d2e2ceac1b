import { ref, shallowRef } from 'vue';
import { setCollectionScope } from '../../../client/index.ts';
import type { CollectionScope, ScopeRequest } from '../../../client/index.ts';
import { useAction } from '../../../studio/composables/use-action.ts';
import { useClient } from '../../../studio/composables/use-client.ts';
import { readFailure } from '../../../studio/utilities/request-errors.ts';

type Outcome = CollectionScope & { adopted: number };

/** A line of the answer that says how far it is. */
interface Progress {
  rows: number;
  of: number;
}

/** Asks what a change of a collection's scope would come to, and carries it out. */
export function useScopeChange() {
  const { request, follow } = useClient();
  const check = useAction();
  const work = useAction();
  /** What would happen; `null` as long as that is not known, or the change would be refused. */
  const preview = shallowRef<Outcome | null>(null);
  /** Whether somebody has to say that tenants may see rows that they did not see before. */
  const needsConfirmation = ref(false);
  const progress = shallowRef<Progress | null>(null);
  const outcome = shallowRef<Outcome | null>(null);

  /** Changes nothing. */
  async function foresee(collection: string, change: ScopeRequest): Promise<void> {
    work.reset();
    preview.value = null;
    needsConfirmation.value = false;

    await check.run(async () => {
      const ask = (confirm: boolean): Promise<Outcome> =>
        request(setCollectionScope(collection, { ...change, dry_run: true, ...(confirm && { confirm }) }));

      try {
        preview.value = await ask(false);
      } catch (error) {
        if (!readFailure(error).errors.some(({ field }) => field === 'confirm')) throw error;
        preview.value = await ask(true);
        needsConfirmation.value = true;
      }
    });
  }

  /** Answers whether it was done; where it was not, `work.failure` says why. */
  function carryOut(collection: string, change: ScopeRequest): Promise<boolean> {
    progress.value = null;

    return work.run(async () => {
      outcome.value = await follow(
        setCollectionScope(collection, { ...change, ...(needsConfirmation.value && { confirm: true }) }),
        (lines) => {
          const { rows, of }: Partial<Progress> = lines.at(-1) ?? {};
          if (rows !== undefined && of !== undefined) progress.value = { rows, of };
        },
      );
    });
  }

  function reset(): void {
    check.reset();
    work.reset();
    preview.value = null;
    needsConfirmation.value = false;
    progress.value = null;
    outcome.value = null;
  }

  return { check, work, preview, needsConfirmation, progress, outcome, foresee, carryOut, reset };
}
