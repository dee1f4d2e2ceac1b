import type { Filter, Permission } from '@directus/types';
import { POLICIES, STEPS_TABLE, TENANT_MEMBERS, TENANTS, WRITING_LEVELS } from '../tenancy/managed.ts';
import { CURRENT_ROLE, equalsAndExists } from '../tenancy/predicates.ts';
import { managedPermissions, narrowToOwnTenant, widenFromOwnTenant, type PermissionRow } from '../tenancy/rules.ts';
import type { Scope } from '../tenancy/types.ts';
import { fullAccess, type ServiceContext } from './directus.ts';
import { markRulesStored, scopesWithoutStoredRules } from './scopes.ts';

const WRITING_POLICIES = WRITING_LEVELS.map((level) => POLICIES[level]);

/** Number under which the permissions of Directus' own collections are booked among the installation steps. */
const BASE_PERMISSIONS_STEP = 1000;

type StoredRow = PermissionRow & { policy: string };

/**
 * Stores the permission rows that are missing: those of the managed policies on Directus' own collections, and those of
 * collections whose scope was recorded while the licence did not allow rules. Without such a licence only what carries no
 * rule is stored.
 */
export async function reconcileStoredRules(context: ServiceContext, licensed: boolean): Promise<void> {
  if (licensed) await storeBasePermissions(context);

  for (const { collection, scope } of await scopesWithoutStoredRules(context.database)) {
    await storeRules(context, collection, scope, licensed);
  }
}

/**
 * Makes the permission rows follow the scope of a collection: managed policies get their rows, rows of other policies get
 * the tenant predicate, or lose it. Rows that a super-admin changed or took away are left as they are.
 */
export async function storeRules(
  context: ServiceContext,
  collection: string,
  scope: Scope,
  licensed: boolean,
): Promise<void> {
  if (scope === 'tenant' && !licensed) return;

  const access = await fullAccess(context);
  if (!access.schema.collections[collection]) return;

  const permissions = access.permissions();
  const stored = (await permissions.readByQuery({
    filter: { collection: { _eq: collection } },
    limit: -1,
  })) as (Permission & { id: number })[];

  for (const row of stored) {
    if (row.system || !row.id) continue;
    const wanted = scope === 'tenant' ? narrowToOwnTenant(row) : widenFromOwnTenant(row);
    if (sameRule(row, wanted)) continue;
    const { permissions: rule, validation, presets, fields } = wanted;
    await permissions.updateOne(row.id, { permissions: rule, validation, presets, fields: fields ?? ['*'] });
  }

  const wanted = managedPermissions(collection, scope, WRITING_POLICIES, POLICIES.member);
  await createMissing(context, stored, wanted);

  const managed = new Set<string>(WRITING_POLICIES);
  const surplus = stored.filter(({ policy, id }) => scope === 'shared' && id && policy !== null && managed.has(policy));
  if (surplus.length > 0) await permissions.deleteMany(surplus.map(({ id }) => id));

  await markRulesStored(context.database, collection);
}

async function createMissing(
  context: ServiceContext,
  stored: readonly Pick<Permission, 'policy' | 'collection' | 'action'>[],
  wanted: StoredRow[],
): Promise<void> {
  const key = ({ policy, collection, action }: Pick<Permission, 'policy' | 'collection' | 'action'>): string =>
    [policy, collection, action].join(' ');

  const present = new Set(stored.map(key));
  const missing = wanted.filter((row) => !present.has(key(row)));
  if (missing.length === 0) return;

  const { permissions } = await fullAccess(context);
  await permissions().createMany(missing);
}

/** What every member needs of Directus' own collections and of the bundle's; booked, so that a super-admin's changes stay. */
async function storeBasePermissions(context: ServiceContext): Promise<void> {
  const booked = await context.database(STEPS_TABLE).where({ number: BASE_PERMISSIONS_STEP }).first();
  if (booked) return;

  const wanted = [
    ...managedPermissions('directus_files', 'tenant', WRITING_POLICIES, POLICIES.member),
    ...managedPermissions('directus_folders', 'tenant', WRITING_POLICIES, POLICIES.member),
    readRow(POLICIES.member, TENANTS, equalsAndExists('id', CURRENT_ROLE), [
      'id',
      'name',
      'slug',
      'status',
      'settings',
    ]),
    readRow(POLICIES.member, 'directus_users', equalsAndExists('role', CURRENT_ROLE), [
      'id',
      'first_name',
      'last_name',
      'email',
      'avatar',
      'title',
    ]),
    readRow(POLICIES.owner, TENANT_MEMBERS, equalsAndExists('tenant_id', CURRENT_ROLE), ['*']),
  ];

  const { permissions } = await fullAccess(context);
  const stored = await permissions().readByQuery({
    filter: { policy: { _in: Object.values(POLICIES) } },
    fields: ['policy', 'collection', 'action'],
    limit: -1,
  });

  await createMissing(context, stored as unknown as Permission[], wanted);
  await context
    .database(STEPS_TABLE)
    .insert({ number: BASE_PERMISSIONS_STEP, name: 'permissions of managed policies' });
}

function readRow(policy: string, collection: string, rule: Filter, fields: string[]): StoredRow {
  return { policy, collection, action: 'read', permissions: rule, validation: null, presets: null, fields };
}

function sameRule(a: PermissionRow, b: PermissionRow): boolean {
  const rule = ({ permissions, validation, presets, fields }: PermissionRow): string =>
    JSON.stringify([permissions ?? null, validation ?? null, presets ?? null, fields ?? null]);

  return rule(a) === rule(b);
}
