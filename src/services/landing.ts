import type { Item, SchemaOverview } from '@directus/types';
import type { Knex } from 'knex';
import { uuidIn } from '../tenancy/identity.ts';
import { levelOfPolicy, TENANT_FIELD, TENANT_MEMBERS, TENANTS } from '../tenancy/managed.ts';
import type { TenantStatus } from '../tenancy/types.ts';
import { announce } from './audit.ts';
import { afterCommit } from './database.ts';
import { fullAccessWith, type ServiceContext } from './directus.ts';
import { followUp } from './follow-ups.ts';
import { asManagedWrite } from './managed-writes.ts';
import { alignLevel, recordMembership, type Standing } from './memberships.ts';

/**
 * Whoever is given the role of a tenant by Directus itself lands there: becomes a member in the very transaction that writes the
 * role. Directus asks no hook within it, except for what it writes along with the user; so the policy of the level is written
 * along, and who is about to land goes with that row under this name.
 */
const LANDING = Symbol('tenancy: landing');

type Landing = (user: string, database: Knex, schema: SchemaOverview) => Promise<string>;

/** A row of `directus_access` as the payload of a user has it. */
type PolicyRow = Item & { [LANDING]?: Landing };

/** The status of a tenant; null for a role that is none's. */
export async function statusOfTenant(database: Knex, role: string): Promise<TenantStatus | null> {
  const row: { status: TenantStatus } | undefined = await database(TENANTS).where({ id: role }).first('status');
  return row?.status ?? null;
}

/** The policies that a payload attaches to its user, by their ids. */
export function policiesIn(payload: Item): string[] {
  return rowsIn(payload['policies']).flatMap((row) => uuidIn(row['policy']) ?? []);
}

function rowsIn(policies: unknown): Item[] {
  const created: unknown = Array.isArray(policies) ? policies : (policies as { create?: unknown } | null)?.create;
  return Array.isArray(created) ? created.filter((row): row is Item => typeof row === 'object' && row !== null) : [];
}

/**
 * A payload whose new user becomes a member when Directus has written the user.
 *
 * @param policy the level; one that the payload attaches already is not attached twice
 */
export function withLanding(context: ServiceContext, payload: Item, tenant: string, policy: string): Item {
  const land: Landing = (user, database, schema) =>
    book(context, { user, tenant, standing: { policy } }, database, schema);

  const attached = rowsIn(payload['policies']).find((row) => uuidIn(row['policy']) === policy);
  if (!attached) return withPolicyRow(payload, { policy, [LANDING]: land });

  (attached as PolicyRow)[LANDING] = land;
  return payload;
}

/** Somebody who is known already, and what becomes of the user. */
export interface Arrival {
  user: string;
  /** What the user becomes in the tenant; null for a member, who goes on as that. */
  standing: Standing | null;
}

/** A payload that moves users into a tenant, who act there as members when Directus has written it. */
export function withArrivals(
  context: ServiceContext,
  payload: Item,
  tenant: string,
  arrivals: readonly Arrival[],
): Item {
  const standings = new Map(arrivals.map(({ user, standing }) => [user, standing]));

  const land: Landing = async (user, database, schema) => {
    const standing = standings.get(user) ?? null;
    if (standing) await book(context, { user, tenant, standing }, database, schema);

    const access = fullAccessWith(context, schema, database);
    await asManagedWrite(() => alignLevel(access, user));

    const member: { policy: string } = await database(TENANT_MEMBERS)
      .where({ [TENANT_FIELD]: tenant, user_id: user })
      .first('policy');

    // Directus is about to attach it.
    await database('directus_access').where({ user, policy: member.policy }).delete();
    return member.policy;
  };

  return withPolicyRow(payload, { [LANDING]: land });
}

function withPolicyRow(payload: Item, row: PolicyRow): Item {
  const policies: unknown = payload['policies'] ?? { create: [], update: [], delete: [] };
  if (Array.isArray(policies)) return { ...payload, policies: [...(policies as unknown[]), row] };

  const { create = [], ...others } = policies as { create?: unknown[] };
  return { ...payload, policies: { update: [], delete: [], ...others, create: [...create, row] } };
}

/** The row of `directus_access` that is about to be written, when whoever it is for has landed. */
export async function landed(row: Item, database: Knex, schema: SchemaOverview): Promise<Item> {
  const { [LANDING]: land, ...others } = row as PolicyRow;
  const user = uuidIn(row['user']);
  if (!land || user === null) return row;

  return { ...others, policy: await land(user, database, schema) };
}

async function book(
  context: ServiceContext,
  { user, tenant, standing }: { user: string; tenant: string; standing: Standing },
  database: Knex,
  schema: SchemaOverview,
): Promise<string> {
  const access = fullAccessWith(context, schema, database);
  await asManagedWrite(() => recordMembership(access, tenant, user, standing));

  const { policy } = standing;
  const details = { member: user, level: levelOfPolicy(policy) ?? policy };
  const told = afterCommit(database, () => announce(context, { action: 'member.added', tenant, details }));

  void followUp(
    told.catch((error: unknown) =>
      context.logger.error(error, 'Tenancy: the audit trail lacks that a member was added.'),
    ),
  );
  return policy;
}
