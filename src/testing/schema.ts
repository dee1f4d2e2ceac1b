import type { CollectionScope } from '../tenancy/types.ts';
import type { ApiClient } from './api.ts';

export interface TestedField {
  field: string;
  type: string;
  schema: {
    is_primary_key: boolean;
    has_auto_increment: boolean;
    is_nullable: boolean;
    is_generated: boolean;
    default_value: unknown;
    max_length: number | null;
  } | null;
  meta: {
    required: boolean | null;
    special: string[] | null;
    options: { choices?: { value: unknown }[] | null } | null;
  } | null;
}

export interface TestedRelation {
  collection: string;
  field: string;
  related_collection: string | null;
  meta: {
    one_field: string | null;
    one_collection_field: string | null;
    one_allowed_collections: string[] | null;
  } | null;
}

export interface TestedCollection {
  name: string;
  scope: 'tenant' | 'mixed';
  isSingleton: boolean;
  primary: TestedField;
  fields: TestedField[];
}

export interface TestedSchema {
  /** The collections that are tried, those first that others refer to. */
  tested: TestedCollection[];
  /** Keys of rows that all tenants read, by collection. */
  shared: Map<string, string | number>;
  relations: TestedRelation[];
  /** The primary key field of every collection. */
  primaries: Map<string, string>;
}

/**
 * What the project is made of, as far as tenants' rows are concerned.
 *
 * @throws Error when a collection that is named has no rows of tenants, or there is none at all
 */
export async function readSchema(superAdmin: ApiClient, wanted?: readonly string[]): Promise<TestedSchema> {
  const scopes = await superAdmin.must<CollectionScope[]>('GET', '/tenancy/collections');
  const fields = await superAdmin.must<(TestedField & { collection: string })[]>('GET', '/fields');
  const relations = await superAdmin.must<TestedRelation[]>('GET', '/relations');
  const collections = await superAdmin.must<{ collection: string; meta: { singleton: boolean } | null }[]>(
    'GET',
    '/collections',
  );

  const owned = scopes.flatMap(({ collection, scope }) =>
    !collection.startsWith('directus_') && (scope === 'tenant' || scope === 'mixed')
      ? [{ name: collection, scope }]
      : [],
  );

  for (const name of wanted ?? []) {
    if (!owned.some((each) => each.name === name))
      throw new Error(`"${name}" is no collection whose rows belong to tenants.`);
  }

  const primaries = new Map(
    fields.filter(({ schema }) => schema?.is_primary_key).map(({ collection, field }) => [collection, field]),
  );

  const tested = owned
    .filter(({ name }) => !wanted || wanted.includes(name))
    .flatMap(({ name, scope }): TestedCollection[] => {
      const own = fields.filter(({ collection }) => collection === name);
      const primary = own.find(({ field }) => field === primaries.get(name));
      const isSingleton = collections.find(({ collection }) => collection === name)?.meta?.singleton === true;
      return primary ? [{ name, scope, isSingleton, primary, fields: own }] : [];
    });

  if (tested.length === 0) throw new Error('No collection has rows of tenants, so there is nothing to try.');

  return {
    tested: inOrder(tested, relations),
    shared: await sharedRows(superAdmin, scopes, primaries),
    relations,
    primaries,
  };
}

/** A collection comes after those to which its rows refer; circles are cut where they are met. */
function inOrder(collections: readonly TestedCollection[], relations: readonly TestedRelation[]): TestedCollection[] {
  const ordered: TestedCollection[] = [];
  const met = new Set<string>();

  const visit = (collection: TestedCollection): void => {
    if (met.has(collection.name)) return;
    met.add(collection.name);

    for (const { related_collection: related } of relations.filter((each) => each.collection === collection.name)) {
      const target = collections.find(({ name }) => name === related);
      if (target) visit(target);
    }

    ordered.push(collection);
  };

  collections.forEach(visit);
  return ordered;
}

async function sharedRows(
  superAdmin: ApiClient,
  scopes: readonly CollectionScope[],
  primaries: ReadonlyMap<string, string>,
): Promise<Map<string, string | number>> {
  const rows = new Map<string, string | number>();

  for (const { collection, scope } of scopes) {
    const primary = primaries.get(collection);
    if (scope !== 'shared' || !primary) continue;

    const { data } = await superAdmin.ask('GET', `/items/${collection}?limit=1&fields=${primary}`);
    const row = (Array.isArray(data) ? data[0] : data) as Record<string, string | number> | null | undefined;
    const key = row?.[primary];
    if (key !== undefined) rows.set(collection, key);
  }

  return rows;
}
