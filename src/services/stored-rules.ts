import type { AbstractService, Permission, PermissionsAction } from '@directus/types';
import type { Knex } from 'knex';
import { POLICIES, STEPS_TABLE, TENANT_MEMBERS, TENANTS, WRITING_LEVELS } from '../tenancy/managed.ts';
import { CURRENT_ROLE, CURRENT_USER, equalsAndExists } from '../tenancy/predicates.ts';
import { managedPermissions, narrowToScope, widenFromTenants, type PermissionRow } from '../tenancy/rules.ts';
import { collectionsWithTenantField, treatmentOf, type RecordedScopes } from '../tenancy/scopes.ts';
import type { Scope } from '../tenancy/types.ts';
import { fullAccess, type FullAccess, type ServiceContext } from './directus.ts';
import { markRulesStored, scopesWithoutStoredRules } from './scopes.ts';

const WRITING_POLICIES = WRITING_LEVELS.map((level) => POLICIES[level]);

type StoredRow = PermissionRow & { policy: string };

/** The policies of people; tokens of programs have no account to look after. */
const PEOPLES_POLICIES = [POLICIES.viewer, POLICIES.editor, POLICIES.owner];

/** What people change of their own account in the Data Studio. An address is told by whoever manages the members. */
const OWN_ACCOUNT_FIELDS = [
  ...['first_name', 'last_name', 'password', 'avatar', 'location', 'title', 'description', 'tags', 'language'],
  ...['appearance', 'theme_light', 'theme_dark', 'theme_light_overrides', 'theme_dark_overrides'],
  'tfa_secret',
];

/** What owners say of somebody whom they add. */
const NEW_MEMBER_FIELDS = ['email', 'first_name', 'last_name', 'password', 'role'];

/** A set of permissions that every project gets once. */
interface BasePermissions {
  /** Under which it is booked among the installation steps, so that a super-admin's changes stay. */
  step: number;
  name: string;
  rows: () => StoredRow[];
}

/** What every member needs of Directus' own collections and of the bundle's. */
const BASE_PERMISSIONS: readonly BasePermissions[] = [
  {
    step: 1000,
    name: 'permissions of managed policies',
    rows: () => [
      ...managedPermissions('directus_files', 'tenant', WRITING_POLICIES, POLICIES.member),
      ...managedPermissions('directus_folders', 'tenant', WRITING_POLICIES, POLICIES.member),
      ownRows([POLICIES.member, TENANTS, 'read'], ['id', CURRENT_ROLE], ['id', 'name', 'slug', 'status', 'settings']),
      ownRows(
        [POLICIES.member, 'directus_users', 'read'],
        ['role', CURRENT_ROLE],
        ['id', 'first_name', 'last_name', 'email', 'avatar', 'title'],
      ),
      ownRows([POLICIES.owner, TENANT_MEMBERS, 'read'], ['tenant_id', CURRENT_ROLE], ['*']),
    ],
  },
  {
    step: 1001,
    name: 'permission to change the own account',
    rows: () =>
      PEOPLES_POLICIES.map((policy) =>
        ownRows([policy, 'directus_users', 'update'], ['id', CURRENT_USER], OWN_ACCOUNT_FIELDS),
      ),
  },
  {
    step: 1002,
    name: 'permission of owners to add and remove members',
    rows: () => {
      const [created, deleted] = (['create', 'delete'] as const).map((action) =>
        ownRows([POLICIES.owner, 'directus_users', action], ['role', CURRENT_ROLE], NEW_MEMBER_FIELDS),
      ) as [StoredRow, StoredRow];

      return [{ ...created, validation: created.permissions, presets: { role: CURRENT_ROLE } }, deleted];
    },
  },
];

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
  if (scope !== 'shared' && !licensed) return;

  const access = await fullAccess(context);
  if (!access.schema.collections[collection]) return;

  const permissions = access.permissions();
  const stored = await readRules(permissions, [collection]);

  for (const row of stored) {
    if (row.system || !row.id) continue;
    const wanted = scope === 'shared' ? widenFromTenants(row) : narrowToScope(row, scope);
    if (!sameRule(row, wanted)) await updateRule(permissions, row.id, wanted);
  }

  const wanted = managedPermissions(collection, scope, WRITING_POLICIES, POLICIES.member);
  await createMissing(context, stored, wanted);

  const managed = new Set<string>(WRITING_POLICIES);
  const surplus = stored.flatMap(({ policy, id }) =>
    scope === 'shared' && id && policy !== null && managed.has(policy) ? [id] : [],
  );
  if (surplus.length > 0) await permissions.deleteMany(surplus);

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

