import type { RestCommand } from '@directus/sdk';
import type { DoctorReport } from '../tenancy/doctor/report.ts';
import type { Level } from '../tenancy/managed.ts';
import type {
  ApiToken,
  AssignableLevel,
  AuditEntry,
  CollectionScope,
  Me,
  Scope,
  Tenant,
  TenantMember,
  TenantOverview,
  TenantStatus,
  TenantWithUsage,
} from '../tenancy/types.ts';

export type {
  ApiToken,
  AssignableLevel,
  AuditEntry,
  CollectionScope,
  DoctorReport,
  Level,
  Me,
  Scope,
  Tenant,
  TenantMember,
  TenantOverview,
  TenantStatus,
  TenantWithUsage,
};

/** A managed level, or the id of a policy that is a level of the project. */
export type LevelName = Level | `${string}-${string}-${string}-${string}-${string}`;

/** The first owner of a tenant. */
export interface NewOwner {
  email: string;
  /** Without it, and without an invitation, nobody logs in until a super-admin sets one. */
  password?: string;
  /** Sends Directus' invitation, with which the owner chooses a password. */
  invite?: boolean;
  first_name?: string;
  last_name?: string;
}

export interface NewTenant {
  name: string;
  /** Default: made of the name. */
  slug?: string;
  owner?: NewOwner;
  settings?: Record<string, unknown>;
  /** Host names, in lower case. */
  domains?: string[];
  /** The id or slug of a tenant whose content is copied into the new one. */
  template?: string;
}

export interface TenantChanges {
  name?: string;
  slug?: string;
  settings?: Record<string, unknown> | null;
  domains?: string[] | null;
}

export interface TenantQuery {
  /** Text that the name or the slug contains. */
  search?: string;
  status?: TenantStatus;
  /** A field, with `-` for descending. */
  sort?: `${'' | '-'}${'name' | 'slug' | 'status' | 'date_created' | 'date_updated' | 'members' | 'items' | 'storage'}`;
  /** Tenants per page, at most 1000; -1 for all. */
  limit?: number;
  /** From 1. */
  page?: number;
}

export interface NewMember extends NewOwner {
  /** Left out for somebody with a role of the project, whose policies become the level then. */
  level?: LevelName;
}

/** Who hands a tenant over to whom, by the ids of members. */
export interface Transfer {
  member: string;
  /** Default: the requester, or for super-admins the owner whom the tenant names. */
  from?: string;
  /** What the former owner is then. Default: `editor`. */
  level?: LevelName;
}

/** Who takes over rows without tenant; tenants are named by id or slug. */
export type Assignment =
  | { tenant: string; through?: never; by?: never; tenants?: never }
  | { through: string; tenant?: never; by?: never; tenants?: never }
  | { by: string; tenants: Record<string, string>; tenant?: never; through?: never };

export interface ScopeRequest {
  scope: Scope;
  assign?: Assignment;
  /** Has to be true for tenants to see rows that they did not see before. */
  confirm?: boolean;
  /** Answers what would happen, and changes nothing. */
  dry_run?: boolean;
}

/** What a client goes on with after a switch; whoever came with a session cookie has got a new one. */
export interface Session {
  access_token: string;
  /** Milliseconds until the token expires. */
  expires: number;
}

/**
 * Provisions a tenant with its role and its owner, all or nothing.
 *
 * @param options `idempotencyKey`: repeating the request under the same key answers what the first one did
 * @example
 * const tenant = await directus.request(provisionTenant({ name: 'North', owner: { email: 'ada@north.example.com', invite: true } }));
 */
export function provisionTenant<Schema>(
  tenant: NewTenant,
  { idempotencyKey }: { idempotencyKey?: string } = {},
): RestCommand<TenantWithUsage, Schema> {
  return () => ({
    path: '/tenancy/tenants',
    method: 'POST',
    body: JSON.stringify(tenant),
    ...(idempotencyKey !== undefined && { headers: { 'Idempotency-Key': idempotencyKey } }),
  });
}

/** What became of one tenant of an import. */
export type ImportedTenant =
  | { line: number; status: 201; data: TenantWithUsage }
  | { line: number; status: number; errors: { message: string; extensions: Record<string, unknown> }[] };

/**
 * Provisions many tenants, one after the other; one that is refused keeps no other from being done. Answers what became of each,
 * by its line from 1.
 *
 * @param options `idempotencyKey`: an import that was interrupted is gone on with under the same key
 */
