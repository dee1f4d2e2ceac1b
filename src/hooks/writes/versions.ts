import type { Item, PrimaryKey, RegisterFunctions, SchemaOverview } from '@directus/types';
import type { Knex } from 'knex';
import { assertReferences } from '../../services/references.ts';
import { InvalidFieldError } from '../../tenancy/errors.ts';
import { TENANT_FIELD } from '../../tenancy/managed.ts';
import { nestedPayloads } from '../../tenancy/references.ts';
import { hasTenantField, primaryKeyOf } from '../../tenancy/scopes.ts';
import { say } from '../../tenancy/sentences.ts';
import { boundaryContext, runtime, type Context } from '../../runtime.ts';

/**
 * Content versions keep changes that Directus carries out later with full rights and without any hook, even to show them.
 * So they are held to the tenant of their row when they are saved, whoever saves them: Directus does it as an administrator.
 */
export function registerVersionGuards({ filter }: RegisterFunctions, context: Context): void {
  filter<Item>('versions.create', async (payload, _meta, { database, schema }) => {
    if (runtime.tenantsExist && schema) await assertDeltaStays(context, database, schema, payload, payload['delta']);
    return payload;
  });

  filter<Item>('versions.update', async (changes, { keys }, { database, schema }) => {
    if (!runtime.tenantsExist || !schema) return changes;
    const versions: Item[] = await database('directus_versions').whereIn('id', keys as PrimaryKey[]);

    for (const version of versions) {
      const delta: unknown = 'delta' in changes ? changes['delta'] : version['delta'];
      await assertDeltaStays(context, database, schema, { ...version, ...changes }, delta);
    }

    return changes;
  });
}

async function assertDeltaStays(
  context: Context,
  database: Knex,
  schema: SchemaOverview,
  { collection, item }: Item,
  stored: unknown,
): Promise<void> {
  const delta: unknown = typeof stored === 'string' ? JSON.parse(stored) : stored;
  if (!delta || typeof delta !== 'object' || typeof collection !== 'string' || !(collection in schema.collections))
    return;

  const tenant = await tenantOf(database, schema, collection, item as PrimaryKey | null);

  for (const { path, to, payload } of nestedPayloads(collection, delta, schema)) {
    if (path !== '' && to.startsWith('directus_')) {
      throw new InvalidFieldError({
        field: `delta.${path}`,
        reason: say('cannot be changed in a version: change it by itself'),
      });
    }

    if (TENANT_FIELD in payload && payload[TENANT_FIELD] !== tenant) {
      throw new InvalidFieldError({ field: `delta.${path}${TENANT_FIELD}`, reason: say('cannot be changed') });
    }
  }

  await assertReferences(context, boundaryContext(schema), { database, schema }, collection, delta, [], {
    tenant,
  });
}

async function tenantOf(
  database: Knex,
  schema: SchemaOverview,
  collection: string,
  item: PrimaryKey | null,
): Promise<string | null> {
  if (item === null || !hasTenantField(collection, schema)) return null;

  const row: Item | undefined = await database(collection)
    .select(TENANT_FIELD)
    .where(primaryKeyOf(collection, schema), item)
    .first();

  return (row?.[TENANT_FIELD] ?? null) as string | null;
}
