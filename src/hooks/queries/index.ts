import type { Query } from '@directus/types';
import { defineHook } from '../../define.ts';
import { actingAs } from '../../services/identity.ts';
import { LICENCE_REASON, RefusedError } from '../../tenancy/errors.ts';
import { needsRules, requesterOf, scopeQuery } from '../../tenancy/queries.ts';
import { asDirectus, say } from '../../tenancy/sentences.ts';
import { boundaryContext, refreshRuntimeFor, runtime } from '../../runtime.ts';

/**
 * Wall 2. Every root read of somebody who is no super-admin gets the tenant filter on its query, whatever the permission
 * rules say.
 */
export default defineHook(({ filter }) => {
  filter<Query>('*.query', async (query, { collection }, { accountability, database, schema }) => {
    if (accountability === null || accountability.admin) return query;

    // Without the schema nobody can tell whose rows these are.
    if (!schema)
      throw new RefusedError({
        reason: asDirectus(`You don't have permission to access "${collection}".`),
      });

    const name = String(collection);
    const requester = await actingAs(database, accountability);

    if (runtime.licensed === false && needsRules(name, schema) && requesterOf(requester) === 'member') {
      throw new RefusedError({ reason: say(LICENCE_REASON) });
    }

    await refreshRuntimeFor(database, accountability);
    const scoped = scopeQuery(query, name, requester, boundaryContext(schema));
    if (!scoped)
      throw new RefusedError({ reason: asDirectus(`You don't have permission to access collection "${name}".`) });
    return scoped;
  });

  runtime.registered.add('queries');
});
