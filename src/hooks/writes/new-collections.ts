import type { RegisterFunctions } from '@directus/types';
import { decideNewCollection, followToldScopes, forgetCollection } from '../../services/collections.ts';
import { SCOPES_FIELD } from '../../services/scope-meta.ts';
import { followUp } from '../../services/follow-ups.ts';
import { ensureReferenceIndexes } from '../../services/reference-indexes.ts';
import { assertOwnCollectionsStay } from '../../services/fixed-schema.ts';
import { TENANT_FIELD, TENANTS } from '../../tenancy/managed.ts';
import { runtime, type Context } from '../../runtime.ts';

/** What is made after the installation gets what belongs to it at once, collections their scope; nobody has to remember it. */
export function registerNewCollections({ action, filter }: RegisterFunctions, context: Context): void {
  action('collections.create', async ({ key }) => {
    if (runtime.closed === null) await followUp(decideNewCollection(context, String(key)));
  });

  action('collections.delete', async ({ keys, payload }) => {
    for (const collection of (keys ?? payload ?? []) as string[]) await followUp(forgetCollection(context, collection));
  });

  // Directus has just locked the table for the key: nobody waits for much longer, and what others began is not waited for.
  action('relations.create', async ({ payload }) => {
    const { many_collection: collection, many_field: field } = payload as Record<string, string>;
    // That of the tenant comes before the rows have one: whoever makes it builds the indexes at the end.
    if (runtime.closed !== null || collection === undefined || field === TENANT_FIELD) return;
    await followUp(ensureReferenceIndexes(context, collection, { online: false }));
  });

  // A schema that is applied brings scopes along.
  action('fields.update', async ({ collection, keys }) => {
    if (runtime.closed !== null || collection !== TENANTS || !(keys as string[]).includes(SCOPES_FIELD)) return;
    await followUp(followToldScopes(context));
  });

  filter<string[]>('collections.delete', (keys) => {
    assertOwnCollectionsStay(keys);
    return keys;
  });
}
