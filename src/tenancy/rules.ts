import type { Filter, Permission, PermissionsAction, SchemaOverview } from '@directus/types';
import { boundaryOf, type Boundary, type BoundaryContext, type Requester } from './boundaries.ts';
import { isOwnedSystemCollection, POLICIES, TENANT_FIELD } from './managed.ts';
import { and, contains, CURRENT_ROLE, ownTenant, ownTenantOrNobody, shortened, without } from './predicates.ts';
import type { Scope } from './types.ts';

/** The part of a permission row that rules look at. */
export type PermissionRow = Pick<
  Permission,
  'collection' | 'action' | 'permissions' | 'validation' | 'presets' | 'fields'
> & { policy?: string | null };

/** A new file gets its stored name from Directus, after this was looked at. */
const NO_FILE_NAME = { filename_disk: { _null: true } } as Filter;

/**
 * The names under which Directus itself stores a file: its id and an extension. A name of the requester's choice could be
 * that of somebody else's file, or begin as it does.
 */
const GIVEN_FILE_NAME = {
  filename_disk: { _regex: '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}(\\.[^/\\\\.]{1,32})?$' },
} as Filter;

const SUBMITTED_TENANT = { [TENANT_FIELD]: { _submitted: true } } as Filter;

/**
 * Narrows permission rows to what the requester may reach at most. Rows of closed collections vanish, so that the
 * permission engine denies; all others keep what they say, AND-ed with the boundary. Applying it twice changes nothing.
 */
export function narrowPermissions<Row extends PermissionRow>(
  permissions: readonly Row[],
  requester: Requester,
  context: BoundaryContext,
): Row[] {
  return permissions.map(withGivenFileName(requester, context)).flatMap((permission) => {
    if (requester === 'member' && managesMembers(permission) && permission.policy !== POLICIES.owner) return [];
    const boundary = boundaryOf(permission.collection, permission.action, requester, context);
    const narrowed = narrow(permission, boundary);
    if (!narrowed) return [];
    return [
      requester === 'outsider' && context.fieldsCanBeHidden ? hideTenantField(narrowed, context.schema) : narrowed,
    ];
  });
}

/** Who belongs to a tenant is the business of its owners, whatever another policy says. */
function managesMembers({ collection, action }: PermissionRow): boolean {
  return collection === 'directus_users' && (action === 'create' || action === 'delete');
}

/** Uploads reach no hook, so the rule is what keeps the stored name of a file. */
function withGivenFileName(
  requester: Requester,
  { tenantsExist }: BoundaryContext,
): <Row extends PermissionRow>(permission: Row) => Row {
  return (permission) => {
    const writesFile =
      permission.collection === 'directus_files' && (permission.action === 'create' || permission.action === 'update');

    if (!writesFile || (requester === 'outsider' && !tenantsExist)) return permission;
    const rule = permission.action === 'create' ? NO_FILE_NAME : GIVEN_FILE_NAME;
    return { ...permission, validation: and(permission.validation, rule) };
  };
}

/** The permission row within the boundary; null when nothing is left of it. */
function narrow<Row extends PermissionRow>(permission: Row, boundary: Boundary): Row | null {
  if (boundary.kind === 'closed') return null;
  if (boundary.kind === 'open') return permission;

  if (boundary.owned) {
    const narrowed = narrowToOwnTenant(permission);
    return { ...narrowed, permissions: shortened(narrowed.permissions) };
  }

  const { filter, payload, queryFields } = boundary;
  const writes = permission.action === 'create' || permission.action === 'update';

  return {
    ...permission,
    permissions: shortened(and(permission.permissions, filter)),
    ...(permission.action === 'read' && { fields: withFields(permission.fields, queryFields) }),
    ...(writes && payload && { validation: and(permission.validation, payload) }),
  };
}

/** The scopes under which rows have tenants. */
export type OwnedScope = Exclude<Scope, 'shared'>;

/**
 * One permission row with the predicate of its collection's scope, in place of that of the other one. Idempotent. Rows of
 * nobody in mixed collections are read by all, and for anything else the same as in tenant-scoped ones.
 */
