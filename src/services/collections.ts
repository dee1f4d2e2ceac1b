import type { SchemaOverview } from '@directus/types';
import type { Knex } from 'knex';
import { ConflictError, InvalidFieldError, NotFoundError } from '../tenancy/errors.ts';
import { TENANT_FIELD, TENANTS } from '../tenancy/managed.ts';
import { isScopable, treatmentOf, type RecordedScopes } from '../tenancy/scopes.ts';
import type { CollectionScope, Scope } from '../tenancy/types.ts';
import { runtime } from '../runtime.ts';
import { countOf } from './database.ts';
import { flushCaches, fullAccess, type ServiceContext } from './directus.ts';
import { forgetScope, readScopes, recordScope, scopesWithoutStoredRules, withScopeLock } from './scopes.ts';
import { storeRules } from './stored-rules.ts';
import { assertTenantFieldIsFree, ensureTenantField, removeTenantField } from './tenant-field.ts';
import { isNotUnique } from './unique-errors.ts';
import { readUniqueFields, releaseUniqueness } from './uniqueness.ts';

export interface ScopeRequest {
  scope: Scope;
  /** The tenant, by id, that takes over rows without tenant. */
  assign?: { tenant: string } | undefined;
  /** Has to be true to take the tenants off the rows of a collection. */
  confirm?: boolean | undefined;
}

/** Every collection that can have a scope, with its rows by ownership and what is wrong with it. */
export async function listCollections(context: ServiceContext): Promise<CollectionScope[]> {
  const { schema } = await fullAccess(context);
  const collections = Object.keys(schema.collections).filter(isScopable).sort();
  const recorded = await readScopes(context.database);
  return Promise.all(collections.map((collection) => describe(context, collection, schema, recorded)));
}

/**
 * Decides what a collection is. `tenant` builds the field, its relation and its index, gives rows without tenant to the
 * tenant named in `assign`, and stores the rules; `shared` takes them away. The same call twice changes nothing.
 *
 * @throws NotFoundError for a collection that does not exist
 * @throws ConflictError when rows would be left without tenant or `tenant_id` is taken; nothing was changed
 * @throws InvalidFieldError when a confirmation is missing or the tenant is unknown; nothing was changed
 */
export async function setScope(
  context: ServiceContext,
  collection: string,
  request: ScopeRequest,
): Promise<CollectionScope> {
  const notes = await withScopeLock(context, collection, () => applyScope(context, collection, request));

  const { schema } = await fullAccess(context);
  const answer = await describe(context, collection, schema, await readScopes(context.database));
  return { ...answer, findings: [...answer.findings, ...notes] };
}

/** Gives a collection that was just created the scope that `TENANCY_NEW_COLLECTIONS` says, unless somebody was faster. */
export async function decideNewCollection(context: ServiceContext, collection: string): Promise<void> {
  await withScopeLock(context, collection, async () => {
    const { schema } = await fullAccess(context);
    if (!isScopable(collection) || !schema.collections[collection]) return;
    if ((await readScopes(context.database)).has(collection)) return;

    await applyScope(context, collection, { scope: newCollectionScope(context) });
  });
}

/** @returns what became of the collection besides its scope, in words for a super-admin */
async function applyScope(context: ServiceContext, collection: string, request: ScopeRequest): Promise<string[]> {
  const { schema } = await fullAccess(context);

  if (!isScopable(collection) || !schema.collections[collection]) {
    throw new NotFoundError({
      reason: `There is no collection "${collection}" that could have a scope. GET /tenancy/collections lists them.`,
    });
  }

  if (request.scope === 'shared') return makeShared(context, collection, schema, request);
  await makeTenantScoped(context, collection, schema, request);
  return [];
}

/** What `TENANCY_NEW_COLLECTIONS` says a new collection becomes; anything that is not understood means `tenant`. */
function newCollectionScope(context: Pick<ServiceContext, 'env'>): Scope {
  return context.env['TENANCY_NEW_COLLECTIONS'] === 'shared' ? 'shared' : 'tenant';
}

export async function forgetCollection(context: ServiceContext, collection: string): Promise<void> {
  await forgetScope(context.database, collection);
  runtime.recorded.delete(collection);
}

