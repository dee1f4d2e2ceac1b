import type { AbstractService, Item } from '@directus/types';
import type { Knex } from 'knex';
import { ForbiddenError, isDirectusError } from '@directus/errors';
import { NotFoundError, NotUniqueError } from '../tenancy/errors.ts';
import { TENANT_FIELD, TENANT_MEMBERS, TENANTS } from '../tenancy/managed.ts';
import { isOwnedByTenants } from '../tenancy/scopes.ts';
import { say } from '../tenancy/sentences.ts';
import type { Tenant, TenantStatus, TenantUsage, TenantWithUsage } from '../tenancy/types.ts';
import { announce } from './audit.ts';
import { countOf, MOST_PARTS, rowsTogether } from './database.ts';
import { cachedAccess, fullAccessWith, type FullAccess, type ServiceContext } from './directus.ts';
import { asManagedWrite } from './managed-writes.ts';
import { renameRootFolder, withRootFolder } from './root-folder.ts';

export interface TenantChanges {
  name?: string | undefined;
  slug?: string | undefined;
  settings?: Record<string, unknown> | null | undefined;
  domains?: string[] | null | undefined;
}

export const TENANT_SORT_FIELDS = ['name', 'slug', 'status', 'date_created', 'date_updated'] as const;
export const USAGE_SORT_FIELDS = ['members', 'items', 'storage'] as const;

export interface TenantListRequest {
  search?: string | undefined;
  status?: TenantStatus | undefined;
  sort: { field: (typeof TENANT_SORT_FIELDS)[number] | (typeof USAGE_SORT_FIELDS)[number]; descending: boolean };
  /** Tenants per page; -1 for all. */
  limit: number;
  /** Counted from 1. */
  page: number;
}

export interface TenantList {
  data: TenantWithUsage[];
  meta: { total_count: number; filter_count: number };
}

const TENANT_FIELDS = [
  'id',
  'name',
  'slug',
  'status',
  'settings',
  'domains',
  'date_created',
  'date_updated',
  'owner.id',
  'owner.email',
  'owner.first_name',
  'owner.last_name',
];

/**
 * Changes name, slug, settings or domains; the tenant's role follows the name.
 *
 * @param tenant the id of a tenant
 * @throws NotUniqueError when the slug is taken
 */
export async function updateTenant(
  context: ServiceContext,
  tenant: string,
  changes: TenantChanges,
): Promise<TenantWithUsage> {
  const { schema } = await cachedAccess(context);

  await context.database.transaction((transaction) =>
    asManagedWrite(async () => {
      const access = fullAccessWith(context, schema, transaction);

      try {
        await access.items(TENANTS).updateOne(tenant, { ...changes });
      } catch (error) {
        throw slugTaken(error);
      }

      if (changes.name !== undefined) await followName(access, tenant, changes.name);
    }),
  );

  // Settings may hold anything, so only what was changed is told.
  await announce(context, { action: 'updated', tenant, details: { fields: Object.keys(changes) } });

  return readTenant(context, tenant);
}

/** Gives the role of a tenant, and its root folder, the tenant's name. */
export async function followName(access: FullAccess, tenant: string, name: string): Promise<void> {
  const role: { name: string } | undefined = await access.knex('directus_roles').where({ id: tenant }).first('name');
  if (!role || role.name === name) return;

  await access.items('directus_roles').updateOne(tenant, { name });
  await renameRootFolder(access, tenant, role.name, name);
}

/**
 * The id of the tenant that an id or a slug names.
 *
 * @throws NotFoundError
 */
export async function findTenantId(database: Knex, idOrSlug: string): Promise<string> {
  const column = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(idOrSlug) ? 'id' : 'slug';
  const row: Item | undefined = await database(TENANTS).select('id').where(column, idOrSlug.toLowerCase()).first();

  if (!row) throw new NotFoundError({ reason: say('There is no tenant "{tenant}".', { tenant: idOrSlug }) });
  return String(row['id']);
}

/** One tenant with its usage, by id. */
export async function readTenant(context: ServiceContext, id: string): Promise<TenantWithUsage> {
  return readTenantWith(await cachedAccess(context), id);
}

