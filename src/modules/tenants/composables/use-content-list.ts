import { useStores } from '@directus/extensions-sdk';
import { useRouter } from 'vue-router';
import { TENANT_FIELD } from '../../../tenancy/managed.ts';
import type { Tenant } from '../../../studio/types.ts';

/** A bookmark or a preset, as Directus' store has it; what is not named here is taken over as it is. */
interface Preset {
  id?: number;
  collection: string;
  bookmark: string | null;
  filter: object | null;
}

interface PresetsStore {
  collectionPresets: Preset[];
  getPresetForCollection: (collection: string) => Preset | null;
}

/**
 * Opens lists of the content module with the rows of one tenant. They take no filter by their address, only the number of a
 * bookmark. So a bookmark is laid into the store of the Data Studio, with the columns that the user sees otherwise, and into no
 * database: a link must not write, and nothing with the name of a tenant may stay when that is erased. It is gone when the page is
 * loaded anew, and Directus says then that there is no such bookmark, in the place of showing rows of all tenants.
 */
export function useContentList() {
  const router = useRouter();
  const { usePresetsStore } = useStores() as { usePresetsStore: () => PresetsStore };
  const presets = usePresetsStore();

  async function open({ id: tenant, name }: Pick<Tenant, 'id' | 'name'>, collection: string): Promise<void> {
    const filter = { _and: [{ [TENANT_FIELD]: { _eq: tenant } }] };
    const isSame = (preset: Preset): boolean =>
      isOwn(preset) && preset.collection === collection && JSON.stringify(preset.filter) === JSON.stringify(filter);

    // Numbers of bookmarks in the database are above 0. A list that was opened before is opened as it was meant to be.
    const id = presets.collectionPresets.find(isSame)?.id ?? Math.min(0, ...numbersOf(presets.collectionPresets)) - 1;

    presets.collectionPresets = [
      ...presets.collectionPresets.filter((preset) => preset.id !== id),
      {
        ...presets.getPresetForCollection(collection),
        id,
        collection,
        bookmark: name,
        filter,
        search: null,
        icon: 'domain',
        // Nobody's: whoever changes and saves it gets a bookmark of the own.
        user: null,
        role: null,
      } as Preset,
    ];

    await router.replace({ path: `/content/${collection}`, query: { bookmark: id } });
  }

  return { open };
}

function isOwn({ id = 0 }: Preset): boolean {
  return id < 0;
}

function numbersOf(presets: readonly Preset[]): number[] {
  return presets.flatMap(({ id }) => id ?? []);
}
