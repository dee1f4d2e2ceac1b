import { randomUUID } from 'node:crypto';
import type { Item, MutationOptions } from '@directus/types';
import type { Knex } from 'knex';
import { InvalidFieldError, NotFoundError } from '../tenancy/errors.ts';
import { POLICIES, TENANTS, TENANTS_ROLE } from '../tenancy/managed.ts';
import { say } from '../tenancy/sentences.ts';
import type { TenantWithUsage } from '../tenancy/types.ts';
import { runtime } from '../runtime.ts';
import { note, type TenancyEvent } from './audit.ts';
import { withTemplate, type CopyContent } from './cloning/index.ts';
import {
  cachedAccess,
  flushCaches,
  forgetAnswers,
  fullAccessWith,
  withSchema,
  type FullAccess,
  type ServiceContext,
} from './directus.ts';
import { holdActions, tellOthers } from './events.ts';
import { bookOf, haveAnswers, once, type Asked, type Book } from './idempotency.ts';
import { createUsers, sendInvitation, type Invite, type NewPerson } from './members.ts';
import { recordMembers } from './memberships.ts';
import { asManagedWrite } from './managed-writes.ts';
import { createRootFolders } from './root-folder.ts';
import { showTenantsOfFiles } from './tenant-field.ts';
import { findTenantId, readNewTenants, readTenantWith, slugTaken } from './tenants.ts';

export interface NewTenant {
  name: string;
  slug: string;
  owner?: NewPerson | undefined;
  settings?: Record<string, unknown> | undefined;
  domains?: string[] | undefined;
  /** The id or slug of a tenant whose content the new one begins with. */
  template?: string | undefined;
}

/** A tenant that is being made, with the ids that it and its owner get. */
interface Made {
  id: string;
  owner: string | null;
  input: NewTenant;
}

/** Tenants that are there, and what is left to do when that is so. */
interface Provisioned {
  tenants: TenantWithUsage[];
  /** Tells flows and other extensions of one of them. */
  tell(tenant: TenantWithUsage): Promise<void>;
}

/**
 * Creates a tenant with its role and, where one is named, its owner; all or nothing. Costs the same however many tenants
 * there are: no permission or policy is written and, but for the first tenant, no cache is flushed.
 *
 * @param key of a request that may come several times and is done once
 * @param invite how an owner who is to be invited is
 * @throws NotUniqueError when the slug or the owner's e-mail address is taken
 * @throws ConflictError when the key was used for another request
 */
export async function provisionTenant(
  context: ServiceContext,
  input: NewTenant,
  key: string | null = null,
  invite: Invite = sendInvitation,
): Promise<TenantWithUsage> {
  return once(context, { key, request: input }, async (book) => {
    const { tenants, tell } = await provision(context, [input], book);
    const [tenant] = tenants as [TenantWithUsage];

    if (input.template !== undefined) await forgetAnswers(context);
    if (input.owner?.invite) await invite(context, tenant.id, input.owner.email);
    await tell(tenant);
    return tenant;
  });
}

/** A tenant that is asked for, under a key or not. */
export type AskedTenant = Asked<NewTenant>;

/**
 * Creates tenants as {@link provisionTenant} does, in one transaction, which takes half the time: all of them, or none. Not for those
 * of {@link findLoners}.
 *
 * @throws whatever is against one of them, which does not say against which; nothing was changed
 */
export async function provisionTogether(
  context: ServiceContext,
  asked: readonly AskedTenant[],
): Promise<TenantWithUsage[]> {
  const { tenants, tell } = await provision(
    context,
    asked.map(({ request }) => request),
    bookOf(context, asked),
  );

  for (const tenant of tenants) await tell(tenant);
  return tenants;
}

/**
 * Those that are to be provisioned by themselves: what takes long or is not done by the transaction alone, and what is likely to be
 * refused, or was answered already.
 */
export async function findLoners(
  context: ServiceContext,
  asked: readonly AskedTenant[],
): Promise<ReadonlySet<AskedTenant>> {
  const { database } = context;
  const slugs = asked.map(({ request }) => request.slug);
  const emails = asked.flatMap((each) => emailOf(each) ?? []);

  const taken = new Set<string>([
    ...((await database(TENANTS).whereIn('slug', slugs).pluck('slug')) as string[]),
    ...(await takenEmails(database, emails)),
  ]);

  const answered = await haveAnswers(context, asked);

  return new Set(
    asked.filter((each) => {
      const { slug, owner, template } = each.request;
      const values = [slug, emailOf(each) ?? slug];
      const isTaken = values.some((value) => taken.has(value));
      // Of two that want the same the first one gets it.
      for (const value of values) taken.add(value);

      return isTaken || answered.has(each) || template !== undefined || owner?.invite || owner?.password !== undefined;
    }),
  );
}