export async function readTenantWith({ items, schema, knex }: FullAccess, id: string): Promise<TenantWithUsage> {
  const tenant = (await items(TENANTS).readOne(id, { fields: TENANT_FIELDS })) as TenantRow;
  return withUsage(tenant, await withRootFolder(knex, [id]), await readUsage(knex, usageSources(schema), [id]));
}

/**
 * Tenants that were made in this transaction, with a root folder and nothing else: nobody has to count what they use.
 *
 * @param ids in the order of the answer
 * @throws ForbiddenError when a hook of somebody else lets one of them not be read, as Directus' service does of a single row
 */
export async function readNewTenants({ items }: FullAccess, ids: readonly string[]): Promise<TenantWithUsage[]> {
  const rows = await readRows(items(TENANTS), ids);
  if (rows.length < ids.length) throw new ForbiddenError();

  const folders = new Set(ids);
  return rows.map((tenant) =>
    withUsage(tenant, folders, new Map([[tenant.id, { members: tenant.owner ? 1 : 0, items: 0, storage: 0 }]])),
  );
}

/** Rows of tenants in the order of their ids; those that are gone are left out. */
async function readRows(service: AbstractService, ids: readonly string[]): Promise<TenantRow[]> {
  if (ids.length === 0) return [];

  // Directus' own service reads the rows, since it knows how each database keeps dates and JSON.
  const rows = (await service.readByQuery({
    filter: { id: { _in: [...ids] } },
    fields: TENANT_FIELDS,
    limit: -1,
  })) as TenantRow[];

  const byId = new Map(rows.map((tenant) => [tenant.id, tenant]));
  return ids.flatMap((id) => byId.get(id) ?? []);
}

/** A page of tenants with their usage. */
export async function listTenants(context: ServiceContext, request: TenantListRequest): Promise<TenantList> {
  const { items, schema } = await cachedAccess(context);
  const { database } = context;
  const sources = usageSources(schema);

  const [total, filtered, ids] = await Promise.all([
    countOf(database(TENANTS)),
    countOf(matching(database(TENANTS), request)),
    idsOfPage(database, sources, request),
  ]);

  const rows = await readRows(items(TENANTS), ids);
  const folders = await withRootFolder(database, ids);
  const usage = await readUsage(database, sources, ids);

  return {
    data: rows.map((tenant) => withUsage(tenant, folders, usage)),
    meta: { total_count: total, filter_count: filtered },
  };
}

/** Where the rows of tenants are counted. */
interface UsageSources {
  itemCollections: string[];
}

function usageSources(schema: FullAccess['schema']): UsageSources {
  return {
    itemCollections: Object.keys(schema.collections).filter((collection) => isOwnedByTenants(collection, schema)),
  };
}

function isUsageField(field: string): field is (typeof USAGE_SORT_FIELDS)[number] {
  return (USAGE_SORT_FIELDS as readonly string[]).includes(field);
}

/** One row per tenant and source: `tenant_id` and `amount`. */
function amounts(
  database: Knex,
  sources: UsageSources,
  field: (typeof USAGE_SORT_FIELDS)[number],
  tenants?: readonly string[],
): Knex.QueryBuilder[] {
  const count = (table: string): Knex.QueryBuilder => database(table).count({ amount: '*' });

  const queries = {
    members: () => [count(TENANT_MEMBERS)],
    items: () => sources.itemCollections.map(count),
    storage: () => [database('directus_files').sum({ amount: 'filesize' })],
  }[field]();

  return queries.map((query) => {
    query.select(TENANT_FIELD).whereNotNull(TENANT_FIELD).groupBy(TENANT_FIELD);
    if (tenants) query.whereIn(TENANT_FIELD, tenants as string[]);
    return query;
  });
}

/** No database takes more values with one query than some ten thousands. */
const MOST_BINDINGS = 30_000;

