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

/** A relation as it is told to {@link withRelations}; without `related` it goes to any of the `allowed` collections. */
export interface TestRelation {
  collection: string;
  field: string;
  related?: string;
  /** The alias on the other side. */
  alias?: string;
  allowed?: string[];
}

/** The schema with more relations, which may have an alias on the other side or lead to any collection. */
export function withRelations(schema: SchemaOverview, relations: TestRelation[]): SchemaOverview {
  const added = relations.map(({ collection, field, related, alias, allowed }) => ({
    collection,
    field,
    related_collection: related ?? null,
    meta: {
      one_field: alias ?? null,
      one_collection_field: allowed ? 'collection' : null,
      one_allowed_collections: allowed ?? null,
    },
  }));

  return { ...schema, relations: [...schema.relations, ...(added as unknown as Relation[])] };
}
