import { computed } from 'vue';
import { useRoute, useRouter } from 'vue-router';
import type { ListQuery } from '../../../studio/types.ts';
import { formatListQuery, parseListQuery } from '../utilities/list-query.ts';

/** The state of the list; the URL is the only place where it is kept. */
export function useListQuery() {
  const route = useRoute();
  const router = useRouter();
  const query = computed(() => parseListQuery(route.query));

  /** Changes part of the state. Anything but a change of page starts again at the first one. */
  function update(changes: Partial<ListQuery>): void {
    void router.replace({ query: formatListQuery({ ...query.value, page: 1, ...changes }) });
  }

  return { query, update };
}
