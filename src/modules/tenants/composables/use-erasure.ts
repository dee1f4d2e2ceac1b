import { useApi } from '@directus/extensions-sdk';
import { ref, shallowRef } from 'vue';
import { eraseTenant } from '../../../client/index.ts';
import { readFailure } from '../../../studio/utilities/request-errors.ts';
import type { RequestFailure } from '../../../studio/utilities/request-errors.ts';
import { progressOf, resultOf } from '../utilities/erasure-lines.ts';
import type { ErasureResult } from '../utilities/erasure-lines.ts';

/** Erases a tenant, and tells how far it is. */
export function useErasure() {
  const api = useApi();
  const busy = ref(false);
  /** From 0 to 1, as far as is known beforehand how much there is. */
  const progress = ref(0);
  const failure = shallowRef<RequestFailure | null>(null);

  /** Answers what was erased; null where it failed, for which `failure` says why. */
  async function erase(slug: string): Promise<ErasureResult | null> {
    busy.value = true;
    progress.value = 0;
    failure.value = null;

    try {
      const { path, method, params } = eraseTenant(slug)();

      const { data } = await api.request<string>({
        url: path,
        method,
        params,
        headers: { Accept: 'application/x-ndjson' },
        responseType: 'text',
        transformResponse: (text: string) => text,
        onDownloadProgress: ({ event }: { event?: ProgressEvent }) => {
          const { responseText } = (event?.target ?? {}) as { responseText?: string };
          if (responseText) progress.value = progressOf(responseText);
        },
      });

      const result = resultOf(data);
      if ('failure' in result) failure.value = result.failure;
      return 'data' in result ? result.data : null;
    } catch (error) {
      failure.value = readFailure(withParsedBody(error));
      return null;
    } finally {
      busy.value = false;
    }
  }

  return { busy, progress, failure, erase };
}

/** What is refused before anything was erased is answered as JSON, which was asked for as text here. */
function withParsedBody(error: unknown): unknown {
  const { response } = error as { response?: { status: number; data: unknown } };
  if (!response || typeof response.data !== 'string') return error;

  try {
    return { response: { ...response, data: JSON.parse(response.data) as unknown } };
  } catch {
    return error;
  }
}