export function importTenants<Schema>(
  tenants: NewTenant[],
  { idempotencyKey }: { idempotencyKey?: string } = {},
): RestCommand<ImportedTenant[], Schema> {
  return () => ({
    path: '/tenancy/tenants/import',
    method: 'POST',
    body: tenants.map((tenant) => JSON.stringify(tenant)).join('\n'),
    headers: {
      'Content-Type': 'application/x-ndjson',
      ...(idempotencyKey !== undefined && { 'Idempotency-Key': idempotencyKey }),
    },
    // The SDK hands answers that are not one JSON document out as they come.
    onResponse: async (response: Response) => {
      const lines = (await response.text()).split('\n');
      return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as ImportedTenant);
    },
  });
}

/** A page of tenants with their usage. */
export function readTenants<Schema>(query: TenantQuery = {}): RestCommand<TenantWithUsage[], Schema> {
  return () => ({ path: '/tenancy/tenants', method: 'GET', params: { ...query } });
}

/** One tenant with its usage, by id or slug. */
export function readTenant<Schema>(tenant: string): RestCommand<TenantWithUsage, Schema> {
  return () => ({ path: pathOf('tenants', tenant), method: 'GET' });
}

/** What a tenant has of each collection, how that grew in the last 30 days, and when somebody was there last. */
export function readTenantOverview<Schema>(tenant: string): RestCommand<TenantOverview, Schema> {
  return () => ({ path: pathOf('tenants', tenant, 'overview'), method: 'GET' });
}

/** Changes name, slug, settings or domains of a tenant. */
export function updateTenant<Schema>(tenant: string, changes: TenantChanges): RestCommand<TenantWithUsage, Schema> {
  return () => ({ path: pathOf('tenants', tenant), method: 'PATCH', body: JSON.stringify(changes) });
}

/** Closes a tenant for its members until it is resumed, effective with the next request. */
export function suspendTenant<Schema>(tenant: string): RestCommand<TenantWithUsage, Schema> {
  return () => ({ path: pathOf('tenants', tenant, 'suspend'), method: 'POST' });
}

/** Opens a tenant that was suspended or archived. */
export function resumeTenant<Schema>(tenant: string): RestCommand<TenantWithUsage, Schema> {
  return () => ({ path: pathOf('tenants', tenant, 'resume'), method: 'POST' });
}

/** Lets the owners of a tenant read it, and nobody write it. */
export function archiveTenant<Schema>(tenant: string): RestCommand<TenantWithUsage, Schema> {
  return () => ({ path: pathOf('tenants', tenant, 'archive'), method: 'POST' });
}

/** What was erased of a tenant. */
export interface Erasure {
  tenant: { id: string; slug: string; name: string };
  /** Rows, files, users and what Directus kept about them, by collection. */
  erased: Record<string, number>;
  /** Bytes of the files. */
  storage: number;
  /** SHA-256 of the keys of all that was erased. */
  hash: string;
  left: [];
}

/**
 * Erases a tenant with everything that it has. There is no way back.
 *
 * @param slug of the tenant, which is its confirmation as well
 */
export function eraseTenant<Schema>(slug: string): RestCommand<Erasure, Schema> {
  return () => ({ path: pathOf('tenants', slug), method: 'DELETE', params: { confirm: slug } });
}

/** The members of a tenant, owners first. */
export function readTenantMembers<Schema>(tenant: string): RestCommand<TenantMember[], Schema> {
  return () => ({ path: pathOf('tenants', tenant, 'members'), method: 'GET' });
}

/** Makes somebody a member of a tenant. */
export function addTenantMember<Schema>(tenant: string, member: NewMember): RestCommand<TenantMember, Schema> {
  return () => ({ path: pathOf('tenants', tenant, 'members'), method: 'POST', body: JSON.stringify(member) });
}

/** Makes all users with a role of the project members: the policies of the role become their level. */
export function adoptRole<Schema>(tenant: string, role: string): RestCommand<{ adopted: number }, Schema> {
  return () => ({
    path: pathOf('tenants', tenant, 'members', 'adopt'),
    method: 'POST',
    body: JSON.stringify({ role }),
  });
}

/** Gives a member another level. */
export function updateTenantMember<Schema>(
  tenant: string,
  member: string,
  changes: { level: LevelName },
): RestCommand<TenantMember, Schema> {
  return () => ({
    path: pathOf('tenants', tenant, 'members', member),
    method: 'PATCH',
    body: JSON.stringify(changes),
  });
}

/** Sends the invitation of a member once more. */
export function inviteTenantMember<Schema>(tenant: string, member: string): RestCommand<void, Schema> {
  return () => ({ path: pathOf('tenants', tenant, 'members', member, 'invitation'), method: 'POST' });
}

/** Ends a membership. The user stays. */
export function removeTenantMember<Schema>(tenant: string, member: string): RestCommand<void, Schema> {
  return () => ({ path: pathOf('tenants', tenant, 'members', member), method: 'DELETE' });
}

