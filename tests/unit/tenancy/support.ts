import type { CollectionsOverview, Relation, SchemaOverview } from '@directus/types';

/** A schema overview with the given collections and fields; `tenant_id` comes with its relation to `tenants`. */
export function schemaOf(
  collections: Record<string, string[]>,
  relations: [collection: string, field: string, related: string][] = [],
): SchemaOverview {
  const overview = Object.fromEntries(
    Object.entries(collections).map(([collection, fields]) => [
      collection,
      {
        collection,
        primary: 'id',
        fields: Object.fromEntries(['id', ...fields].map((field) => [field, { field, special: [] }])),
      },
    ]),
  ) as unknown as CollectionsOverview;

  const all = [
    ...Object.entries(collections)
      .filter(([, fields]) => fields.includes('tenant_id'))
      .map(([collection]) => [collection, 'tenant_id', 'tenants'] as const),
    ...relations,
  ];

  return {
    collections: overview,
    relations: all.map(
      ([collection, field, related_collection]) => ({ collection, field, related_collection }) as Relation,
    ),
  };
}
