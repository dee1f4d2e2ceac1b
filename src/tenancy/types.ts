export const TENANT_STATUSES = ['active', 'suspended', 'archived'] as const;

export type TenantStatus = (typeof TENANT_STATUSES)[number];

/**
 * What a collection is: `tenant` (each row belongs to one tenant), `mixed` (rows of tenants, and rows of nobody that belong to
 * the project), `shared` (one set of rows for all).
 */
export const SCOPES = ['tenant', 'mixed', 'shared'] as const;

export type Scope = (typeof SCOPES)[number];

/** A person as the API shows it beside a tenant. */
export interface TenantOwner {
  id: string;
  email: string | null;
  first_name: string | null;
  last_name: string | null;
}

export interface TenantUsage {
  /** Memberships, whatever their level. */
  members: number;
  /** Rows in tenant-scoped collections, system collections not counted. */
  items: number;
  /** Sum of the sizes of the tenant's files, in bytes. */
  storage: number;
}

export interface Tenant {
  /** Equal to the id of the tenant's role. */
  id: string;
  name: string;
  slug: string;
  status: TenantStatus;
  settings: Record<string, unknown> | null;
  domains: string[] | null;
  owner: TenantOwner | null;
  /** The root folder, which has the id of the tenant too; null where it was deleted, and for tenants from before there were any. */
  folder: string | null;
  date_created: string | null;
  date_updated: string | null;
}

export interface TenantWithUsage extends Tenant {
  usage: TenantUsage;
}

/** What a tenant has, in figures. */
export interface TenantOverview {
  /** Rows of the tenant in each collection of tenants, and its files; the most first. */
  collections: { collection: string; items: number }[];
  /** Rows that are there now, by the day on which they were created. */
  growth: {
    /** The first of the days, as `YYYY-MM-DD`. */
    since: string;
    /** Every day until today, those without new rows too; in UTC. */
    days: { date: string; items: number }[];
    /** Collections of which nobody knows when their rows were created, for want of a field that notes it. */
    uncounted: string[];
  };
  /** When somebody who acts in the tenant was there last: ISO 8601, in UTC. */
  last_activity: string | null;
}

export interface TenantMember {
  id: string;
  user: TenantOwner & { status: string };
  /** One of the managed levels (`owner`, `editor`, `viewer`, `api`), or the id of another policy. */
  level: string;
  policy: string;
  /** Policies that the membership brings beside that of the level. */
  additional_policies: string[];
  /** Whether the tenant is the one in which the user acts now. */
  active: boolean;
}

/** A level that a member can be given. */
export interface AssignableLevel {
  /** One of the managed levels, or the id of a policy. */
  level: string;
  policy: string;
  name: string;
  /** Whether it lets into the Data Studio. */
  app_access: boolean;
}

/** A token of a program that acts in a tenant. */
export interface ApiToken {
  /** The id of its membership. */
  id: string;
  name: string;
  /** The id of the user as whom the program acts. */
  user: string;
}

/** A field whose values are unique, within each tenant or in the whole project. */
export interface UniqueField {
  field: string;
  within: 'tenant' | 'project';
}

export interface CollectionScope {
  collection: string;
  /** `null`: not decided yet, members are kept out of such a collection. */
  scope: Scope | null;
  rows: { owned: number; unowned: number };
  /** The fields with unique values, by name; the primary key is not among them. */
  unique: UniqueField[];
  /** What is wrong with the collection, in words for a super-admin. */
  findings: string[];
}

/** What a member is told of a tenant. */
export type TenantSummary = Pick<Tenant, 'id' | 'name' | 'slug' | 'status' | 'settings'>;

/** A user as tenancy sees it. */
export interface Me {
  user: TenantOwner;
  /** The tenant in which the user acts; null for users without tenant. */
  tenant: TenantSummary | null;
  /** The level in that tenant, as {@link TenantMember} has it. */
  level: string | null;
  memberships: { tenant: Omit<TenantSummary, 'settings'>; level: string; active: boolean }[];
}

/** One entry of a tenant's audit trail. */
export interface AuditEntry {
  id: number;
  /** ISO 8601, in UTC. */
  date: string;
  /** What was done, or `refused.…` for what was tried with rows of others. */
  action: string;
  /** Null for the command line; a user who is gone has no address. */
  user: { id: string; email: string | null } | null;
  ip: string | null;
  details: Record<string, unknown>;
  /** Who did it and whom the details name, by id; those who are gone are not among them. */
  people: Record<string, TenantOwner>;
}
