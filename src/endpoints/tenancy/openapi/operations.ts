import type requests from './requests.json';
import { list, ref, type Schema } from './schemas.ts';

/** Who is told of a route, each with what the ones before may use. */
export const AUDIENCES = ['member', 'owner', 'super-admin'] as const;

export type Audience = (typeof AUDIENCES)[number];

/** The name of a schema by which a route parses what it gets. */
export type RequestName = keyof typeof requests;

/** What the document tells of a route. Its parameters and complaints follow from these. */
export interface Operation {
  /** The name under which the client has it. */
  id: string;
  for: Audience;
  summary: string;
  /** What the query has to be. */
  query?: RequestName;
  /** What the body has to be. */
  body?: RequestName;
  /** Whether the route takes and gives lines of JSON: the body in each, and what comes of it. */
  lines?: 'both' | 'answer';
  /** Whether a request can be repeated under an `Idempotency-Key`. */
  repeatable?: true;
  /** Default: 200, or 204 where there is no data. */
  status?: 201;
  data?: Schema;
  /** Whether the data is a page of a list, with its counts. */
  paged?: true;
  /** When the request is refused because of what is there, in words. */
  conflict?: string;
}

const WITHOUT_OWNER = 'The tenant would be left without owner.';

/** The routes of the bundle, as `METHOD path`. */
export const OPERATIONS: Record<string, Operation> = {
  'GET /tenancy/tenants': {
    id: 'readTenants',
    for: 'super-admin',
    summary: 'List tenants with their usage',
    query: 'listQuery',
    data: list(ref('Tenant')),
    paged: true,
  },
  'POST /tenancy/tenants': {
    id: 'provisionTenant',
    for: 'super-admin',
    summary: 'Provision a tenant with its role and its owner, all or nothing',
    body: 'tenantToCreate',
    repeatable: true,
    status: 201,
    data: ref('Tenant'),
    conflict: 'The key was used for another request.',
  },
  'POST /tenancy/tenants/import': {
    id: 'importTenants',
    for: 'super-admin',
    summary: 'Provision a tenant for each line, and answer a line for each',
    body: 'tenantToCreate',
    lines: 'both',
    repeatable: true,
  },
  'GET /tenancy/tenants/{tenant}': {
    id: 'readTenant',
    for: 'super-admin',
    summary: 'Read a tenant with its usage',
    data: ref('Tenant'),
  },
  'PATCH /tenancy/tenants/{tenant}': {
    id: 'updateTenant',
    for: 'super-admin',
    summary: 'Change name, slug, settings or domains of a tenant',
    body: 'tenantChanges',
    data: ref('Tenant'),
  },
  'DELETE /tenancy/tenants/{tenant}': {
    id: 'eraseTenant',
    for: 'super-admin',
    summary: 'Erase a tenant with everything that it has, and answer what was erased',
    query: 'erasureQuery',
    lines: 'answer',
    data: ref('Erasure'),
    conflict: 'Something of others would go with it.',
  },
  'POST /tenancy/tenants/{tenant}/suspend': {
    id: 'suspendTenant',
    for: 'super-admin',
    summary: 'Close a tenant for its members, effective with the next request',
    data: ref('Tenant'),
  },
  'POST /tenancy/tenants/{tenant}/resume': {
    id: 'resumeTenant',
    for: 'super-admin',
    summary: 'Open a tenant that was suspended or archived',
    data: ref('Tenant'),
    conflict: 'The tenant is being erased.',
  },
  'POST /tenancy/tenants/{tenant}/archive': {
    id: 'archiveTenant',
    for: 'super-admin',
    summary: 'Let the owners of a tenant read it, and nobody write it',
    data: ref('Tenant'),
    conflict: 'The tenant is being erased.',
  },
  'GET /tenancy/tenants/{tenant}/overview': {
    id: 'readTenantOverview',
    for: 'super-admin',
    summary: 'Read what a tenant has of each collection, how that grew, and when somebody was there last',
    data: ref('TenantOverview'),
  },
  'GET /tenancy/tenants/{tenant}/audit': {
    id: 'readTenantAudit',
    for: 'super-admin',
    summary: 'Read what was done in and to a tenant, the newest first',
    query: 'pageQuery',
    data: list(ref('AuditEntry')),
    paged: true,
  },

  'GET /tenancy/tenants/{tenant}/members': {
    id: 'readTenantMembers',
    for: 'owner',
    summary: 'List the members of a tenant, owners first',
    data: list(ref('TenantMember')),
  },
  'POST /tenancy/tenants/{tenant}/members': {
    id: 'addTenantMember',
    for: 'owner',
    summary: 'Add somebody to a tenant, or invite',
    body: 'memberToCreate',
    status: 201,
    data: ref('TenantMember'),
  },
  'POST /tenancy/tenants/{tenant}/members/adopt': {
    id: 'adoptRole',
    for: 'super-admin',
    summary: 'Make all users with a role of the project members',
    body: 'roleToAdopt',
    data: ref('AdoptedRole'),
  },
  'PATCH /tenancy/tenants/{tenant}/members/{member}': {
    id: 'updateTenantMember',
    for: 'owner',
    summary: 'Give a member another level, effective with the next request',
    body: 'memberChanges',
    data: ref('TenantMember'),
    conflict: WITHOUT_OWNER,
  },
  'DELETE /tenancy/tenants/{tenant}/members/{member}': {
    id: 'removeTenantMember',
    for: 'owner',
    summary: 'End a membership; the user stays',
    conflict: WITHOUT_OWNER,
  },
  'POST /tenancy/tenants/{tenant}/members/{member}/invitation': {
    id: 'inviteTenantMember',
    for: 'owner',
    summary: 'Send the invitation of a member once more',
    conflict: 'The invitation was accepted, or none was sent.',
  },
  'POST /tenancy/tenants/{tenant}/transfer': {
    id: 'transferTenant',
    for: 'owner',
    summary: 'Hand a tenant over to another member',
    body: 'transfer',
    data: ref('TenantMember'),
    conflict: WITHOUT_OWNER,
  },
  'GET /tenancy/tenants/{tenant}/tokens': {
    id: 'readTenantTokens',
    for: 'owner',
    summary: 'List the tokens of programs that act in a tenant',
    data: list(ref('TenantToken')),
  },
  'POST /tenancy/tenants/{tenant}/tokens': {
    id: 'createTenantToken',
    for: 'owner',
    summary: 'Make a token for a program; no other answer has it',
    body: 'tokenToCreate',
    status: 201,
    data: ref('NewTenantToken'),
  },
  'DELETE /tenancy/tenants/{tenant}/tokens/{token}': {
    id: 'revokeTenantToken',
    for: 'owner',
    summary: 'End the token of a program',
  },
  'GET /tenancy/levels': {
    id: 'readTenancyLevels',
    for: 'owner',
    summary: 'List the levels that members can be given',
    data: list(ref('TenantLevel')),
  },
  'PUT /tenancy/levels/{policy}': {
    id: 'addTenancyLevel',
    for: 'super-admin',
    summary: 'Make a policy of the project a level',
  },
  'DELETE /tenancy/levels/{policy}': {
    id: 'removeTenancyLevel',
    for: 'super-admin',
    summary: 'Let nobody else be given a policy; who has it keeps it',
  },

  'GET /tenancy/collections': {
    id: 'readCollectionScopes',
    for: 'super-admin',
    summary: 'List collections with their scopes, and what is wrong with them',
    data: list(ref('CollectionScope')),
  },
  'PUT /tenancy/collections/{collection}': {
    id: 'setCollectionScope',
    for: 'super-admin',
    summary: 'Decide what a collection is, and give rows that are there to tenants',
    body: 'scopeRequest',
    lines: 'answer',
    data: ref('ScopeOutcome'),
    conflict: 'Rows would be left without tenant, or refer to those of another one.',
  },
  'PATCH /tenancy/collections/{collection}/fields/{field}': {
    id: 'setFieldUniqueness',
    for: 'super-admin',
    summary: 'Decide within what the values of a field are unique',
    body: 'uniquenessRequest',
    data: ref('FieldUniqueness'),
    conflict: 'There are values that would not be unique.',
  },

  'GET /tenancy/doctor': {
    id: 'readTenancyDoctor',
    for: 'super-admin',
    summary: 'Look whether tenants are kept apart, and what to do where they are not',
    data: ref('DoctorReport'),
  },
  'POST /tenancy/doctor/fix': {
    id: 'fixTenancy',
    for: 'super-admin',
    summary: 'Mend what checks found, as far as that is safe',
    body: 'fixRequest',
    data: ref('MendedReport'),
  },

  'GET /tenancy/me': {
    id: 'readTenancyMe',
    for: 'member',
    summary: 'Read in which tenant the requester acts, and where else the requester belongs',
    data: ref('TenancyMe'),
  },
  'POST /tenancy/me/tenant': {
    id: 'switchTenant',
    for: 'member',
    summary: 'Act in another of the own tenants from the next request on',
    body: 'switchRequest',
    data: ref('TenancySession'),
  },
  'DELETE /tenancy/me/memberships/{tenant}': {
    id: 'leaveTenant',
    for: 'member',
    summary: 'Leave one of the own tenants',
    conflict: WITHOUT_OWNER,
  },
};
