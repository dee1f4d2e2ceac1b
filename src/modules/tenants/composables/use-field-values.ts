import { ref, shallowRef } from 'vue';
import type { RestCommand } from '@directus/sdk';
import { useClient } from '../../../studio/composables/use-client.ts';
import { readFailure } from '../../../studio/utilities/request-errors.ts';
import type { RequestFailure } from '../../../studio/utilities/request-errors.ts';
import { TENANT_FIELD } from '../../../tenancy/managed.ts';
import { useAppSchema } from './use-app-schema.ts';

export interface FieldValue {
  value: string;
  /** In how many rows without tenant it is. */
  count: number;
}

/** More than this nobody maps by hand. */
export const MOST_VALUES = 100;

type Group = Record<string, unknown> & { count: number | string };

/** The values that a field has in the rows without tenant, in their own order. */
export function useFieldValues() {
  const { request } = useClient();
  const { hasTenantField } = useAppSchema();
  const values = shallowRef<FieldValue[]>([]);
  const loading = ref(false);
  const failure = shallowRef<RequestFailure | null>(null);
  let asked = new AbortController();

  async function load(collection: string, field: string): Promise<void> {
    asked.abort();
    asked = new AbortController();
    const { signal } = asked;
    loading.value = true;
    failure.value = null;
    values.value = [];

    try {
      const groups = await request(readGroups(collection, field, hasTenantField(collection)), signal);
      if (signal.aborted) return;

      values.value = groups
        .filter((group) => group[field] !== null)
        .map((group) => ({ value: String(group[field]), count: Number(group.count) }));
    } catch (error) {
      if (signal.aborted) return;
      failure.value = readFailure(error);
    }

    loading.value = false;
  }

  return { values, loading, failure, load };
}

/** Directus' own route, which groups rows by their values. */
function readGroups(collection: string, field: string, isOwned: boolean): RestCommand<Group[], unknown> {
  const path = collection.startsWith('directus_') ? collection.replace('directus_', '/') : `/items/${collection}`;

  return () => ({
    path,
    method: 'GET',
    params: {
      groupBy: field,
      aggregate: JSON.stringify({ count: '*' }),
      sort: field,
      limit: MOST_VALUES + 1,
      ...(isOwned && { filter: JSON.stringify({ [TENANT_FIELD]: { _null: true } }) }),
    },
  });
}