async function makeTenantScoped(
  context: ServiceContext,
  collection: string,
  schema: SchemaOverview,
  request: ScopeRequest,
): Promise<void> {
  const { database } = context;

  if (request.assign && !(await database(TENANTS).select('id').where({ id: request.assign.tenant }).first())) {
    throw new InvalidFieldError({ field: 'assign.tenant', reason: 'is no tenant of this project' });
  }

  assertTenantFieldIsFree(collection, schema);
  const { unowned } = await countRows(context, collection, schema);

  if (unowned > 0 && !request.assign) {
    throw new ConflictError({
      reason:
        `${unowned} rows of "${collection}" would belong to no tenant. ` +
        'Name the tenant that takes them over in "assign": { "tenant": … }. Nothing was changed.',
    });
  }

  // Until the field is there, a collection recorded as tenant-scoped is closed for everybody but super-admins.
  await decide(context, collection, 'tenant');
  await ensureTenantField(context, collection, { hidden: false });

  if (request.assign) await assignRows(database, collection, request.assign.tenant);

  await followScope(context, collection, 'tenant');
}

/** Gives rows without tenant to one, whose values may have to be unique. */
async function assignRows(database: Knex, collection: string, tenant: string): Promise<void> {
  try {
    await database(collection)
      .whereNull(TENANT_FIELD)
      .update({ [TENANT_FIELD]: tenant });
  } catch (error) {
    if (!isNotUnique(error)) throw error;

    throw new ConflictError({
      reason:
        `The tenant cannot take over the rows of "${collection}" that have none: a field is unique within a tenant ` +
        '(GET /tenancy/collections names it), and values of these rows repeat or are taken. No row was changed.',
    });
  }
}

async function makeShared(
  context: ServiceContext,
  collection: string,
  schema: SchemaOverview,
  request: ScopeRequest,
): Promise<string[]> {
  const isTenantScoped = treatmentOf(collection, schema, await readScopes(context.database)) !== 'shared';
  const { owned } = await countRows(context, collection, schema);

  if (isTenantScoped && owned > 0 && !request.confirm) {
    throw new InvalidFieldError({
      field: 'confirm',
      reason: `has to be true: ${owned} rows of "${collection}" would be taken off their tenants and shown to all of them`,
    });
  }

  await decide(context, collection, 'shared');
  await followScope(context, collection, 'shared');
  const notes = isTenantScoped ? await releaseUniqueness(context, collection) : [];
  await removeTenantField(context, collection);
  await flushCaches(context);
  return notes;
}

async function decide(context: ServiceContext, collection: string, scope: Scope): Promise<void> {
  const scopes = await readScopes(context.database);
  if (scopes.get(collection) !== scope) await recordScope(context.database, collection, scope);
  runtime.recorded.set(collection, scope);
}

async function followScope(context: ServiceContext, collection: string, scope: Scope): Promise<void> {
  const pending = await scopesWithoutStoredRules(context.database);

  if (pending.some((entry) => entry.collection === collection)) {
    await storeRules(context, collection, scope, runtime.licensed === true);
  }

  await flushCaches(context);
}

async function describe(
  context: ServiceContext,
  collection: string,
  schema: SchemaOverview,
  recorded: RecordedScopes,
): Promise<CollectionScope> {
  const treatment = treatmentOf(collection, schema, recorded);
  const rows = await countRows(context, collection, schema);
  const unique = await readUniqueFields(context.database, collection, schema);
  const findings: string[] = [];

  if (treatment === 'broken') {
    findings.push(
      `The field "${TENANT_FIELD}" is missing, so the collection is closed for everybody but super-admins. ` +
        'Set its scope to "tenant" again to bring the field back.',
    );
  }

  if (treatment === 'undecided') {
    findings.push('Nobody decided the scope of this collection yet. Members are kept out of it until somebody does.');
  }

  if (treatment === 'tenant' && rows.unowned > 0) {
    findings.push(`${rows.unowned} rows belong to no tenant and are seen by super-admins only.`);
  }

  const scope: Scope | null =
    treatment === 'broken' || treatment === 'tenant' ? 'tenant' : treatment === 'shared' ? 'shared' : null;

  return { collection, scope, rows, unique, findings };
}

async function countRows(
  context: ServiceContext,
  collection: string,
  schema: SchemaOverview,
): Promise<{ owned: number; unowned: number }> {
  const { database } = context;
  const all = await countOf(database(collection));
  if (!schema.collections[collection]?.fields[TENANT_FIELD]) return { owned: 0, unowned: all };

  const owned = await countOf(database(collection).whereNotNull(TENANT_FIELD));
  return { owned, unowned: all - owned };
}
