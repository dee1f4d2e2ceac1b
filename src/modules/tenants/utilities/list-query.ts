import type { TenantQuery } from '../../../client/index.ts';
import { TENANT_COLUMNS, TENANT_STATUSES } from '../../../studio/types.ts';
import type { ListQuery, TenantColumn, TenantSort } from '../../../studio/types.ts';

export const PAGE_SIZES = [25, 50, 100, 250] as const;

const DEFAULT_LIMIT = PAGE_SIZES[0];

export const DEFAULT_SORT: Readonly<TenantSort> = { by: 'name', desc: false };

/** Values of a URL query, as the router hands them out: repeated keys are lists. */
export type RawQuery = Record<string, string | null | undefined | (string | null)[]>;

/** Reads the state of the list from a URL query. What does not make sense falls back to the default: URLs are typed by people. */
export function parseListQuery(raw: RawQuery): ListQuery {
  return {
    search: text(raw['search'])?.trim() || null,
    status: TENANT_STATUSES.find((status) => status === text(raw['status'])) ?? null,
    sort: parseSort(text(raw['sort'])),
    page: wholeNumber(text(raw['page'])) ?? 1,
    limit: PAGE_SIZES.find((size) => size === wholeNumber(text(raw['limit']))) ?? DEFAULT_LIMIT,
  };
}

/** The inverse of `parseListQuery`; defaults are left out, so that the plain list has the plain URL. */
export function formatListQuery(query: ListQuery): Record<string, string> {
  const formatted: Record<string, string> = {};
  if (query.search) formatted['search'] = query.search;
  if (query.status) formatted['status'] = query.status;
  if (!isSameSort(query.sort, DEFAULT_SORT)) formatted['sort'] = formatSort(query.sort);
  if (query.page !== 1) formatted['page'] = String(query.page);
  if (query.limit !== DEFAULT_LIMIT) formatted['limit'] = String(query.limit);
  return formatted;
}

/** The parameters of `GET /tenancy/tenants`. */
export function toTenantQuery(query: ListQuery): TenantQuery {
  return {
    ...(query.search ? { search: query.search } : {}),
    ...(query.status ? { status: query.status } : {}),
    sort: formatSort(query.sort),
    limit: query.limit,
    page: query.page,
  };
}

function formatSort({ by, desc }: Readonly<TenantSort>): `${'' | '-'}${TenantColumn}` {
  return desc ? `-${by}` : by;
}

function parseSort(value: string | null): TenantSort {
  const desc = value?.startsWith('-') ?? false;
  const name = desc ? value?.slice(1) : value;
  const by: TenantColumn | undefined = TENANT_COLUMNS.find((column) => column === name);
  return by ? { by, desc } : { ...DEFAULT_SORT };
}

function isSameSort(one: Readonly<TenantSort>, other: Readonly<TenantSort>): boolean {
  return one.by === other.by && one.desc === other.desc;
}

function text(value: RawQuery[string]): string | null {
  return (Array.isArray(value) ? value[0] : value) ?? null;
}

function wholeNumber(value: string | null): number | null {
  const number = Number(value);
  return Number.isSafeInteger(number) && number >= 1 ? number : null;
}
