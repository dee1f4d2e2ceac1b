import { computed, ref, shallowRef } from 'vue';
import { importTenants } from '../../../client/index.ts';
import type { ImportedTenant } from '../../../client/index.ts';
import { useAction } from '../../../studio/composables/use-action.ts';
import { useClient } from '../../../studio/composables/use-client.ts';
import { newKey } from '../../../studio/utilities/keys.ts';
import type { ImportRow } from '../utilities/tenants-csv.ts';

/** What became of a row that was sent. */
export type RowResult = ImportedTenant;

/** Creates the tenants of a file, and tells what becomes of each. */
export function useTenantsImport() {
  const { collect } = useClient();
  const { busy, failure, run, reset } = useAction();

  const sent = shallowRef<ImportRow[]>([]);
  const results = shallowRef<RowResult[]>([]);
  /** An import that broke off goes on under the key that it began with. */
  let key = newKey();

  const progress = computed(() => (sent.value.length === 0 ? 0 : results.value.length / sent.value.length));
  const isDone = ref(false);

  function begin(rows: ImportRow[]): Promise<boolean> {
    key = newKey();
    sent.value = rows;
    return send();
  }

  /** Sends the rows, again where the connection broke off: those that were done are not done twice. */
  function send(): Promise<boolean> {
    results.value = [];
    isDone.value = false;

    return run(async () => {
      const command = importTenants(
        sent.value.map(({ tenant }) => tenant),
        { idempotencyKey: key },
      );

      results.value = await collect(command, (lines) => (results.value = lines));
      if (results.value.length < sent.value.length) throw new Error('The connection ended before all rows were done.');
      isDone.value = true;
    });
  }

  function forget(): void {
    reset();
    sent.value = [];
    results.value = [];
    isDone.value = false;
  }

  return { sent, results, progress, busy, failure, isDone, begin, send, forget };
}
