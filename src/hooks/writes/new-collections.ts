import type { EventContext, RegisterFunctions } from '@directus/types';
import { decideNewCollection, forgetCollection } from '../../services/collections.ts';
import { RefusedError } from '../../tenancy/errors.ts';
import { TENANT_FIELD } from '../../tenancy/managed.ts';
import { hasTenantField } from '../../tenancy/scopes.ts';
import { followUp } from '../../services/follow-ups.ts';
import { runtime, type Context } from '../../runtime.ts';

/** Collections that are made after the installation get their scope at once; nobody has to remember it. */
export function registerNewCollections({ action, filter }: RegisterFunctions, context: Context): void {
  action('collections.create', async ({ key }) => {
    if (runtime.closed === null) await followUp(decideNewCollection(context, String(key)));
  });

  action('collections.delete', async ({ keys, payload }) => {
    for (const collection of (keys ?? payload ?? []) as string[]) await followUp(forgetCollection(context, collection));
  });

  filter<string[]>('fields.delete', (fields, { collection }, { accountability, schema }) => {
    if (fields.includes(TENANT_FIELD)) assertFieldMayGo(String(collection), accountability, schema);
    return fields;
  });
}

/**
 * Nobody deletes the field of a tenants' collection by the way. A schema that is applied may: then the
 * collection is closed until the field is back, which the doctor tells.
 *
 * @throws RefusedError
 */
function assertFieldMayGo(
  collection: string,
  accountability: EventContext['accountability'],
  schema: EventContext['schema'],
): void {
  if (!accountability || !schema || !hasTenantField(collection, schema)) return;
  throw new RefusedError({
    reason:
      `The field "${TENANT_FIELD}" says which tenant owns a row of "${collection}". To give the rows of a collection to all ` +
      'tenants, make it shared: PUT /tenancy/collections/:collection with { "scope": "shared", "confirm": true }.',
  });
}
