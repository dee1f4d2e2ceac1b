import type { Accountability, Item, PrimaryKey } from '@directus/types';
import type { Knex } from 'knex';
import { isDirectusError } from '@directus/errors';
import { AUDIT_TABLE } from '../tenancy/managed.ts';
import { uuidIn } from '../tenancy/identity.ts';
import { requesterOf } from '../tenancy/queries.ts';
import type { AuditEntry, TenantOwner } from '../tenancy/types.ts';
import { countOf } from './database.ts';
import type { ServiceContext } from './directus.ts';
import { tellOthers } from './events.ts';

/** How many entries are kept for a tenant, the newest. */
const KEPT = 5_000;

/** After how many entries of this process the old ones of a tenant are looked for. */
const INTERVAL = 50;

/** Milliseconds in which one kind of attempt of one person is noted once. */
const QUIET = 60_000;

/** What super-admins and owners do to tenants. Other extensions and flows hear of it as `tenancy.<action>`. */
export type TenancyAction =
  | 'provisioned'
  | 'updated'
  | 'suspended'
  | 'archived'
  | 'resumed'
  | 'erased'
  | 'member.added'
  | 'member.updated'
  | 'member.invited'
  | 'member.removed'
  | 'member.left'
  | 'role.adopted'
  | 'ownership.transferred'
  | 'token.created'
  | 'token.revoked'
  | 'switched';

/** Something that was done to a tenant. */
export interface TenancyEvent {
  action: TenancyAction;
  /** The id of the tenant. */
  tenant: string;
  /** What changed, without secrets. */
  details?: Record<string, unknown>;
}

/** Something that a member tried to do to rows of others. */
export interface Attempt {
  /** What was tried, such as `update`. */
  kind: 'read' | 'create' | 'update' | 'delete';
  collection: string;
  /** Where the row of others was named: a field, or the keys of the request. */
  field: string;
}

type Actor = Pick<Accountability, 'user' | 'role' | 'ip'>;

/** Creates the table of the audit trail where it is missing. */
export async function ensureAuditTable(database: Knex): Promise<void> {
  if (await database.schema.hasTable(AUDIT_TABLE)) return;

  await database.schema.createTable(AUDIT_TABLE, (table) => {
    table.increments('id');
    table.bigInteger('at').notNullable();
    table.string('tenant', 36).notNullable();
    table.string('action', 64).notNullable();
    table.string('user', 36);
    table.string('ip', 64);
    table.text('details');
    table.index(['tenant', 'id']);
  });
}

/**
 * Notes what somebody did to a tenant, and tells other extensions and flows. To be called when it is done: whoever listens
 * meets the tenant as it is then.
 */
export async function announce(context: ServiceContext, event: TenancyEvent): Promise<void> {
  await note(context.database, context.actor ?? null, [event]);
  await tellOthers(context, event);
}

/** When which attempt was noted last. */
const attempts = new Map<string, number>();

/**
 * Notes that a member named rows of others, once a minute for what one person does over and over. Nobody waits for it: it
 * is called in a transaction that is about to be rolled back.
 */
export function noteAttempt(
  context: ServiceContext,
  actor: Accountability,
  { kind, collection, field }: Attempt,
): void {
  if (!actor.role) return;

  const name = [actor.user, actor.role, kind, collection, field].join(' ');
  const now = Date.now();
  if (now - (attempts.get(name) ?? 0) < QUIET) return;

  for (const [other, at] of attempts) if (now - at >= QUIET) attempts.delete(other);
  attempts.set(name, now);

  const entry = { action: `refused.${kind}`, tenant: actor.role, details: { collection, field } };
  note(context.database, actor, [entry]).catch((error: unknown) => {
    context.logger.error(error, 'Tenancy: an attempt to reach rows of another tenant could not be noted.');
  });
}

/** Does the work, and notes what a member is refused in it: a forged tenant, a row of others or a reference to one. */
export async function watched<Result>(
  context: ServiceContext,
  accountability: Accountability | null,
  kind: Attempt['kind'],
  collection: string,
  work: () => Promise<Result>,
): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (accountability && isDirectusError(error) && requesterOf(accountability) === 'member') {
      const field: unknown = (error.extensions as Item | undefined)?.['field'];
      noteAttempt(context, accountability, { kind, collection, field: typeof field === 'string' ? field : 'keys' });
    }

    throw error;
  }
}

let noted = 0;

/** Notes what somebody did to tenants, such as in the transaction that does it; to tell others can wait until it is done. */
export async function note(
  database: Knex,
  actor: Actor | null,
  entries: readonly { action: string; tenant: string; details?: object }[],
): Promise<void> {
  await database(AUDIT_TABLE).insert(
    entries.map(({ action, tenant, details = {} }) => ({
      at: Date.now(),
      tenant,
      action,
      user: actor?.user ?? null,
      ip: actor?.ip ?? null,
      details: JSON.stringify(details),
    })),
  );

  for (const { tenant } of entries) {
    noted += 1;
    if (noted % INTERVAL === 0) await removeOldest(database, tenant);
  }
}

async function removeOldest(database: Knex, tenant: string): Promise<void> {
  const last: { id: PrimaryKey } | undefined = await database(AUDIT_TABLE)
    .where({ tenant })
    .orderBy('id', 'desc')
    .offset(KEPT)
    .first('id');

  if (last) await database(AUDIT_TABLE).where({ tenant }).andWhere('id', '<=', last.id).delete();
}

/** What was done in and to a tenant, the newest first. */
export async function readAudit(
  { database }: Pick<ServiceContext, 'database'>,
  tenant: string,
  { limit, page }: { limit: number; page: number },
): Promise<{ data: AuditEntry[]; meta: { total_count: number; filter_count: number } }> {
  const rows: { id: number; at: unknown; action: string; user: string | null; ip: string | null; details: string }[] =
    await database(AUDIT_TABLE)
      .where({ tenant })
      .orderBy('id', 'desc')
      .limit(limit)
      .offset((page - 1) * limit);

  const entries = rows.map(({ id, at, action, user, ip, details }) => ({
    id,
    date: new Date(Number(at)).toISOString(),
    action,
    user,
    ip,
    details: JSON.parse(details) as Record<string, unknown>,
  }));

  const people = await readPeople(database, entries.flatMap(namedIn));
  const total = await countOf(database(AUDIT_TABLE).where({ tenant }));

  return {
    data: entries.map(({ user, ...entry }) => ({
      ...entry,
      user: user === null ? null : { id: user, email: people.get(user)?.email ?? null },
      people: Object.fromEntries(
        namedIn({ user, details: entry.details }).flatMap((id) => {
          const person = people.get(id);
          return person ? [[id, person]] : [];
        }),
      ),
    })),
    meta: { total_count: total, filter_count: total },
  };
}

/** The details whose values are ids of users. */
const PEOPLE = ['member', 'owner', 'from', 'to'] as const;

/** Who did something, and whom it was about. */
function namedIn({ user, details }: { user: string | null; details: Record<string, unknown> }): string[] {
  return [user, ...PEOPLE.map((detail) => details[detail])].flatMap((id) => uuidIn(id) ?? []);
}

async function readPeople(database: Knex, ids: readonly string[]): Promise<Map<string, TenantOwner>> {
  if (ids.length === 0) return new Map();

  const people: TenantOwner[] = await database('directus_users')
    .whereIn('id', [...new Set(ids)])
    .select('id', 'email', 'first_name', 'last_name');

  return new Map(people.map((person) => [person.id, person]));
}
