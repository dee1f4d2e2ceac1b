import type { EventContext, Item, PrimaryKey, SchemaOverview } from '@directus/types';
import type { Knex } from 'knex';
import { defineHook } from '../../define.ts';
import { watched } from '../../services/audit.ts';
import { assertReferrersStay } from '../../services/incoming-references.ts';
import { assertReferences, type Referrer } from '../../services/references.ts';
import { rememberDeleted } from '../../services/deleted-rows.ts';
import { LICENCE_REASON, RefusedError } from '../../tenancy/errors.ts';
import { TENANT_FIELD } from '../../tenancy/managed.ts';
import { requesterOf } from '../../tenancy/queries.ts';
import { referencesOf } from '../../tenancy/references.ts';
import { primaryKeyOf } from '../../tenancy/scopes.ts';
import { say } from '../../tenancy/sentences.ts';
import {
  assertTenantStays,
  changesForRequester,
  isKeyGenerated,
  needsTenant,
  notYours,
  owningReferences,
  ownershipOf,
  type Ownership,
  stampForRequester,
  stampFromPayload,
  tenantNamedBy,
} from '../../tenancy/writes.ts';
import { boundaryContext, runtime, type Context } from '../../runtime.ts';
import { registerClosedTenants } from './closed-tenants.ts';
import { registerFileGuards } from './files.ts';
import { registerIdentityGuards } from './identity.ts';
import { registerNewCollections } from './new-collections.ts';
import { registerRegistrationGuards } from './registration.ts';
import { registerSingletons } from './singletons.ts';
import { registerTenantFieldGuards } from './tenant-field.ts';
import { registerTenantRows } from './tenant-rows.ts';
import { registerUniqueness } from './uniqueness.ts';
import { registerVersionGuards } from './versions.ts';

/** What others than super-admins may write, by the first part of Directus' event names. */
const WRITTEN_BY_REQUESTERS = [
  ...['items', 'files', 'folders', 'users', 'comments', 'notifications', 'presets', 'shares'],
  ...['dashboards', 'panels', 'versions', 'translations'],
];

/**
 * Wall 3. Stamps `tenant_id` on created rows, keeps it as it is on updates, and lets a member touch rows of the own tenant
 * only. Guards users, roles and what the bundle manages.
 */
export default defineHook((register, context) => {
  const { filter } = register;

  // Before the keys are looked at.
  registerSingletons(register, context);

  for (const scope of WRITTEN_BY_REQUESTERS) {
    filter<Item>(`${scope}.create`, async (payload, { collection }, event) =>
      watched(context, event.accountability, 'create', String(collection), () =>
        stamped(context, String(collection), payload, event),
      ),
    );

    filter<Item>(`${scope}.update`, async (changes, { collection, keys }, event) =>
      watched(context, event.accountability, 'update', String(collection), () =>
        keptInTenant(context, String(collection), changes, keys as PrimaryKey[], event),
      ),
    );

    filter<PrimaryKey[]>(`${scope}.delete`, async (keys, { collection }, event) => {
      await assertRowsOfRequester(String(collection), keys, event);
      await rememberTenants(String(collection), keys, event);
      return keys;
    });
  }

  registerIdentityGuards(register, context);
  registerTenantRows(register, context);
  registerRegistrationGuards(register, context);
  registerClosedTenants(register, context.database);
  registerFileGuards(register);
  registerVersionGuards(register, context);
  registerNewCollections(register, context);
  registerTenantFieldGuards(register, context);
  registerUniqueness(register, context);

  runtime.registered.add('writes');
});

async function stamped(context: Context, collection: string, payload: Item, event: EventContext): Promise<Item> {
  const { accountability, database } = event;
  const schema = schemaOf(event, collection);
  const ownership = ownershipOf(collection, schema, runtime.recorded);

  if (accountability && !accountability.admin) {
    if (ownership !== 'never') {
      assertLicensed(event);
      const key = payload[primaryKeyOf(collection, schema)] as unknown;
      if (key !== undefined && key !== null && isKeyGenerated(collection, schema)) throw notYours();
    }

    const row = stampForRequester(payload, ownership, accountability);
    await assertReferencesOf(context, event, collection, payload, [], { requester: accountability });
    return row;
  }

  const row = await stampedForNobody(database, collection, payload, schema, ownership);
  const tenant = (row[TENANT_FIELD] ?? null) as string | null;

  if (ownership !== 'never') await assertReferencesOf(context, event, collection, row, [], { tenant });
  return row;
}

/** The row of a super-admin or an internal service, which name its tenant or refer to rows that tell it. */
async function stampedForNobody(
  database: Knex,
  collection: string,
  payload: Item,
  schema: SchemaOverview,
  ownership: Ownership,
): Promise<Item> {
  if (!needsTenant(payload, ownership)) return payload;

  const tenants = new Set<string>();

  for (const { collection: related, key } of owningReferences(collection, payload, schema)) {
    const primary = primaryKeyOf(related, schema);
    const row: Item | undefined = await database(related).select(TENANT_FIELD).where(primary, key).first();
    if (typeof row?.[TENANT_FIELD] === 'string') tenants.add(row[TENANT_FIELD]);
  }

  return stampFromPayload(payload, ownership, [...tenants]);
}

