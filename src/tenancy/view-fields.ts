import type { FieldOverview } from '@directus/types';

/** The fields that the settings of a collection name for sorting by hand and for what is archived. */
export interface CollectionSettings {
  sort_field: string | null;
  archive_field: string | null;
}

/** How many fields count by which people sort their views, the most used first. */
const MOST_USED = 5;

/** Types whose values are short and have an order. Long ones would be refused by an index, and so could not be written. */
const TYPES: ReadonlySet<string> = new Set([
  'bigInteger',
  'boolean',
  'date',
  'dateTime',
  'decimal',
  'float',
  'integer',
  'string',
  'time',
  'timestamp',
  'uuid',
]);

/**
 * The fields by which the views of a collection are sorted and filtered, as far as an index helps: those of its settings,
 * and those by which most bookmarks and presets sort.
 *
 * @param layoutQueries what Directus keeps of each bookmark and preset, by layout
 * @param isShort whether the column of a text is short enough for an index
 */
export function viewFields(
  settings: CollectionSettings,
  layoutQueries: readonly unknown[],
  fields: Readonly<Record<string, FieldOverview>>,
  isShort: (field: string) => boolean,
): string[] {
  const isIndexable = (name: string): boolean => {
    const field = Object.hasOwn(fields, name) ? fields[name] : undefined;
    return field !== undefined && !field.alias && TYPES.has(field.type) && (field.type !== 'string' || isShort(name));
  };

  const named = [settings.sort_field, settings.archive_field].filter((name) => name !== null).filter(isIndexable);
  const uses = new Map<string, number>();

  for (const field of layoutQueries.flatMap(sortedBy)) {
    if (isIndexable(field) && !named.includes(field)) uses.set(field, (uses.get(field) ?? 0) + 1);
  }

  const used = [...uses].sort(([a, usesOfA], [b, usesOfB]) => usesOfB - usesOfA || (a < b ? -1 : 1));
  return [...new Set([...named, ...used.slice(0, MOST_USED).map(([field]) => field)])];
}

/** The fields by which one bookmark or preset sorts, each once, in whatever layouts. */
function sortedBy(layoutQuery: unknown): string[] {
  if (!layoutQuery || typeof layoutQuery !== 'object') return [];

  const sorts = Object.values(layoutQuery).flatMap((query: unknown): unknown[] => {
    const sort: unknown = query && typeof query === 'object' && 'sort' in query ? query.sort : [];
    return Array.isArray(sort) ? (sort as unknown[]) : [sort];
  });

  return [...new Set(sorts.filter((sort) => typeof sort === 'string').map((sort) => sort.replace(/^-/, '')))];
}
