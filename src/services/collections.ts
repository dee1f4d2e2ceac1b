import type { SchemaOverview } from '@directus/types';
import type { Knex } from 'knex';
import { ConflictError, InvalidFieldError, NotFoundError } from '../tenancy/errors.ts';
import { isOwnedSystemCollection, OWNED_SYSTEM_COLLECTIONS, TENANT_FIELD } from '../tenancy/managed.ts';
import { hasTenantField, isScopable, treatmentOf, type RecordedScopes, type Treatment } from '../tenancy/scopes.ts';
import type { CollectionScope, Scope } from '../tenancy/types.ts';
import type { OwnedScope } from '../tenancy/rules.ts';
import { say } from '../tenancy/sentences.ts';
import { runtime } from '../runtime.ts';
import { assignRows } from './adoption/assign.ts';
import type { Adoption, Assignment } from './adoption/owners.ts';
import { planAdoption, type AdoptionPlan } from './adoption/plan.ts';
import { flushCaches, fullAccess, type ServiceContext } from './directus.ts';
import { countRows } from './row-counts.ts';
import { forgetScope, readScopes, recordScope, scopesWithoutStoredRules, withScopeLock } from './scopes.ts';
import { readToldScopes, tellScope } from './scope-meta.ts';
import { storeRules } from './stored-rules.ts';
import {
  allowNoTenant,
  assertTenantFieldIsFree,
  ensureTenantField,
  ensureTenantIndexes,
  removeTenantField,
  requireTenant,
} from './tenant-field.ts';
import { isNotUnique } from './unique-errors.ts';
import { readUniqueFields, releaseUniqueness } from './uniqueness.ts';

export interface ScopeRequest {
  scope: Scope;
  /** Who takes over rows without tenant. */
  assign?: Assignment | undefined;
  /** Has to be true for tenants to see rows that they did not see before: those of others, or of nobody. */
  confirm?: boolean | undefined;
  /** Answers what would happen, and changes nothing. */
  dryRun?: boolean | undefined;
  progress?: ((progress: ScopeProgress) => void) | undefined;
}

/** How many of the rows without tenant have been looked at. */
export interface ScopeProgress {
  collection: string;
  rows: number;
  of: number;
}

/** What became of the rows, and of the collection besides its scope, in words for a super-admin. */
interface Applied extends AdoptionPlan {
  notes: string[];
}

/** What was done to a collection, or would be. */
export interface ScopeOutcome extends CollectionScope {
  /** Rows that were given to a tenant by this request. */
  adopted: number;
}

/** Every collection that can have a scope, with its rows by ownership and what is wrong with it. */
export async function listCollections(context: ServiceContext): Promise<CollectionScope[]> {
  const { schema } = await fullAccess(context);
  const collections = Object.keys(schema.collections).filter(isScopable).sort();
  const recorded = await readScopes(context.database);

  return Promise.all(
    [...collections, ...OWNED_SYSTEM_COLLECTIONS].map((collection) => describe(context, collection, schema, recorded)),
  );
}

/**
 * Decides what a collection is. `tenant` builds the field, its relation and its index, gives rows without tenant to the
 * tenants that `assign` tells, and stores the rules; `mixed` does the same and may leave rows to nobody; `shared` takes all of it
 * away. The same call twice changes nothing.
 *
 * @throws NotFoundError for a collection that does not exist
 * @throws ConflictError when rows would be left without tenant, a reference would lead to another tenant or `tenant_id` is
 *   taken; nothing was changed
 * @throws InvalidFieldError when a confirmation is missing or the assignment does not fit; nothing was changed
 */
export async function setScope(
  context: ServiceContext,
  collection: string,
  request: ScopeRequest,
): Promise<ScopeOutcome> {
  const { assigned, owned, unowned, notes } = await withScopeLock(context, collection, () =>
    applyScope(context, collection, request),
  );

  const { schema } = await fullAccess(context);
  const now = await describe(context, collection, schema, await readScopes(context.database));
  if (!request.dryRun) return { ...now, findings: [...now.findings, ...notes], adopted: assigned };

  return { ...now, scope: request.scope, rows: { owned: owned + assigned, unowned }, findings: [], adopted: assigned };
}

