import { randomUUID } from 'node:crypto';
import type { EventContext, Item, PrimaryKey, RegisterFunctions } from '@directus/types';
import * as z from 'zod/mini';
import { expected, expectedOneOf, parse, whenNeeded } from '../../endpoints/tenancy/http.ts';
import { domains, name, settings, slug, slugFor } from '../../endpoints/tenancy/new-tenant.ts';
import { announce } from '../../services/audit.ts';
import { flushCaches, fullAccessWith, type FullAccess, type ServiceContext } from '../../services/directus.ts';
import { followUp } from '../../services/follow-ups.ts';
import { setStatus } from '../../services/lifecycle.ts';
import { asManagedWrite, isManagedWrite } from '../../services/managed-writes.ts';
import { completeRow, followRow, prepareRow } from '../../services/tenant-rows.ts';
import { assertSlugIsFree } from '../../services/tenants.ts';
import { InvalidFieldError, RefusedError } from '../../tenancy/errors.ts';
import { TENANT_MEMBERS, TENANTS } from '../../tenancy/managed.ts';
import { say } from '../../tenancy/sentences.ts';
import { TENANT_STATUSES, type TenantStatus } from '../../tenancy/types.ts';
import { runtime, type Context } from '../../runtime.ts';

/** An empty form field is one that was left out. */
const slugOfRow = () =>
  z.pipe(
    z.transform((value) => (value === '' ? null : value)),
    z.optional(z.nullable(slug())),
  );

const newRow = whenNeeded(() =>
  z.strictObject(
    {
      name: name(),
      slug: slugOfRow(),
      status: z.optional(
        z.literal('active', { error: () => say('is "active" in a new tenant: change it afterwards') }),
      ),
      settings: z.optional(z.nullable(settings())),
      domains: z.optional(z.nullable(domains())),
      owner: z.optional(
        z.nullable(
          z.uuid({
            error: () =>
              say(
                'must be the id of a user of this project. Create the user first, without role, or send the tenant ' +
                  'with a new owner to POST /tenancy/tenants',
              ),
          }),
        ),
      ),
    },
    expected('an object'),
  ),
);

const rowChanges = whenNeeded(() =>
  z.strictObject(
    {
      name: z.optional(name()),
      slug: z.optional(slug()),
      status: z.optional(z.enum(TENANT_STATUSES, expectedOneOf(TENANT_STATUSES))),
      settings: z.optional(z.nullable(settings())),
      domains: z.optional(z.nullable(domains())),
      owner: z.optional(z.unknown()),
    },
    expected('an object'),
  ),
);

/**
 * Lets super-admins create and change tenants as rows of `tenants`, by Directus' own routes and in the content module, with all
 * that the bundle's endpoint does. Everybody else is refused, and so is everybody who would delete one as a row, or write a membership.
 *
 * What can only be written after the row is when Directus notes in the same transaction what was done. Where the collection is
 * set to note nothing, it is right afterwards; a process that ends in between leaves a tenant without root folder, whose owner is no
 * member yet.
 */