async function keptInTenant(
  context: Context,
  collection: string,
  changes: Item,
  keys: PrimaryKey[],
  event: EventContext,
): Promise<Item> {
  const { accountability, database } = event;
  const schema = schemaOf(event, collection);
  const ownership = ownershipOf(collection, schema, runtime.recorded);

  if (accountability && !accountability.admin) {
    await assertRowsOfRequester(collection, keys, event);
    const kept = changesForRequester(changes, ownership, accountability);
    await assertReferencesOf(context, event, collection, kept, keys, { requester: accountability });
    return kept;
  }

  if (ownership === 'never') return changes;

  if (TENANT_FIELD in changes) {
    const rows: Item[] = await database(collection).select().whereIn(primaryKeyOf(collection, schema), keys);

    assertTenantStays(
      changes,
      rows.map((row) => (row[TENANT_FIELD] ?? null) as string | null),
    );

    // Rows that are given to a tenant take along what they refer to, and leave nobody behind who refers to them.
    const tenant = tenantNamedBy(changes);
    if (tenant !== null) await assertReferrersStay(database, boundaryContext(schema), collection, keys, tenant);

    for (const row of rows)
      await assertReferencesOf(context, event, collection, { ...row, ...changes }, [], { tenant });
    return changes;
  }

  if (refersToSomething(collection, changes, schema)) {
    const rows: Item[] = await database(collection)
      .distinct(TENANT_FIELD)
      .whereIn(primaryKeyOf(collection, schema), keys);

    for (const row of rows) {
      const tenant = (row[TENANT_FIELD] ?? null) as string | null;
      await assertReferencesOf(context, event, collection, changes, keys, { tenant });
    }
  }

  return changes;
}

function refersToSomething(collection: string, changes: Item, schema: SchemaOverview): boolean {
  const { known, open, redirected } = referencesOf(collection, changes, schema);
  return known.length + open.length + redirected.length > 0;
}

function assertReferencesOf(
  context: Context,
  event: EventContext,
  collection: string,
  payload: Item,
  keys: PrimaryKey[],
  referrer: Referrer,
): Promise<void> {
  const schema = schemaOf(event, collection);
  const known = { database: event.database, schema };
  return assertReferences(context, boundaryContext(schema), known, collection, payload, keys, referrer);
}

/** Sockets are told of deleted rows when nobody can look up any more whose they were. */
async function rememberTenants(collection: string, keys: PrimaryKey[], event: EventContext): Promise<void> {
  if (runtime.sockets === 0) return;

  const schema = schemaOf(event, collection);
  if (ownershipOf(collection, schema, runtime.recorded) === 'never') return;
  const primary = primaryKeyOf(collection, schema);
  const rows: Item[] = await event.database(collection).select(primary, TENANT_FIELD).whereIn(primary, keys);

  for (const row of rows)
    rememberDeleted(collection, row[primary] as PrimaryKey, (row[TENANT_FIELD] ?? null) as string | null);
}

/** Refuses keys of rows that are not the requester's to write; a missing row gets the same answer as a foreign one. */
async function assertRowsOfRequester(collection: string, keys: PrimaryKey[], event: EventContext): Promise<void> {
  const { accountability, database } = event;
  if (!accountability || accountability.admin) return;

  const schema = schemaOf(event, collection);
  const ownership = ownershipOf(collection, schema, runtime.recorded);
  if (ownership === 'never' || keys.length === 0) return;
  assertLicensed(event);

  const member = requesterOf(accountability) === 'member';
  if (!member && ownership === 'perhaps' && !runtime.tenantsExist) return;

  // Files and folders of nobody belong to the project, and outsiders' permissions on them hold as they did.
  const mayWrite = member ? accountability.role !== null : ownership === 'perhaps';
  if (!mayWrite) throw new RefusedError({ reason: say('These rows belong to tenants, and you act in none.') });

  // Whatever the database takes the keys for, as it will when it writes: to MySQL the number 0 is every text without digits.
  const rows: Item[] = await database(collection).select(TENANT_FIELD).whereIn(primaryKeyOf(collection, schema), keys);

  const owner = member ? accountability.role : null;
  const foreign = rows.some((row) => (row[TENANT_FIELD] ?? null) !== owner);

  if (foreign || rows.length !== new Set(keys.map(String)).size) {
    throw notYours();
  }
}

function assertLicensed({ accountability }: EventContext): void {
  if (runtime.licensed === false && accountability && requesterOf(accountability) === 'member') {
    throw new RefusedError({ reason: say(LICENCE_REASON) });
  }
}

function schemaOf({ schema }: EventContext, collection: string): SchemaOverview {
  if (schema) return schema;

  throw new RefusedError({
    reason: say('The schema of "{collection}" is not known at the moment. Try again.', { collection }),
  });
}
