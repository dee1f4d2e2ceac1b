import type { Item, Query, SchemaOverview } from '@directus/types';
import type { Request, Response } from 'express';
import { ForbiddenError } from '@directus/errors';
import * as z from 'zod/mini';
import { expected, notEmpty, parse, whenNeeded } from '../../endpoints/tenancy/http.ts';
import { person } from '../../endpoints/tenancy/new-tenant.ts';
import type { ServiceContext } from '../../services/directus.ts';
import { addMember, inviteAgain, removeMember } from '../../services/members.ts';
import { isOwner } from '../../services/memberships.ts';
import { ConflictError, InvalidFieldError } from '../../tenancy/errors.ts';
import { uuidIn } from '../../tenancy/identity.ts';
import { POLICIES, TENANT_FIELD, TENANT_MEMBERS } from '../../tenancy/managed.ts';
import { requesterOf } from '../../tenancy/queries.ts';
import { say } from '../../tenancy/sentences.ts';
import { runtime, type Context, type Middleware } from '../../runtime.ts';
import { assertNoGraphQlField } from './graphql.ts';
import { routeOf, type Route } from './route.ts';

/** What whoever comes by the Users module may do; owners change it by the routes of the bundle. */
const LEVEL = 'viewer';

/** An owner at work. */
interface Owner {
  context: ServiceContext;
  tenant: string;
  route: Route;
}

/**
 * Owners manage the members of their tenant in Directus' own Users module as well: what it sends is done by the bundle's
 * services, by the same rules as with its routes. Everybody else in a tenant is refused, and so is every other way to create
 * or delete users, by the write wall.
 */
export function createMembersShadow(context: Context): Middleware {
  return (request, response, next) => {
    const route = routeOf(request);
    if (!route || requesterOf(route.accountability) !== 'member') return next();

    shadow(context, route, request, response).then((done) => {
      if (!done) next();
    }, next);
  };
}

async function shadow(context: Context, route: Route, request: Request, response: Response): Promise<boolean> {
  const { method, parts } = route;
  assertNoGraphQlField(route, () => JSON.stringify(route.body ?? null), GRAPHQL_FIELDS);
  if (parts[0] !== 'users' || runtime.licensed !== true) return false;

  const second = parts[1]?.toLowerCase();

  if (method === 'POST' && parts.length === 2 && second === 'invite') {
    await invite(await ownerOf(context, route, 'create'));
    response.status(204).end();
    return true;
  }

  if (method === 'POST' && parts.length === 1) {
    const owner = await ownerOf(context, route, 'create');
    const id = await create(owner);
    await answerWith(owner, id, request, response);
    return true;
  }

  if (method === 'DELETE' && parts.length <= 2) {
    await remove(await ownerOf(context, route, 'delete'));
    response.status(204).end();
    return true;
  }

  return false;
}

/** Fields of the system's GraphQL that do as the routes here. */
const GRAPHQL_FIELDS = /\b(?:users_invite|(?:create|delete)_users_items?)\b/;

/**
 * @throws ForbiddenError for everybody but owners; a super-admin who took the permission from them is heard as well
 */
async function ownerOf(context: Context, route: Route, action: 'create' | 'delete'): Promise<Owner> {
  const { user, role, share } = route.accountability;
  const { database } = context;
  if (!user || !role || share || !(await isOwner(database, role, user))) throw new ForbiddenError();

  const permission: unknown = await database('directus_permissions')
    .where({ policy: POLICIES.owner, collection: 'directus_users', action })
    .first('id');
  if (!permission) throw new ForbiddenError();

  return { context: { ...context, actor: route.accountability }, tenant: role, route };
}

const invitation = whenNeeded(() => {
  const { email } = person();
  const addresses = z.union([email, z.array(email).check(notEmpty())]);
  return z.strictObject({ email: addresses, role: z.unknown() }, expected('an object'));
});

