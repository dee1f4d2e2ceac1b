import type { Filter, PermissionsAction, SchemaOverview } from '@directus/types';
import { collectionsWithTenantField, hasTenantField, treatmentOf, type RecordedScopes } from './scopes.ts';
import { isOwnedSystemCollection, TENANT_FIELD, TENANT_MEMBERS, TENANTS, TENANTS_ROLE } from './managed.ts';
import {
  CURRENT_ROLE,
  CURRENT_USER,
  equalsAndExists,
  ownTenant,
  ownTenantOrNobody,
  userOutsideTenants,
} from './predicates.ts';

/**
 * Who asks: a `member` acts in a tenant (the policy `Tenant Member` is among the policies); an `outsider` is everybody else
 * short of a super-admin: staff without tenant, the public.
 */
export type Requester = 'member' | 'outsider';

/**
 * What a requester may reach of a collection, at most, whatever permissions say:
 * - `open`: as the permissions say;
 * - `closed`: nothing;
 * - `rows`: the rows that match `filter`. `owned` rows carry `tenant_id` and are stamped at creation; `payload` is a filter
 *   that a created or updated row must match as far as the payload names its fields; `queryFields` are the fields of the
 *   filter where it can be AND-ed onto a query as well, for which the requester has to be allowed to read them.
 */
export type Boundary =
  | { kind: 'open' }
  | { kind: 'closed' }
  | { kind: 'rows'; filter: Filter; owned: boolean; payload?: Filter; queryFields: readonly string[] };

export interface BoundaryContext {
  schema: SchemaOverview;
  recorded: RecordedScopes;
  /** Whether the project has any tenant. Without one an outsider must not notice the bundle. */
  tenantsExist: boolean;
  /** Whether the licence allows a permission to name its fields. */
  fieldsCanBeHidden: boolean;
}

const OPEN: Boundary = { kind: 'open' };
const CLOSED: Boundary = { kind: 'closed' };
const OWN_ROWS: Boundary = { kind: 'rows', filter: ownTenant(), owned: true, queryFields: [TENANT_FIELD] };

function rows(filter: Filter, options: { payload?: Filter; queryFields?: readonly string[] } = {}): Boundary {
  return { kind: 'rows', filter, owned: false, queryFields: [], ...options };
}

/** Rows of which the requester is the user in `field`. */
function rowsOfMine(field: string, payload?: Filter): Boundary {
  return rows(mine(field), { queryFields: [field], ...(payload && { payload }) });
}

/**
 * Rows whose user, in `field` of the row or of what `path` leads to, is the requester. A share has no user, and must not
 * meet rows of nobody.
 */
function mine(field: string, ...path: string[]): Filter {
  return path.reduceRight<object>(
    (nested, step) => ({ [step]: nested }),
    equalsAndExists(field, CURRENT_USER),
  ) as Filter;
}

/** Rows of the requester, and those that somebody without tenant made for the project: what they show is asked for by the requester. */
function ofProjectOr(field: string, ...path: string[]): Filter {
  return { _or: [mine(field, ...path), userOutsideTenants(...path, field)] };
}

/** Shares that the requester made in the tenant in which the requester acts now. */
function mineInTenant(): Filter {
  return { _and: [mine('user_created'), equalsAndExists('role', CURRENT_ROLE)] };
}

/** Presets of the requester, of the tenant's role, and those that a super-admin made for all. */
function presetsForMe(): Filter {
  const ofNoUser = { user: { _null: true } };
  return {
    _or: [
      mine('user'),
      { _and: [ofNoUser, equalsAndExists('role', CURRENT_ROLE)] },
      { _and: [ofNoUser, { role: { _null: true } }] },
    ],
  };
}

type ByAction = Partial<Record<PermissionsAction, Boundary>>;

/**
 * What a member may reach of Directus' own collections. What is not listed is closed. Records about rows (activity,
 * comments) have no tenant of their own, so a member meets only what the same user did. Revisions hold whole rows, of which
 * nobody can tell whether they are still the requester's after the user came from another tenant: they are closed.
 */
