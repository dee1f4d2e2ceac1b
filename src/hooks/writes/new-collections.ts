import type { RegisterFunctions } from '@directus/types';
import { decideNewCollection, forgetCollection } from '../../services/collections.ts';
import { followUp } from '../../services/follow-ups.ts';
import { runtime, type Context } from '../../runtime.ts';

/** Collections that are made after the installation get their scope at once; nobody has to remember it. */
export function registerNewCollections({ action }: RegisterFunctions, context: Context): void {
  action('collections.create', async ({ key }) => {
    if (runtime.closed === null) await followUp(decideNewCollection(context, String(key)));
  });

  action('collections.delete', async ({ keys, payload }) => {
    for (const collection of (keys ?? payload ?? []) as string[]) await followUp(forgetCollection(context, collection));
  });
}
