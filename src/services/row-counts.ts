import type { SchemaOverview } from '@directus/types';
import type { Knex } from 'knex';
import { TENANT_FIELD } from '../tenancy/managed.ts';
import { countOf } from './database.ts';

/** How many rows of a collection have a tenant, and how many have none. */
export async function countRows(
  database: Knex,
  collection: string,
  schema: SchemaOverview,
): Promise<{ owned: number; unowned: number }> {
  const all = await countOf(database(collection));
  if (!schema.collections[collection]?.fields[TENANT_FIELD]) return { owned: 0, unowned: all };

  const owned = await countOf(database(collection).whereNotNull(TENANT_FIELD));
  return { owned, unowned: all - owned };
}
