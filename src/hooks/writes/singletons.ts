import type { EventContext, Item, PrimaryKey, RegisterFunctions, SchemaOverview } from '@directus/types';
import { withLock } from '../../services/database.ts';
import { InvalidFieldError } from '../../tenancy/errors.ts';
import { TENANT_FIELD } from '../../tenancy/managed.ts';
import { requesterOf } from '../../tenancy/queries.ts';
import { primaryKeyOf } from '../../tenancy/scopes.ts';
import { say } from '../../tenancy/sentences.ts';
import { ownershipOf, tenantNamedBy } from '../../tenancy/writes.ts';
import { runtime, type Context } from '../../runtime.ts';

/**
 * Gives each tenant its own row of a singleton. Reading finds it by the tenant filter; saving, Directus takes the first row of
 * the table for the only one, whosever it is, and its key is replaced here by that of the tenant's row, which is created
 * when there is none.
 */
export function registerSingletons({ filter }: RegisterFunctions, context: Context): void {
  filter<Item>('items.update', async (changes, { collection: name, keys }, event) => {
    const { schema, database, accountability } = event;
    const collection = String(name);
    if (!schema?.collections[collection]?.singleton || ownershipOf(collection, schema, runtime.recorded) !== 'always')
      return changes;

    const tenant =
      accountability && !accountability.admin
        ? requesterOf(accountability) === 'member' && accountability.role
        : await tenantToSaveFor(collection, changes, keys as PrimaryKey[], schema, event);

    // Whoever acts in no tenant is told so by what looks at the key next.
    if (!tenant) return changes;

    const save = (key: PrimaryKey): void => void (keys as PrimaryKey[]).splice(0, Infinity, key);
    const own = await rowOf(tenant, collection, schema, database);

    if (own !== undefined) {
      save(own);
      return changes;
    }

    // Two who save for the first time at once make one row.
    return withLock(database, `directus-extension-tenancy:singleton:${collection}:${tenant}`, async () => {
      const made = await rowOf(tenant, collection, schema, database);
      if (made !== undefined) {
        save(made);
        return changes;
      }

      const items = new context.services.ItemsService(collection, { schema, knex: database, accountability });
      save(await items.createOne(changes));
      // All of it is in the row; a second time would create nested rows twice.
      return {};
    });
  });
}

/**
 * The tenant for which a super-admin, or Directus itself, saves a singleton: the one that is named. Null where none is named
 * and there is nothing to choose from.
 *
 * @throws InvalidFieldError when none is named and it could be the row of any
 */
async function tenantToSaveFor(
  collection: string,
  changes: Item,
  keys: readonly PrimaryKey[],
  schema: SchemaOverview,
  { database }: EventContext,
): Promise<string | null> {
  const named = tenantNamedBy(changes);
  if (named !== null) return named;

  const primary = primaryKeyOf(collection, schema);
  const [first, ...others]: Item[] = await database(collection).select(primary).limit(2);
  if (!first || others.length === 0 || keys.length !== 1 || String(first[primary]) !== String(keys[0])) return null;

  throw new InvalidFieldError({
    field: TENANT_FIELD,
    reason: say('is required: each tenant has its own row of the singleton "{collection}"', { collection }),
  });
}

async function rowOf(
  tenant: string,
  collection: string,
  schema: SchemaOverview,
  database: EventContext['database'],
): Promise<PrimaryKey | undefined> {
  const primary = primaryKeyOf(collection, schema);
  const row: Item | undefined = await database(collection)
    .where({ [TENANT_FIELD]: tenant })
    .orderBy(primary)
    .first(primary);

  return row?.[primary] as PrimaryKey | undefined;
}