/**
 * Gives a collection that was just created its scope, unless somebody was faster: the one that came along with a snapshot of the
 * schema, or else what `TENANCY_NEW_COLLECTIONS` says.
 */
export async function decideNewCollection(context: ServiceContext, collection: string): Promise<void> {
  await withScopeLock(context, collection, async () => {
    const { schema } = await fullAccess(context);
    if (!isScopable(collection) || !schema.collections[collection]) return;
    if ((await readScopes(context.database)).has(collection)) return;

    const told = (await readToldScopes(context.database)).get(collection);
    await applyScope(context, collection, { scope: told ?? newCollectionScope(context, collection, schema) });
  });
}

/**
 * Scopes that came with a snapshot, for collections that are there already. Shared ones become the tenants'; what a snapshot would
 * open to all of them stays closed until a super-admin says so.
 */
export async function followToldScopes(context: ServiceContext): Promise<void> {
  const recorded = await readScopes(context.database);

  for (const [collection, told] of await readToldScopes(context.database)) {
    if (told === 'shared' || recorded.get(collection) !== 'shared') continue;

    await orLeaveToSuperAdmins(context, collection, () =>
      withScopeLock(context, collection, () => applyScope(context, collection, { scope: told })),
    );
  }
}

/**
 * Decides what Directus knows and nobody decided yet, such as collections that `directus schema apply` made, which runs without
 * the bundle's hooks. What has rows already waits for a super-admin, closed. Goes by the schema that Directus keeps, so whoever
 * calls it has the caches flushed before, and again if there was something to decide, which is the answer.
 */
export async function decideMissedCollections(context: ServiceContext): Promise<boolean> {
  const undecided = await readUndecidedCollections(context.database, await readScopes(context.database));
  if (undecided.length === 0) return false;

  const { collections } = await context.getSchema();
  const missed = undecided.filter((collection) => collections[collection]);

  for (const collection of missed) {
    await orLeaveToSuperAdmins(context, collection, () => decideNewCollection(context, collection));
  }

  return missed.length > 0;
}

/**
 * The names that Directus lists as collections and that have no scope, among them those of folders: they have no table, so there is
 * nothing to decide.
 */
export async function readUndecidedCollections(database: Knex, recorded: RecordedScopes): Promise<string[]> {
  const listed: string[] = await database('directus_collections').pluck('collection');
  return listed.filter((collection) => isScopable(collection) && !recorded.has(collection));
}

/** What cannot be decided for a collection must not keep the others from being decided. */
async function orLeaveToSuperAdmins(
  { logger }: ServiceContext,
  collection: string,
  decision: () => Promise<unknown>,
): Promise<void> {
  try {
    await decision();
  } catch (error) {
    logger.warn(error, `Tenancy: the scope of "${collection}" has to be decided by a super-admin.`);
  }
}

async function applyScope(context: ServiceContext, collection: string, request: ScopeRequest): Promise<Applied> {
  const { schema } = await fullAccess(context);
  const recorded = await readScopes(context.database);
  const isOwned = isOwnedSystemCollection(collection);

  if (!schema.collections[collection] || !(isScopable(collection) || isOwned)) {
    throw new NotFoundError({
      reason: say(
        'There is no collection "{collection}" that could have a scope. GET /tenancy/collections lists them.',
        { collection },
      ),
    });
  }

  if (isOwned && request.scope !== 'mixed') {
    throw new InvalidFieldError({
      field: 'scope',
      reason: say('must be "mixed" for "{collection}": what no tenant owns belongs to the project', { collection }),
    });
  }

  if (request.scope === 'shared') return makeShared(context, collection, schema, recorded, request);
  if (!isOwned) return makeOwned(context, collection, schema, recorded, request, request.scope);

  // Rows of nobody are not for members here.
  const adoption = { collection, schema, assignment: request.assign ?? null, isMixed: isMixedAmong(recorded, schema) };
  return adopt(context, adoption, request, 'mixed');
}