export function registerTenantRows({ action, filter }: RegisterFunctions, context: Context): void {
  filter<Item>('items.create', async (payload, { collection }, event) => {
    assertNoMembership(collection);
    if (collection !== TENANTS || isManagedWrite()) return payload;

    const access = accessOfSuperAdmin(context, event);
    const row = parse(newRow, payload);
    const wanted = { ...row, slug: slugFor(row.name, row.slug) };
    const id = randomUUID();

    await asManagedWrite(() => prepareRow(access, id, wanted));
    // The cost of being wrong, should the row not come, is a filter too many.
    runtime.tenantsExist = true;
    return { ...wanted, id, status: 'active' };
  });

  filter<Item>('items.update', async (changes, { collection, keys }, event) => {
    assertNoMembership(collection);
    if (collection !== TENANTS || isManagedWrite()) return changes;

    const access = accessOfSuperAdmin(context, event);
    const { status, owner, ...others } = parse(rowChanges, changes);
    const tenants = (keys as PrimaryKey[]).map(String);

    if ('owner' in changes) await assertSameOwner(access, tenants, owner);
    if (others.slug !== undefined) await assertSlugIsFree(access.knex, others.slug, tenants[0] ?? null);
    if (status !== undefined) await changeStatus({ ...context, actor: event.accountability }, access, tenants, status);

    return others;
  });

  filter<PrimaryKey[]>('items.delete', (keys, { collection }, { accountability }) => {
    assertNoMembership(collection);
    if (collection !== TENANTS || isManagedWrite()) return keys;
    if (!accountability?.admin) throw writtenByOthers();

    throw new RefusedError({
      reason: say(
        'A tenant is erased with everything that it has, one at a time and on purpose: send ' +
          'DELETE /items/tenants/<id>?confirm=<slug>, or run ' +
          '"npx directus tenancy tenants erase <slug> --confirm <slug>".',
      ),
    });
  });

  // Directus notes what was done after it is, and before the transaction ends.
  filter<Item>('activity.create', async (entry, _meta, { database, schema }) => {
    if (entry['collection'] !== TENANTS || isManagedWrite() || !schema) return entry;
    await complete(fullAccessWith(context, schema, database), entry['action'], String(entry['item']));
    return entry;
  });

  action('items.create', ({ collection, key, payload }, event) => {
    if (collection !== TENANTS || isManagedWrite()) return;

    const tenant = String(key);
    const { slug: given, owner } = payload as Item;

    void report(async () => {
      await completeUnnoted(context, event, 'create', tenant);
      await flushCaches(context);
      await announce(
        { ...context, actor: event.accountability },
        { action: 'provisioned', tenant, details: { slug: String(given), owner: (owner ?? null) as string | null } },
      );
    });
  });

  action('items.update', ({ collection, keys, payload }, event) => {
    const fields = Object.keys(payload as Item);
    if (collection !== TENANTS || isManagedWrite() || fields.length === 0) return;

    void report(async () => {
      for (const tenant of (keys as PrimaryKey[]).map(String)) {
        await completeUnnoted(context, event, 'update', tenant);
        await announce({ ...context, actor: event.accountability }, { action: 'updated', tenant, details: { fields } });
      }
    });
  });

  /** The answer to whoever wrote the row waits; what goes wrong is for the log, since the row is there. */
  function report(work: () => Promise<void>): Promise<unknown> {
    return followUp(
      work().catch((error: unknown) => {
        context.logger.error(error, 'Tenancy: a tenant was written, and what follows from it was not. See the doctor.');
      }),
    );
  }
}

function assertNoMembership(collection: unknown): void {
  if (collection !== TENANT_MEMBERS || isManagedWrite()) return;

  throw new RefusedError({
    reason: say('Rows of "{collection}" are written by the tenancy endpoint: use /tenancy/tenants/:tenant/members.', {
      collection: TENANT_MEMBERS,
    }),
  });
}

function writtenByOthers(): Error {
  return new RefusedError({
    reason: say(
      'Rows of "{collection}" are written by super-admins and by the tenancy endpoint: use /tenancy/tenants.',
      { collection: TENANTS },
    ),
  });
}

/** Full access on the connection of an event, where it is a super-admin who writes. */
function accessOfSuperAdmin(context: Context, { accountability, database, schema }: EventContext): FullAccess {
  if (!accountability?.admin || !schema) throw writtenByOthers();
  return fullAccessWith(context, schema, database);
}

/** Owners hand a tenant over by a route of its own; the form of the content module may send the owner back as it is. */
async function assertSameOwner({ knex }: FullAccess, tenants: readonly string[], owner: unknown): Promise<void> {
  const owners = (await knex(TENANTS)
    .whereIn('id', tenants as string[])
    .pluck('owner')) as (string | null)[];
  if (owners.every((stored) => stored === (owner ?? null))) return;

  throw new InvalidFieldError({
    field: 'owner',
    reason: say('is handed over by POST /tenancy/tenants/:tenant/transfer, and follows the members of the tenant'),
  });
}

/** Ends sessions and moves members as the routes of the endpoint do, in a transaction of its own, before anything else is written. */
async function changeStatus(
  context: ServiceContext,
  { knex }: FullAccess,
  tenants: readonly string[],
  status: TenantStatus,
): Promise<void> {
  const stored: { id: string; status: string }[] = await knex(TENANTS)
    .whereIn('id', tenants as string[])
    .select('id', 'status');
  const others = stored.filter((row) => row.status !== status);

  if (others.length > 0 && knex.isTransaction) {
    throw new InvalidFieldError({
      field: 'status',
      reason: say(
        'cannot be changed together with other rows: send PATCH /items/tenants/<id>, or ' +
          'POST /tenancy/tenants/:tenant/suspend, /resume or /archive',
      ),
    });
  }

  for (const { id } of others) await setStatus(context, id, status);
}

async function complete(access: FullAccess, done: unknown, tenant: string): Promise<void> {
  await asManagedWrite(async () => {
    if (done === 'create') await completeRow(access, tenant);
    if (done === 'update') await followRow(access, tenant);
  });
}

/** As {@link complete}, where Directus notes nothing of the collection. */
async function completeUnnoted(
  context: Context,
  { schema }: EventContext,
  done: 'create' | 'update',
  tenant: string,
): Promise<void> {
  if (!schema || schema.collections[TENANTS]?.accountability !== null) return;
  await context.database.transaction((transaction) =>
    complete(fullAccessWith(context, schema, transaction), done, tenant),
  );
}
