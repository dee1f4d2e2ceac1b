import { useStores } from '@directus/extensions-sdk';
import { useMessages } from '../../../studio/composables/use-messages.ts';

interface CollectionInfo {
  name: string;
  icon: string;
  meta: { singleton?: boolean } | null;
}

interface CollectionsStore {
  getCollection: (collection: string) => CollectionInfo | null;
}

/** How the Data Studio shows collections: their names in the language of the user, and their icons. */
export function useCollections() {
  const { useCollectionsStore } = useStores() as { useCollectionsStore: () => CollectionsStore };
  const store = useCollectionsStore();
  const { t } = useMessages();

  return {
    nameOf: (collection: string): string =>
      collection === 'directus_files' ? t('overview.files') : (store.getCollection(collection)?.name ?? collection),
    iconOf: (collection: string): string => store.getCollection(collection)?.icon ?? 'box',

    /** Whether the content module lists the rows of a collection: it opens a singleton at once, and files have a module of their own. */
    isListed: (collection: string): boolean =>
      !collection.startsWith('directus_') && store.getCollection(collection)?.meta?.singleton !== true,
  };
}