/** Whether the project got every set of permissions, by the numbers of what is booked. */
export function areBasePermissionsBooked(booked: ReadonlySet<number>): boolean {
  return BASE_PERMISSIONS.every(({ step }) => booked.has(step));
}

/** Stores the sets of permissions that this project did not get yet. */
async function storeBasePermissions(context: ServiceContext): Promise<void> {
  const booked: unknown[] = await context.database(STEPS_TABLE).pluck('number');
  const due = BASE_PERMISSIONS.filter(({ step }) => !booked.includes(step));
  if (due.length === 0) return;

  const { permissions } = await fullAccess(context);
  const stored = await permissions().readByQuery({
    filter: { policy: { _in: Object.values(POLICIES) } },
    fields: ['policy', 'collection', 'action'],
    limit: -1,
  });

  for (const { step, name, rows } of due) {
    await createMissing(context, stored as unknown as Permission[], rows());
    await context.database(STEPS_TABLE).insert({ number: step, name });
  }
}

function ownRows(
  [policy, collection, action]: [string, string, PermissionsAction],
  [field, value]: [string, string],
  fields: string[],
): StoredRow {
  const rule = equalsAndExists(field, value);
  return { policy, collection, action, permissions: rule, validation: null, presets: null, fields };
}

/** A stored permission row that lacks the predicate of its tenant-scoped collection. */
export interface DriftedRule {
  id: number;
  policy: string;
  collection: string;
  action: string;
  wanted: PermissionRow;
}

/**
 * Permission rows of collections with tenants' rows without the stored predicate of the scope, such as one that was written past
 * Directus. Files and folders belong to the project too, so there the rows of managed policies alone carry it.
 */
export async function readDriftedRules(access: FullAccess, recorded: RecordedScopes): Promise<DriftedRule[]> {
  const managed = new Set<string>(Object.values(POLICIES));

  // On the way to shared the field goes last, after the rules.
  const collections = collectionsWithTenantField(access.schema).filter(
    (collection) => recorded.get(collection) !== 'shared',
  );

  return (await readRules(access.permissions(), collections)).flatMap((row) => {
    const { id, policy, collection, action, system } = row;
    if (system || !id || policy === null) return [];
    if (collection.startsWith('directus_') && !managed.has(policy)) return [];

    const treatment = treatmentOf(collection, access.schema, recorded);
    const wanted = narrowToScope(row, treatment === 'mixed' ? 'mixed' : 'tenant');
    return sameRule(row, wanted) ? [] : [{ id, policy, collection, action, wanted }];
  });
}

/** Stores the tenant predicate in rows that lack it. */
export async function narrowDriftedRules(access: FullAccess, rules: readonly DriftedRule[]): Promise<void> {
  const permissions = access.permissions();
  for (const { id, wanted } of rules) await updateRule(permissions, id, wanted);
}

/** Whether Directus ever let this project store rules. */
export async function wereRulesStored(database: Knex): Promise<boolean> {
  const steps = BASE_PERMISSIONS.map(({ step }) => step);
  return (await database(STEPS_TABLE).whereIn('number', steps).first()) !== undefined;
}

async function readRules(
  permissions: AbstractService,
  collections: readonly string[],
): Promise<(Permission & { id?: number })[]> {
  return (await permissions.readByQuery({
    filter: { collection: { _in: [...collections] } },
    limit: -1,
  })) as Permission[];
}

async function updateRule(permissions: AbstractService, id: number, wanted: PermissionRow): Promise<void> {
  const { permissions: rule, validation, presets, fields } = wanted;
  await permissions.updateOne(id, { permissions: rule, validation, presets, fields: fields ?? ['*'] });
}

function sameRule(a: PermissionRow, b: PermissionRow): boolean {
  const rule = ({ permissions, validation, presets, fields }: PermissionRow): string =>
    JSON.stringify([permissions ?? null, validation ?? null, presets ?? null, fields ?? null]);

  return rule(a) === rule(b);
}
