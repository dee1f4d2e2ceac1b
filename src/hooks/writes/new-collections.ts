import type { Item, RegisterFunctions } from '@directus/types';
import { decideNewCollection, followToldScope, forgetCollection } from '../../services/collections.ts';
import { isToldScope, readToldScopes, SCOPE_META } from '../../services/scope-meta.ts';
import { followUp } from '../../services/follow-ups.ts';
import { assertOwnCollectionsStay } from '../../services/fixed-schema.ts';
import { InvalidFieldError } from '../../tenancy/errors.ts';
import { runtime, type Context } from '../../runtime.ts';

/** Collections that are made after the installation get their scope at once; nobody has to remember it. */
export function registerNewCollections({ action, filter }: RegisterFunctions, context: Context): void {
  action('collections.create', async ({ key }) => {
    if (runtime.closed === null) await followUp(decideNewCollection(context, String(key)));
  });

  action('collections.delete', async ({ keys, payload }) => {
    for (const collection of (keys ?? payload ?? []) as string[]) await followUp(forgetCollection(context, collection));
  });

  // A schema that is applied brings scopes along.
  action('collections.update', async ({ keys, payload }) => {
    if (runtime.closed !== null || !(SCOPE_META in (payload as Item))) return;
    for (const key of keys as string[]) await followUp(followToldScope(context, key));
  });

  filter<string[]>('collections.delete', (keys) => {
    assertOwnCollectionsStay(keys);
    return keys;
  });

  filter<Item>('collections.create', (payload) => {
    assertScopeIsKnown(payload[SCOPE_META]);
    return payload;
  });

  filter<Item>('collections.update', async (changes, { keys }, { accountability, database }) => {
    if (!accountability || !(SCOPE_META in changes)) return changes;

    const told = await readToldScopes(database);
    if ((keys as string[]).every((key) => (told.get(key) ?? null) === changes[SCOPE_META])) return changes;

    throw new InvalidFieldError({
      field: SCOPE_META,
      reason: 'is written by the tenancy extension: use PUT /tenancy/collections/:collection',
    });
  });
}

/** @throws InvalidFieldError */
function assertScopeIsKnown(scope: unknown): void {
  if (scope === undefined || scope === null || isToldScope(scope)) return;
  throw new InvalidFieldError({ field: SCOPE_META, reason: 'must be "tenant" or "shared"' });
}