const newUser = whenNeeded(() => {
  const { email, password, first_name, last_name } = person();

  // What the form of the Users module sends for fields that were left empty.
  const empty = z.pipe(
    z.literal(null),
    z.transform(() => undefined),
  );

  return z.strictObject(
    {
      email,
      password: z.union([password, empty]),
      first_name: z.union([first_name, empty]),
      last_name: z.union([last_name, empty]),
      role: z.optional(z.unknown()),
    },
    expected('one user'),
  );
});

function assertOwnTenant({ tenant }: Owner, role: unknown): void {
  if (uuidIn(role) === tenant) return;
  throw new InvalidFieldError({ field: 'role', reason: say('must be your tenant') });
}

/** Invites people, each by its own; whoever was invited already gets the mail once more. */
async function invite(owner: Owner): Promise<void> {
  const { context, tenant, route } = owner;
  const { email: given, role } = parse(invitation, route.body);
  assertOwnTenant(owner, role);

  const errors: unknown[] = [];

  for (const address of new Set([given].flat().map((each) => each.toLowerCase()))) {
    try {
      const invited = await invitedMember(owner, address);
      if (invited) await inviteAgain(context, tenant, invited);
      else await addMember(context, tenant, LEVEL, { email: address, invite: true }, false);
    } catch (error) {
      errors.push(error);
    }
  }

  // An array of errors is what Directus' error handler takes for several complaints.
  if (errors.length > 0) throw errors as unknown as Error;
}

/** The membership of somebody of the own tenant who has not accepted yet. */
async function invitedMember({ context, tenant }: Owner, address: string): Promise<string | null> {
  const row: { id: string } | undefined = await context
    .database({ member: TENANT_MEMBERS })
    .join({ user: 'directus_users' }, 'user.id', 'member.user_id')
    .where({ [`member.${TENANT_FIELD}`]: tenant, 'user.status': 'invited' })
    .whereRaw('LOWER(??) = ?', ['user.email', address])
    .first('member.id');

  return row?.id ?? null;
}

async function create(owner: Owner): Promise<string> {
  const { role, ...newPerson } = parse(newUser, owner.route.body);
  if (role !== undefined) assertOwnTenant(owner, role);

  const { user } = await addMember(owner.context, owner.tenant, LEVEL, newPerson, false);
  return user.id;
}

/** Answers as Directus does: with what of the new user the requester may read. */
async function answerWith({ context, route }: Owner, id: string, request: Request, response: Response): Promise<void> {
  const { accountability } = route;
  const schema: SchemaOverview = await context.getSchema();
  const { sanitizedQuery = {} } = request as Request & { sanitizedQuery?: Query };
  const users = new context.services.UsersService({ schema, accountability });
  const data: Item = await users.readOne(id, sanitizedQuery);
  response.json({ data });
}

/**
 * Ends memberships; the users stay. All of them, or none where one is not of the own tenant, or no owner would be left.
 *
 * @throws ForbiddenError for a user who is not there, and for one of another tenant
 */
async function remove({ context, tenant, route }: Owner): Promise<void> {
  const { parts, body } = route;
  const listed: unknown = Array.isArray(body) ? body : (body as { keys?: unknown } | null)?.keys;
  const named: unknown[] = parts.length === 2 ? [parts[1]] : Array.isArray(listed) ? listed : [];
  const users = [...new Set(named.map(uuidIn))];
  if (users.length === 0 || users.includes(null)) throw new ForbiddenError();

  const members: { id: string; user: string; policy: string }[] = await context
    .database(TENANT_MEMBERS)
    .where({ [TENANT_FIELD]: tenant })
    .select({ id: 'id', user: 'user_id', policy: 'policy' });

  const going = members.filter(({ user }) => users.includes(user));
  if (going.length !== users.length) throw new ForbiddenError();

  if (members.every(({ policy, user }) => policy !== POLICIES.owner || users.includes(user))) {
    throw new ConflictError({
      reason: say('No owner of the tenant would be left. Make another member an owner first. Nothing was changed.'),
    });
  }

  for (const { id } of going) await removeMember(context, tenant, id);
}
