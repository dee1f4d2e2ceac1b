import type { Item } from '@directus/types';
import { findingOf, listed, type Problem } from '../../tenancy/doctor/report.ts';
import { say } from '../../tenancy/sentences.ts';
import { runtime } from '../../runtime.ts';
import { scopesWithoutStoredRules } from '../scopes.ts';
import {
  narrowDriftedRules,
  readDriftedRules,
  reconcileStoredRules,
  wereRulesStored,
  type DriftedRule,
} from '../stored-rules.ts';
import type { Check, DoctorContext } from './check.ts';

/** Whether the tenant predicate is in the database too, for a project whose extensions do not load. */
export const storedRules: Check = {
  id: 'stored-rules',

  async examine(context) {
    if (!runtime.licensed) {
      const isUntold = context.place === 'command' && (await wereRulesStored(context.database));
      const passed = say('Rules are stored once the licence includes custom permission rules.');
      return findingOf(isUntold ? [untold()] : [], passed);
    }

    const problems: Problem[] = [];
    const drifted = await readDriftedRules(context.access, context.recorded);
    const pending = await pendingCollections(context);

    if (drifted.length > 0) {
      problems.push({
        status: 'warn',
        message: say(
          'Permissions without the stored tenant rule: {permissions}. The extension adds the rule to each request ' +
            'all the same, but Directus without the extension would not.',
          { permissions: listed(await namesOf(context, drifted), drifted.length) },
        ),
        fix: say('Let the doctor add the rule.'),
        fixable: true,
      });
    }

    if (pending.length > 0) {
      problems.push({
        status: 'warn',
        message: say('The permissions of {collections} do not follow the scope of the collection yet.', {
          collections: listed(pending),
        }),
        fix: say('Let the doctor store them.'),
        fixable: true,
      });
    }

    return findingOf(problems, say('Every permission on a collection of tenants has the tenant rule stored.'));
  },

  async mend(context) {
    if (!runtime.licensed) return null;

    const pending = await pendingCollections(context);
    if (pending.length > 0) await reconcileStoredRules(context, true);

    const drifted = await readDriftedRules(context.access, context.recorded);
    await narrowDriftedRules(context.access, drifted);

    const done: string[] = [];

    if (pending.length > 0) {
      done.push(say('Stored the permissions of {collections}.', { collections: listed(pending) }));
    }

    if (drifted.length > 0) {
      const permissions = listed(await namesOf(context, drifted), drifted.length);
      done.push(say('Added the tenant rule to {permissions}.', { permissions }));
    }

    return done.length > 0 ? done.join(' ') : null;
  },
};

function untold(): Problem {
  return {
    status: 'warn',
    message: say('Directus shows a command no permissions with rules where their use depends on the licence.'),
    fix: say('Ask a Directus that is running: GET /tenancy/doctor.'),
  };
}

async function pendingCollections({ database, access }: DoctorContext): Promise<string[]> {
  return (await scopesWithoutStoredRules(database))
    .map(({ collection }) => collection)
    .filter((collection) => access.schema.collections[collection]);
}

/** Rules as a super-admin knows them: the name of the policy, the collection and the action. */
async function namesOf({ database }: DoctorContext, rules: readonly DriftedRule[]): Promise<string[]> {
  const policies: Item[] = await database('directus_policies')
    .select('id', 'name')
    .whereIn('id', [...new Set(rules.map(({ policy }) => policy))]);

  const names = new Map(policies.map(({ id, name }) => [String(id), String(name)]));
  return rules.map(({ policy, collection, action }) =>
    say('{action} on {collection} in "{policy}"', { action, collection, policy: names.get(policy) ?? policy }),
  );
}
