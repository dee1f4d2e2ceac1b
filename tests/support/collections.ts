import type { Account } from './client.ts';
import { must } from './world.ts';

/** The key that Directus gives a collection unless it is told another one. */
export const serial = {
  field: 'id',
  type: 'integer',
  schema: { is_primary_key: true, has_auto_increment: true },
};

/** Creates a collection with an integer key that counts, and other fields. */
export async function createCollection(
  superAdmin: Account,
  collection: string,
  fields: object[] = [],
  meta: object = {},
): Promise<void> {
  await must(superAdmin, 'POST', '/collections', { collection, meta, schema: {}, fields: [serial, ...fields] });
}

/** Makes a field lead to a row of another collection, with an alias there where one is named. */
export async function createRelation(
  superAdmin: Account,
  collection: string,
  field: string,
  related: string,
  alias?: string,
): Promise<void> {
  await must(superAdmin, 'POST', '/relations', {
    collection,
    field,
    related_collection: related,
    ...(alias !== undefined && { meta: { one_field: alias } }),
    schema: { on_delete: 'SET NULL' },
  });
}
