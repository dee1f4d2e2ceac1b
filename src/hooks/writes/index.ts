import { defineHook } from '@directus/extensions-sdk';
import type { EventContext, Item, PrimaryKey } from '@directus/types';
import { LICENCE_REASON, RefusedError } from '../../tenancy/errors.ts';
import { TENANT_FIELD } from '../../tenancy/managed.ts';
import { requesterOf } from '../../tenancy/queries.ts';
import { primaryKeyOf } from '../../tenancy/scopes.ts';
import {
  assertTenantStays,
  changesForRequester,
  owningReferences,
  ownershipOf,
  stampForRequester,
  stampFromPayload,
} from '../../tenancy/writes.ts';
import { runtime } from '../../runtime.ts';
import { registerIdentityGuards } from './identity.ts';
import { registerNewCollections } from './new-collections.ts';

/**
 * Wall 3. Stamps `tenant_id` on created rows, keeps it as it is on updates, and lets a member touch rows of the own tenant
 * only. Guards users, roles and what the bundle manages.
 */
export default defineHook((register, context) => {
  const { filter } = register;

  for (const scope of ['items', 'files', 'folders']) {
    filter<Item>(`${scope}.create`, async (payload, { collection }, event) =>
      stamped(String(collection), payload, event),
    );

    filter<Item>(`${scope}.update`, async (changes, { collection, keys }, event) =>
      keptInTenant(String(collection), changes, keys as PrimaryKey[], event),
    );

    filter<PrimaryKey[]>(`${scope}.delete`, async (keys, { collection }, event) => {
      await assertRowsOfRequester(String(collection), keys, event);
      return keys;
    });
  }

  registerIdentityGuards(register);
  registerNewCollections(register, context);

  runtime.registered.add('writes');
});

async function stamped(collection: string, payload: Item, event: EventContext): Promise<Item> {
  const { accountability, database, schema } = event;
  if (!schema) throw unknownSchema(collection);

  const ownership = ownershipOf(collection, schema);
  if (ownership === 'never') return payload;

  if (accountability && !accountability.admin) {
    assertLicensed(event);
    return stampForRequester(payload, ownership, accountability);
  }

  if (ownership === 'perhaps' || (payload[TENANT_FIELD] ?? null) !== null) return payload;

  const tenants = new Set<string>();

  for (const { collection: related, key } of owningReferences(collection, payload, schema)) {
    const primary = primaryKeyOf(related, schema);
    const row: Item | undefined = await database(related).select(TENANT_FIELD).where(primary, key).first();
    if (typeof row?.[TENANT_FIELD] === 'string') tenants.add(row[TENANT_FIELD]);
  }

  return stampFromPayload(payload, ownership, [...tenants]);
}

async function keptInTenant(collection: string, changes: Item, keys: PrimaryKey[], event: EventContext): Promise<Item> {
  const { accountability, database, schema } = event;
  if (!schema) throw unknownSchema(collection);

  const ownership = ownershipOf(collection, schema);
  if (ownership === 'never') return changes;

  if (accountability && !accountability.admin) {
    await assertRowsOfRequester(collection, keys, event);
    return changesForRequester(changes, ownership, accountability);
  }

  if (TENANT_FIELD in changes) {
    const rows: Item[] = await database(collection)
      .distinct(TENANT_FIELD)
      .whereIn(primaryKeyOf(collection, schema), keys);

    assertTenantStays(
      changes,
      rows.map((row) => (row[TENANT_FIELD] ?? null) as string | null),
    );
  }

  return changes;
}

/** Refuses keys of rows that are not the requester's to write; a missing row gets the same answer as a foreign one. */
async function assertRowsOfRequester(collection: string, keys: PrimaryKey[], event: EventContext): Promise<void> {
  const { accountability, database, schema } = event;
  if (!accountability || accountability.admin) return;
  if (!schema) throw unknownSchema(collection);

  const ownership = ownershipOf(collection, schema);
  if (ownership === 'never' || keys.length === 0) return;
  assertLicensed(event);

  const member = requesterOf(accountability) === 'member';
  // Files and folders of nobody belong to the project, and outsiders' permissions on them hold as they did.
  const mayWrite = member ? accountability.role !== null : ownership === 'perhaps';
  if (!mayWrite) throw new RefusedError({ reason: 'These rows belong to tenants, and you act in none.' });

  // Whatever the database takes the keys for, as it will when it writes: to MySQL the number 0 is every text without digits.
  const rows: Item[] = await database(collection).select(TENANT_FIELD).whereIn(primaryKeyOf(collection, schema), keys);

  const owner = member ? accountability.role : null;
  const foreign = rows.some((row) => (row[TENANT_FIELD] ?? null) !== owner);

  if (foreign || rows.length !== new Set(keys.map(String)).size) {
    throw new RefusedError({ reason: `You don't have permission to access this, or it does not exist.` });
  }
}

function assertLicensed({ accountability }: EventContext): void {
  if (runtime.licensed === false && accountability && requesterOf(accountability) === 'member') {
    throw new RefusedError({ reason: `${LICENCE_REASON}.` });
  }
}

function unknownSchema(collection: string): Error {
  return new RefusedError({ reason: `The schema of "${collection}" is not known at the moment. Try again.` });
}