const MEMBER_SYSTEM_BOUNDARIES: Record<string, ByAction> = {
  directus_activity: { read: rowsOfMine('user') },
  directus_collections: { read: OPEN },
  directus_comments: {
    create: OPEN,
    read: rowsOfMine('user_created'),
    update: rowsOfMine('user_created'),
    delete: rowsOfMine('user_created'),
  },
  directus_dashboards: { read: rows(ofProjectOr('user_created')) },
  directus_fields: { read: OPEN },
  directus_flows: { read: OPEN },
  directus_notifications: {
    read: rowsOfMine('recipient'),
    update: rowsOfMine('recipient'),
    delete: rowsOfMine('recipient'),
  },
  directus_panels: { read: rows(ofProjectOr('user_created', 'dashboard')) },
  directus_presets: {
    create: rowsOfMine('user', mine('user')),
    read: rows(presetsForMe(), { queryFields: ['user', 'role'] }),
    update: rowsOfMine('user', mine('user')),
    delete: rowsOfMine('user'),
  },
  directus_relations: { read: OPEN },
  directus_roles: { read: rows(equalsAndExists('id', CURRENT_ROLE), { queryFields: ['id'] }) },
  directus_settings: { read: OPEN },
  directus_shares: {
    create: rowsOfMine('user_created', { role: { _eq: CURRENT_ROLE } }),
    read: rows(mineInTenant(), { queryFields: ['user_created', 'role'] }),
    delete: rows(mineInTenant()),
  },
  directus_translations: { read: OPEN },
  // Owners add and remove members; the rules leave these permissions to their policy alone.
  directus_users: {
    create: rows(equalsAndExists('role', CURRENT_ROLE), { payload: equalsAndExists('role', CURRENT_ROLE) }),
    read: rows(equalsAndExists('role', CURRENT_ROLE), { queryFields: ['role'] }),
    update: rowsOfMine('id'),
    delete: rows(equalsAndExists('role', CURRENT_ROLE)),
  },
};

/** The boundary of a collection for a requester and an action. Pure: the same arguments give the same answer. */
export function boundaryOf(
  collection: string,
  action: PermissionsAction,
  requester: Requester,
  context: BoundaryContext,
): Boundary {
  if (collection === TENANTS) {
    return action === 'read' ? rows(equalsAndExists('id', CURRENT_ROLE), { queryFields: ['id'] }) : CLOSED;
  }

  if (collection === TENANT_MEMBERS && action !== 'read') return CLOSED;

  switch (treatmentOf(collection, context.schema, context.recorded)) {
    case 'tenant':
      return OWN_ROWS;
    case 'mixed':
      return mixedBoundary(action, requester);
    case 'shared':
      return OPEN;
    case 'broken':
      return CLOSED;
    case 'undecided':
      return requester === 'member' ? CLOSED : OPEN;
    case 'system':
      return requester === 'member'
        ? memberSystemBoundary(collection, action, context)
        : outsiderSystemBoundary(collection, action, context);
  }
}

/** Rows of nobody are read by all and written by super-admins; whoever acts in no tenant has no other rows. */
function mixedBoundary(action: PermissionsAction, requester: Requester): Boundary {
  if (requester === 'member') {
    return action === 'read' ? rows(ownTenantOrNobody(), { queryFields: [TENANT_FIELD] }) : OWN_ROWS;
  }

  return action === 'read' ? rows(nobodysRows(), { queryFields: [TENANT_FIELD] }) : CLOSED;
}

function nobodysRows(): Filter {
  return { [TENANT_FIELD]: { _null: true } };
}

function memberSystemBoundary(collection: string, action: PermissionsAction, context: BoundaryContext): Boundary {
  if (isOwnedSystemCollection(collection)) return hasTenantField(collection, context.schema) ? OWN_ROWS : CLOSED;
  return MEMBER_SYSTEM_BOUNDARIES[collection]?.[action] ?? CLOSED;
}

/**
 * Outsiders keep what they had, less what belongs to tenants: users and roles of tenants, owned files and folders, and
 * records about rows of tenant-scoped collections.
 */
function outsiderSystemBoundary(collection: string, action: PermissionsAction, context: BoundaryContext): Boundary {
  if (!context.tenantsExist) return OPEN;

  if (isOwnedSystemCollection(collection)) {
    const nobodys = nobodysRows();
    return hasTenantField(collection, context.schema) ? rows(nobodys, { payload: nobodys }) : CLOSED;
  }

  switch (collection) {
    case 'directus_users':
      return rows(userOutsideTenants());
    case 'directus_roles':
      return rows({
        _and: [
          { id: { _neq: TENANTS_ROLE } },
          { _or: [{ parent: { _null: true } }, { parent: { _neq: TENANTS_ROLE } }] },
        ],
      });
    case 'directus_activity':
      return rows({ _and: [aboutNoTenant(context), userOutsideTenants('user')] });
    case 'directus_revisions':
      return rows({ _and: [aboutNoTenant(context), userOutsideTenants('activity', 'user')] });
    case 'directus_comments':
    case 'directus_versions':
    case 'directus_shares':
      return action === 'create' ? OPEN : rows({ _and: [aboutNoTenant(context), userOutsideTenants('user_created')] });
    case 'directus_dashboards':
      return rows(userOutsideTenants('user_created'));
    case 'directus_panels':
      return rows(userOutsideTenants('dashboard', 'user_created'));
    case 'directus_presets':
      return rows(userOutsideTenants('user'));
    case 'directus_notifications':
      return rows(userOutsideTenants('recipient'));
    default:
      return OPEN;
  }
}

/** Records (activity, revisions, …) that are about no row of a tenant. */
function aboutNoTenant(context: BoundaryContext): Filter {
  const collections = [
    ...collectionsWithTenantField(context.schema),
    TENANTS,
    'directus_roles',
    'directus_users',
    'directus_access',
  ];

  return { collection: { _nin: collections } };
}