/** The usage of tenants, by one query whatever the number of collections, up to what a database takes at once. */
async function readUsage(
  database: Knex,
  sources: UsageSources,
  tenants: readonly string[],
): Promise<Map<string, TenantUsage>> {
  const usage = new Map<string, TenantUsage>(tenants.map((id) => [id, { members: 0, items: 0, storage: 0 }]));
  if (tenants.length === 0) return usage;

  const parts = USAGE_SORT_FIELDS.flatMap((field) =>
    amounts(database, sources, field, tenants).map((part) => part.select(database.raw(`'${field}' AS usage_field`))),
  );
  const atOnce = Math.max(1, Math.min(MOST_PARTS, Math.floor(MOST_BINDINGS / tenants.length)));

  for (const row of await rowsTogether<Item>(database, parts, atOnce)) {
    const entry = usage.get(String(row[TENANT_FIELD]));
    const field = String(row['usage_field']);
    if (entry && isUsageField(field)) entry[field] += Number(row['amount'] ?? 0);
  }

  return usage;
}

/** The tenants that a list asks for; search text is text, and stands anywhere in the name or the slug. */
function matching(
  query: Knex.QueryBuilder,
  { search, status }: Pick<TenantListRequest, 'search' | 'status'>,
): Knex.QueryBuilder {
  if (status) query.where(`${TENANTS}.status`, status);

  if (search) {
    const pattern = `%${search.toLowerCase().replace(/[!%_]/g, '!$&')}%`;
    query.where((either) => {
      for (const column of ['name', 'slug']) {
        void either.orWhereRaw(`LOWER(??) LIKE ? ESCAPE '!'`, [`${TENANTS}.${column}`, pattern]);
      }
    });
  }

  return query;
}

async function idsOfPage(database: Knex, sources: UsageSources, request: TenantListRequest): Promise<string[]> {
  const { sort, limit, page } = request;
  const direction = sort.descending ? 'desc' : 'asc';
  const query = matching(database(TENANTS).select(`${TENANTS}.id`), request);

  if (!isUsageField(sort.field)) {
    query.orderBy(`${TENANTS}.${sort.field}`, direction);
  } else {
    const parts = amounts(database, sources, sort.field);

    if (parts.length > 0) {
      const totals = database
        .from(database.unionAll(parts).as('part'))
        .select(TENANT_FIELD)
        .sum({ total: 'amount' })
        .groupBy(TENANT_FIELD)
        .as('usage');

      query
        .leftJoin(totals, `usage.${TENANT_FIELD}`, `${TENANTS}.id`)
        .orderByRaw(`COALESCE(??, 0) ${direction}`, ['usage.total']);
    }
  }

  // Tenants that are alike in the sorted column stand in the order of their names, the same on every page.
  query.orderBy(`${TENANTS}.name`).orderBy(`${TENANTS}.id`);
  if (limit > 0) query.limit(limit).offset((page - 1) * limit);

  return ((await query) as Item[]).map((row) => String(row['id']));
}

/** A tenant as Directus reads its row. */
type TenantRow = Omit<Tenant, 'folder'>;

function withUsage(tenant: TenantRow, folders: ReadonlySet<string>, usage: Map<string, TenantUsage>): TenantWithUsage {
  return {
    ...tenant,
    folder: folders.has(tenant.id) ? tenant.id : null,
    usage: usage.get(tenant.id) ?? { members: 0, items: 0, storage: 0 },
  };
}

/**
 * Looks beforehand whether a slug can be had, where the database would be asked too late.
 *
 * @param tenant the one that has it, if any does
 * @throws NotUniqueError
 */
export async function assertSlugIsFree(database: Knex, slug: string, tenant: string | null): Promise<void> {
  const owner: { id: string } | undefined = await database(TENANTS).where({ slug }).first('id');
  if (owner && owner.id !== tenant) throw slugIsTaken();
}

export function slugTaken(error: unknown): unknown {
  return isDirectusError(error) && error.code === 'RECORD_NOT_UNIQUE' ? slugIsTaken() : error;
}

function slugIsTaken(): Error {
  return new NotUniqueError({ field: 'slug', reason: say('is the slug of another tenant already') });
}
