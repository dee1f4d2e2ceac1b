import type { TenantStatus } from '../tenancy/types.ts';

export type { DoctorCheck, DoctorReport } from '../tenancy/doctor/report.ts';
export { TENANT_STATUSES } from '../tenancy/types.ts';
export type {
  ApiToken,
  AssignableLevel,
  AuditEntry,
  Tenant,
  TenantMember,
  TenantOverview,
  TenantOwner,
  TenantStatus,
  TenantUsage,
  TenantWithUsage,
} from '../tenancy/types.ts';

/** The columns of the list, named as the API sorts them. */
export const TENANT_COLUMNS = ['name', 'slug', 'status', 'members', 'items', 'storage', 'date_created'] as const;

export type TenantColumn = (typeof TENANT_COLUMNS)[number];

export interface TenantSort {
  by: TenantColumn;
  desc: boolean;
}

/** What the list shows; kept in the URL, so that it can be bookmarked, shared and returned to. */
export interface ListQuery {
  search: string | null;
  /** `null`: tenants of every status. */
  status: TenantStatus | null;
  sort: TenantSort;
  /** From 1. */
  page: number;
  /** Rows per page. */
  limit: number;
}