export function narrowToScope<Row extends PermissionRow>(permission: Row, scope: OwnedScope): Row {
  if (scope === 'tenant' || permission.action !== 'read') {
    return narrowToOwnTenant(withoutPredicate(permission, ownTenantOrNobody()));
  }

  const { permissions, fields } = withoutPredicate(permission, ownTenant());
  return {
    ...permission,
    permissions: and(permissions, ownTenantOrNobody()),
    fields: withFields(fields, [TENANT_FIELD]),
  };
}

function withoutPredicate<Row extends PermissionRow>(permission: Row, predicate: Filter): Row {
  const { permissions } = permission;
  if (!permissions || !contains(permissions, predicate)) return permission;
  return { ...permission, permissions: without(permissions, predicate) };
}

/**
 * The tenant predicate on one permission row of a tenant-scoped collection: on the rows it reaches, on what may be written
 * (`validation`) and as the value of `tenant_id` where the payload names none (`presets`). Idempotent.
 */
function narrowToOwnTenant<Row extends PermissionRow>(permission: Row): Row & { permissions: Filter } {
  const predicate = ownTenant();
  const narrowed = { ...permission, permissions: and(permission.permissions, predicate) };

  if (permission.action === 'update') narrowed.validation = and(permission.validation, predicate);

  if (permission.action === 'create') {
    narrowed.validation = and(and(permission.validation, SUBMITTED_TENANT), predicate);
    narrowed.presets = { ...permission.presets, [TENANT_FIELD]: CURRENT_ROLE };
  }

  // The write wall stamps the payload, and the query wall filters, before Directus checks the fields of either.
  if (permission.action === 'create' || permission.action === 'read') {
    narrowed.fields = withFields(permission.fields, [TENANT_FIELD]);
  }

  return narrowed;
}

/** The allowed fields with others added; "all fields" and "no field" stay what they are. */
function withFields(allowed: string[] | null, added: readonly string[]): string[] | null {
  if (!allowed || allowed.length === 0 || allowed.includes('*')) return allowed;
  return [...allowed, ...added.filter((field) => !allowed.includes(field))];
}

/** Takes back what {@link narrowToScope} stored in a row, for a collection that becomes shared. */
export function widenFromTenants<Row extends PermissionRow>(permission: Row): Row {
  const predicate = ownTenant();
  const permissions = without(without(permission.permissions, predicate), ownTenantOrNobody());
  const widened: Row = { ...permission, permissions };

  widened.validation = without(without(permission.validation, SUBMITTED_TENANT), predicate);

  if (permission.presets) {
    const { [TENANT_FIELD]: _stamp, ...presets } = permission.presets;
    widened.presets = Object.keys(presets).length > 0 ? presets : null;
  }

  if (permission.fields?.includes(TENANT_FIELD)) {
    widened.fields = permission.fields.filter((field) => field !== TENANT_FIELD);
  }

  return widened;
}

/** Files and folders had no `tenant_id` before the bundle came: "all fields" goes on meaning the fields of Directus. */
function hideTenantField<Row extends PermissionRow>(permission: Row, schema: SchemaOverview): Row {
  const owned = isOwnedSystemCollection(permission.collection);
  if (!owned || !permission.fields?.includes('*')) return permission;

  const fields = Object.keys(schema.collections[permission.collection]?.fields ?? {});
  if (!fields.includes(TENANT_FIELD)) return permission;

  return { ...permission, fields: fields.filter((field) => field !== TENANT_FIELD) };
}

/** The permission rows that the managed policies hold for one collection, `policy` being the name of the managed policy. */
export function managedPermissions(
  collection: string,
  scope: Scope,
  writingPolicies: readonly string[],
  readingPolicy: string,
): (PermissionRow & { policy: string })[] {
  const row = (policy: string, action: PermissionsAction): PermissionRow & { policy: string } => ({
    policy,
    collection,
    action,
    permissions: null,
    validation: null,
    presets: null,
    fields: ['*'],
  });

  const read = row(readingPolicy, 'read');
  if (scope === 'shared') return [read];

  const writes = writingPolicies.flatMap((policy) =>
    (['create', 'update', 'delete', 'share'] as const).map((action) => row(policy, action)),
  );

  return [read, ...writes].map((each) => narrowToScope(each, scope));
}