/** Hands a tenant over to a member, who is its owner then. */
export function transferTenant<Schema>(tenant: string, transfer: Transfer): RestCommand<TenantMember, Schema> {
  return () => ({ path: pathOf('tenants', tenant, 'transfer'), method: 'POST', body: JSON.stringify(transfer) });
}

/** The tokens of programs that act in a tenant, by name. */
export function readTenantTokens<Schema>(tenant: string): RestCommand<ApiToken[], Schema> {
  return () => ({ path: pathOf('tenants', tenant, 'tokens'), method: 'GET' });
}

/** Makes a token for a program. The answer is the only one that has it. */
export function createTenantToken<Schema>(
  tenant: string,
  token: { name: string },
): RestCommand<ApiToken & { token: string }, Schema> {
  return () => ({ path: pathOf('tenants', tenant, 'tokens'), method: 'POST', body: JSON.stringify(token) });
}

/** Ends a token, by its id. */
export function revokeTenantToken<Schema>(tenant: string, token: string): RestCommand<void, Schema> {
  return () => ({ path: pathOf('tenants', tenant, 'tokens', token), method: 'DELETE' });
}

/** The levels that members can be given. */
export function readTenancyLevels<Schema>(): RestCommand<AssignableLevel[], Schema> {
  return () => ({ path: '/tenancy/levels', method: 'GET' });
}

/** Makes a policy of the project a level. */
export function addTenancyLevel<Schema>(policy: string): RestCommand<void, Schema> {
  return () => ({ path: pathOf('levels', policy), method: 'PUT' });
}

/** Lets nobody else be given a policy; who has it keeps it. */
export function removeTenancyLevel<Schema>(policy: string): RestCommand<void, Schema> {
  return () => ({ path: pathOf('levels', policy), method: 'DELETE' });
}

/** What was done in and to a tenant, and what its members tried with rows of others, the newest first. */
export function readTenantAudit<Schema>(
  tenant: string,
  query: { limit?: number; page?: number } = {},
): RestCommand<AuditEntry[], Schema> {
  return () => ({ path: pathOf('tenants', tenant, 'audit'), method: 'GET', params: { ...query } });
}

/** Every collection that can have a scope, with its rows by ownership and what is wrong with it. */
export function readCollectionScopes<Schema>(): RestCommand<CollectionScope[], Schema> {
  return () => ({ path: '/tenancy/collections', method: 'GET' });
}

/** Decides what a collection is, and gives rows that are there to tenants. */
export function setCollectionScope<Schema>(
  collection: string,
  request: ScopeRequest,
): RestCommand<CollectionScope & { adopted: number }, Schema> {
  return () => ({ path: pathOf('collections', collection), method: 'PUT', body: JSON.stringify(request) });
}

/** Decides within what the values of a field are unique. */
export function setFieldUniqueness<Schema>(
  collection: string,
  field: string,
  unique: 'tenant' | 'project' | false,
): RestCommand<{ collection: string; field: string; unique: 'tenant' | 'project' | false }, Schema> {
  return () => ({
    path: pathOf('collections', collection, 'fields', field),
    method: 'PATCH',
    body: JSON.stringify({ unique }),
  });
}

/** Whether tenants are kept apart, and what to do where they are not. */
export function readTenancyDoctor<Schema>(): RestCommand<DoctorReport, Schema> {
  return () => ({ path: '/tenancy/doctor', method: 'GET' });
}

/** Lets the doctor mend what the named checks found, as far as that is safe. */
export function fixTenancy<Schema>(
  checks: string[],
): RestCommand<DoctorReport & { fixed: { id: string; message: string }[] }, Schema> {
  return () => ({ path: '/tenancy/doctor/fix', method: 'POST', body: JSON.stringify({ checks }) });
}

/** Who the requester is, in which tenant, and where else the requester belongs. */
export function readTenancyMe<Schema>(): RestCommand<Me, Schema> {
  return () => ({ path: '/tenancy/me', method: 'GET' });
}

/** Lets the requester act in another of the own tenants. */
export function switchTenant<Schema>(tenant: string): RestCommand<Session, Schema> {
  return () => ({ path: '/tenancy/me/tenant', method: 'POST', body: JSON.stringify({ tenant }) });
}

/** Ends a membership of the requester's own. */
export function leaveTenant<Schema>(tenant: string): RestCommand<void, Schema> {
  return () => ({ path: pathOf('me', 'memberships', tenant), method: 'DELETE' });
}

function pathOf(...steps: string[]): string {
  return ['/tenancy', ...steps.map(encodeURIComponent)].join('/');
}