/**
 * What `TENANCY_NEW_COLLECTIONS` says a new collection becomes; anything that is not understood means `tenant`, and so does a
 * collection that was made with the field.
 */
function newCollectionScope(context: Pick<ServiceContext, 'env'>, collection: string, schema: SchemaOverview): Scope {
  const isShared = context.env['TENANCY_NEW_COLLECTIONS'] === 'shared' && !hasTenantField(collection, schema);
  return isShared ? 'shared' : 'tenant';
}

export async function forgetCollection(context: ServiceContext, collection: string): Promise<void> {
  await forgetScope(context.database, collection);
  await tellScope(context.database, collection, null);
  runtime.recorded.delete(collection);
}

function isMixedAmong(recorded: RecordedScopes, schema: SchemaOverview): (collection: string) => boolean {
  return (collection) => treatmentOf(collection, schema, recorded) === 'mixed';
}

async function makeOwned(
  context: ServiceContext,
  collection: string,
  schema: SchemaOverview,
  recorded: RecordedScopes,
  request: ScopeRequest,
  scope: OwnedScope,
): Promise<Applied> {
  const before = treatmentOf(collection, schema, recorded);
  assertTenantFieldIsFree(collection, schema);
  if (scope === 'mixed') assertIsNoSingleton(collection, schema);

  const isMixed = isMixedAmong(recorded, schema);
  const adoption = {
    collection,
    schema,
    assignment: request.assign ?? null,
    isMixed: (other: string) => (other === collection ? scope === 'mixed' : isMixed(other)),
  };

  const confirmed = ({ unowned }: AdoptionPlan): void => {
    if (scope !== 'mixed' || before !== 'tenant' || unowned === 0 || request.confirm) return;

    throw new InvalidFieldError({
      field: 'confirm',
      reason: say(
        'has to be true: {count} rows of "{collection}" belong to no tenant, and would be shown to all of them',
        { count: unowned, collection },
      ),
    });
  };

  return adopt(context, adoption, request, scope, confirmed, async () => {
    // Until the field is there, the collection is closed for everybody but super-admins; until rows are given to their
    // tenants, those of nobody are hidden.
    await decide(context, collection, scope === 'mixed' && before === 'mixed' ? 'mixed' : 'tenant');
    await ensureTenantField(context, collection, { hidden: false });
  });
}

/** @throws InvalidFieldError */
function assertIsNoSingleton(collection: string, schema: SchemaOverview): void {
  if (!schema.collections[collection]?.singleton) return;

  throw new InvalidFieldError({
    field: 'scope',
    reason: say('must be "tenant" or "shared" for "{collection}": of a singleton, nobody can see more than one row', {
      collection,
    }),
  });
}

/**
 * Plans the adoption, and carries it out unless it is only to be told. `check` throws what is in the way of the plan, for whoever
 * only asks as well; `prepare` is called when nothing is.
 */
async function adopt(
  context: ServiceContext,
  adoption: Adoption,
  { dryRun, progress }: ScopeRequest,
  scope: OwnedScope,
  check: (plan: AdoptionPlan) => void = () => undefined,
  prepare: () => Promise<void> = () => Promise.resolve(),
): Promise<Applied> {
  const { database } = context;
  const { collection, assignment } = adoption;

  const plan = await planAdoption(database, adoption, scope === 'mixed');
  check(plan);
  if (dryRun) return { ...plan, notes: [] };

  await prepare();
  const assigned = assignment ? await assign(context, adoption, assignment, plan, progress) : 0;
  await ensureTenantIndexes(context, collection);
  if (scope === 'tenant') await requireTenant(context, collection);

  if (isScopable(collection)) {
    if (scope === 'mixed') await allowNoTenant(context, collection);
    await decide(context, collection, scope);
    await followScope(context, collection, scope);
  } else await flushCaches(context);

  return { ...plan, assigned, notes: [] };
}

