import type { Permission, SchemaOverview } from '@directus/types';
import { defineHook } from '../../define.ts';
import { POLICIES } from '../../tenancy/managed.ts';
import { narrowPermissions, narrowToScope } from '../../tenancy/rules.ts';
import { hasTenantField, treatmentOf } from '../../tenancy/scopes.ts';
import { boundaryContext, refreshRuntime, runtime } from '../../runtime.ts';
import { probeRow } from './licence.ts';

/**
 * Wall 1. Directus' permission engine reads its rows through one service call; every row is narrowed on its way to what the
 * requester may reach, before Directus caches it. The same predicate is stored in rows as they are saved, so that a project
 * whose extensions do not load still has it.
 */
export default defineHook(({ filter }) => {
  filter<Permission[]>('permissions.read', async (rows, { query }, { accountability, database, schema }) => {
    const policies = policiesOfEngineRead(query);
    if (accountability !== null || !policies || !schema) return rows;

    const probe = probeRow(policies);
    if (probe) return [...rows, probe];

    await refreshRuntime(database);
    const requester = policies.includes(POLICIES.member) ? 'member' : 'outsider';
    return narrowPermissions(rows, requester, boundaryContext(schema));
  });

  filter<Permission>('permissions.create', (row, _meta, { schema }) => storeRule(row, row.collection, schema));

  filter<Partial<Permission>>('permissions.update', async (changes, { keys }, { database, schema }) => {
    const touchesRule = ['permissions', 'validation', 'presets', 'fields'].some((key) => key in changes);
    if (!touchesRule && !('collection' in changes) && !('action' in changes)) return changes;

    const stored: Permission[] = await database('directus_permissions')
      .select('collection', 'action')
      .whereIn('id', keys as number[]);

    const targets = new Set(stored.map(({ collection }) => changes.collection ?? collection));
    const actions = new Set(stored.map(({ action }) => changes.action ?? action));

    const [collection, ...otherCollections] = targets;
    const [action, ...otherActions] = actions;

    // One change for rows of several kinds cannot carry each one's rule; the rules in flight hold all the same.
    if (!collection || otherCollections.length > 0 || otherActions.length > 0) return changes;

    const narrowed = storeRule({ ...changes, collection, action } as Permission, collection, schema);

    return onlyChanged(changes, narrowed);
  });

  runtime.registered.add('rules');
});

/**
 * The policies whose permissions the engine asks for. Null for any other read of permission rows (the administrator's, the
 * snapshot for a revision), which must see them as they are stored.
 */
function policiesOfEngineRead(query: unknown): string[] | null {
  const conditions: unknown = (query as { filter?: { _and?: unknown } } | undefined)?.filter?._and;
  if (!Array.isArray(conditions)) return null;

  const policies: unknown = (conditions[0] as { policy?: { _in?: unknown } } | undefined)?.policy?._in;
  return Array.isArray(policies) ? (policies as string[]) : null;
}

function storeRule(row: Permission, collection: string, schema: SchemaOverview | null): Permission {
  if (runtime.licensed !== true || !schema || !hasTenantField(collection, schema)) return row;
  // Files and folders of nobody belong to the project: its own policies keep their rows as they are.
  if (collection.startsWith('directus_')) return row;
  // On the way to shared the field goes last, after the rules.
  if (runtime.recorded.get(collection) === 'shared') return row;
  const isMixed = treatmentOf(collection, schema, runtime.recorded) === 'mixed';
  return narrowToScope(row, isMixed ? 'mixed' : 'tenant');
}

/** The fields of a permission row that a change names, or that the rule has to add to it. */
function onlyChanged(changes: Partial<Permission>, narrowed: Permission): Partial<Permission> {
  const result: Partial<Permission> = { ...changes };

  if ('permissions' in changes) result.permissions = narrowed.permissions;
  if ('fields' in changes) result.fields = narrowed.fields;
  if ('validation' in changes) result.validation = narrowed.validation;
  if ('presets' in changes) result.presets = narrowed.presets;

  return result;
}