function emailOf({ request }: AskedTenant): string | undefined {
  return request.owner?.email.toLowerCase();
}

async function takenEmails(database: Knex, emails: readonly string[]): Promise<string[]> {
  if (emails.length === 0) return [];

  const rows: { email: string }[] = await database('directus_users')
    .whereRaw(`LOWER(??) IN (${emails.map(() => '?').join(', ')})`, ['email', ...emails])
    .select('email');

  return rows.map(({ email }) => email.toLowerCase());
}

async function provision(context: ServiceContext, inputs: readonly NewTenant[], book: Book): Promise<Provisioned> {
  const { schema } = await cachedAccess(context);
  const made = inputs.map((input) => ({ id: randomUUID(), owner: input.owner ? randomUUID() : null, input }));
  const actions = holdActions(context);

  const write = (copy?: CopyContent): Promise<TenantWithUsage[]> =>
    context.database.transaction((transaction) =>
      asManagedWrite(async () => {
        const access = fullAccessWith(context, schema, transaction);
        await writeTenants(access, made, actions.options, copy);

        const ids = made.map(({ id }) => id);
        const written = copy
          ? await Promise.all(ids.map((id) => readTenantWith(access, id)))
          : await readNewTenants(access, ids);

        await note(transaction, context.actor ?? null, written.map(provisioned));
        await book(
          transaction,
          written.map((tenant) => ({ tenant: tenant.id, answer: tenant })),
        );
        return written;
      }),
    );

  const [first] = made;
  const tenants =
    first?.input.template === undefined
      ? await write()
      : await withTemplate(context, await findTemplate(context.database, first.input.template), first.id, write);

  if (!runtime.tenantsExist) {
    runtime.tenantsExist = true;
    await flushCaches(context);
  }

  await actions.release();

  const known = withSchema(context, schema);
  return { tenants, tell: (tenant) => tellOthers(known, provisioned(tenant)) };
}

function provisioned({ id, slug, owner }: TenantWithUsage): TenancyEvent {
  return { action: 'provisioned', tenant: id, details: { slug, owner: owner?.id ?? null } };
}

/** The role of a tenant: the same id, below the role `Tenants`. */
export function tenantRole(id: string, name: string): Item {
  return {
    id,
    name,
    icon: 'domain',
    description: 'Role of a tenant: its users act in this tenant.',
    parent: TENANTS_ROLE,
  };
}

/**
 * Makes what has to be there before the rows of new tenants: their roles. With the first one super-admins are shown whose files are,
 * in the same transaction.
 */
export async function prepareTenants(
  { items, knex }: FullAccess,
  tenants: readonly { id: string; name: string }[],
  options: MutationOptions = {},
): Promise<void> {
  const roles = tenants.map(({ id, name }) => tenantRole(id, name));
  await items('directus_roles').createMany(roles, { ...options });
  if (!runtime.tenantsExist) await showTenantsOfFiles(knex);
}

async function writeTenants(
  access: FullAccess,
  made: readonly Made[],
  options: MutationOptions,
  copy?: CopyContent,
): Promise<void> {
  const named = made.map(({ id, input }) => ({ id, name: input.name }));
  await prepareTenants(access, named, options);

  const owners = made.flatMap(({ id, owner, input }) =>
    owner && input.owner ? [{ ...input.owner, id: owner, tenant: id, policy: POLICIES.owner }] : [],
  );
  await createUsers(access, owners, { path: 'owner.', options });

  try {
    await access.items(TENANTS).createMany(made.map(rowOf), { ...options });
  } catch (error) {
    throw slugTaken(error);
  }

  await recordMembers(
    access,
    owners.map(({ id, tenant, policy }) => ({ tenant, user: id, policy })),
    options,
  );

  // The root folder of a template is copied with the others.
  if (!copy) await createRootFolders(access, named, options);
  else for (const { owner, input } of made) await copy(access, { name: input.name, owner });
}

function rowOf({ id, owner, input: { name, slug, settings, domains } }: Made): Item {
  return { id, name, slug, status: 'active', settings: settings ?? null, domains: domains ?? null, owner };
}

/** @throws InvalidFieldError when there is no such tenant */
async function findTemplate(database: Knex, named: string): Promise<string> {
  try {
    return await findTenantId(database, named);
  } catch (error) {
    if (!(error instanceof NotFoundError)) throw error;
    throw new InvalidFieldError({
      field: 'template',
      reason: say('must be the id or slug of a tenant: there is no "{named}"', { named }),
    });
  }
}