/** @throws ConflictError when a field is unique within a tenant, and the tenant would have a value twice */
async function assign(
  { database }: ServiceContext,
  adoption: Adoption,
  assignment: Assignment,
  plan: AdoptionPlan,
  progress: ScopeRequest['progress'],
): Promise<number> {
  const of = plan.assigned + plan.unowned;
  const tell = (rows: number): void => progress?.({ collection: adoption.collection, rows, of });

  try {
    if (of > 0) tell(0);

    const assigned = await assignRows(database, adoption, assignment, (rows) => {
      // The end is told once, whether or not it is that of a whole batch.
      if (rows < of) tell(rows);
    });

    if (of > 0) tell(of);
    return assigned;
  } catch (error) {
    if (!isNotUnique(error)) throw error;

    throw new ConflictError({
      reason: say(
        'Rows of "{collection}" cannot be given to their tenant: a field is unique within a tenant (GET ' +
          '/tenancy/collections names it), and its values repeat or are taken. Correct the values, then say it ' +
          'again: it goes on with the rows that are left.',
        { collection: adoption.collection },
      ),
    });
  }
}

async function makeShared(
  context: ServiceContext,
  collection: string,
  schema: SchemaOverview,
  recorded: RecordedScopes,
  request: ScopeRequest,
): Promise<Applied> {
  const hadTenants = treatmentOf(collection, schema, recorded) !== 'shared';
  const { owned, unowned } = await countRows(context.database, collection, schema);

  if (request.assign) {
    throw new InvalidFieldError({
      field: 'assign',
      reason: say('goes with the scopes "tenant" and "mixed": shared rows have no tenant'),
    });
  }

  if (hadTenants && owned > 0 && !request.confirm) {
    throw new InvalidFieldError({
      field: 'confirm',
      reason: say(
        'has to be true: {count} rows of "{collection}" would be taken off their tenants and shown to all of them',
        { count: owned, collection },
      ),
    });
  }

  const plan: AdoptionPlan = { owned: 0, assigned: 0, unowned: owned + unowned };
  if (request.dryRun) return { ...plan, notes: [] };

  await decide(context, collection, 'shared');
  await followScope(context, collection, 'shared');
  const notes = hadTenants ? await releaseUniqueness(context, collection) : [];
  await removeTenantField(context, collection);
  await flushCaches(context);
  return { ...plan, notes };
}

async function decide(context: ServiceContext, collection: string, scope: Scope): Promise<void> {
  const scopes = await readScopes(context.database);
  if (scopes.get(collection) !== scope) await recordScope(context.database, collection, scope);
  await tellScope(context.database, collection, scope);
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
  const rows = await countRows(context.database, collection, schema);
  const unique = await readUniqueFields(context.database, collection, schema);
  const findings: string[] = [];

  if (treatment === 'broken') {
    findings.push(
      say(
        'The field "{field}" is missing, so the collection is closed for everybody but super-admins. ' +
          'Set its scope to "{scope}" again to bring the field back.',
        { field: TENANT_FIELD, scope: recorded.get(collection) ?? 'tenant' },
      ),
    );
  }

  if (treatment === 'undecided') {
    findings.push(
      say('Nobody decided the scope of this collection yet. Members are kept out of it until somebody does.'),
    );
  }

  if (treatment === 'tenant' && rows.unowned > 0) {
    findings.push(say('{count} rows belong to no tenant and are seen by super-admins only.', { count: rows.unowned }));
  }

  const scope = treatment === 'broken' ? (recorded.get(collection) ?? null) : SCOPE_OF[treatment];
  return { collection, scope, rows, unique, findings };
}

/** What a super-admin is told; of Directus' own collections only those of {@link OWNED_SYSTEM_COLLECTIONS} are. */
const SCOPE_OF: Record<Exclude<Treatment, 'broken'>, CollectionScope['scope']> = {
  tenant: 'tenant',
  mixed: 'mixed',
  shared: 'shared',
  undecided: null,
  system: 'mixed',
};
