import { shallowRef } from 'vue';
import { readCollectionScopes } from '../../../client/index.ts';
import type { CollectionScope } from '../../../client/index.ts';
import { useClient } from '../../../studio/composables/use-client.ts';
import { useLoad } from '../../../studio/composables/use-load.ts';

/** Every collection that can have a scope. */
export function useCollections() {
  const { request } = useClient();
  /** `null` until they have arrived. */
  const collections = shallowRef<CollectionScope[] | null>(null);

  const { loading, failure, load } = useLoad(async () => {
    collections.value = await request(readCollectionScopes());
  });

  return { collections, loading, failure, load };
}
