import { useStores } from '@directus/extensions-sdk';
import { useMessages } from '../../../studio/composables/use-messages.ts';
import { TENANT_FIELD } from '../../../tenancy/managed.ts';

/** A field as the app knows it, as far as it is needed here. */
export interface AppField {
  field: string;
  name: string;
  type: string;
  /** Null for what has no column. */
  schema: { is_primary_key: boolean; is_generated: boolean } | null;
}

interface AppCollection {
  name: string;
  icon: string | null;
  meta: { singleton?: boolean } | null;
}

interface AppRelation {
  collection: string;
  field: string;
  related_collection: string | null;
}

interface Stores {
  useCollectionsStore: () => {
    getCollection: (collection: string) => AppCollection | null;
    hydrate: () => Promise<void>;
  };
  useFieldsStore: () => { getFieldsForCollection: (collection: string) => AppField[]; hydrate: () => Promise<void> };
  useRelationsStore: () => { relations: AppRelation[]; hydrate: () => Promise<void> };
}

/** What the app knows of collections: their names, icons, fields and relations. */
export function useAppSchema() {
  const { useCollectionsStore, useFieldsStore, useRelationsStore } = useStores() as unknown as Stores;
  const [collections, fields, relations] = [useCollectionsStore(), useFieldsStore(), useRelationsStore()];
  const { t } = useMessages();

  /** The name and the icon of a collection as everywhere in the app. */
  function looksOf(collection: string): { name: string; icon: string } {
    const known = collections.getCollection(collection);
    // The app calls it "Directus Files", and its own page "Files".
    if (collection === 'directus_files') return { name: t('overview.files'), icon: known?.icon || 'folder' };
    return { name: known?.name ?? collection, icon: known?.icon || 'database' };
  }

  /** Whether the content module lists the rows of a collection: it opens a singleton at once, and files have a module of their own. */
  function isListed(collection: string): boolean {
    return !collection.startsWith('directus_') && collections.getCollection(collection)?.meta?.singleton !== true;
  }

  /** The fields with a column, without the one that says whose a row is. */
  function columnsOf(collection: string): AppField[] {
    return fields
      .getFieldsForCollection(collection)
      .filter(({ field, schema }) => schema !== null && field !== TENANT_FIELD);
  }

  function hasTenantField(collection: string): boolean {
    return fields.getFieldsForCollection(collection).some(({ field }) => field === TENANT_FIELD);
  }

  /** The many-to-one fields, each with the collection that it leads to. */
  function referencesOf(collection: string): { field: AppField; target: string }[] {
    return columnsOf(collection).flatMap((field) => {
      const relation = relations.relations.find((each) => each.collection === collection && each.field === field.field);
      return relation?.related_collection ? [{ field, target: relation.related_collection }] : [];
    });
  }

  /** Lets the app see what was changed behind its back. */
  async function refresh(): Promise<void> {
    await Promise.all([collections.hydrate(), fields.hydrate(), relations.hydrate()]);
  }

  return { looksOf, isListed, columnsOf, hasTenantField, referencesOf, refresh };
}
