import type { EndpointExtensionContext } from '@directus/types';
import type { Request, Router } from 'express';
import * as z from 'zod/mini';
import { createApiToken, listApiTokens, revokeApiToken } from '../../services/api-tokens.ts';
import { listLevels, mustBeALevel, setAssignable } from '../../services/levels.ts';
import {
  addMember,
  adoptRole,
  changeLevel,
  inviteAgain,
  listMembers,
  removeMember,
  type NewPerson,
} from '../../services/members.ts';
import { transferOwnership } from '../../services/ownership.ts';
import { findTenantId } from '../../services/tenants.ts';
import { say } from '../../tenancy/sentences.ts';
import {
  accountabilityOf,
  contextOf,
  expected,
  handleAnyOwner,
  handleOwner,
  handleSuperAdmin,
  noLongerThan,
  notEmpty,
  parse,
  whenNeeded,
} from './http.ts';
import { hasOneWayIn, person, TWO_WAYS_IN } from './new-tenant.ts';

/** Which policies are levels of the project is known to the service alone. */
const level = () =>
  z.string({
    error: ({ input }) => (input === undefined ? say('is required') : mustBeALevel()),
  });

export const memberToCreate = whenNeeded(() =>
  z
    .strictObject({ ...person(), level: z.optional(level()) }, expected('an object'))
    .check(z.refine(hasOneWayIn, TWO_WAYS_IN)),
);

/** A role of the project whose users become members. */
export const roleToAdopt = whenNeeded(() =>
  z.strictObject({ role: z.string(expected('the id of a role')) }, expected('an object')),
);

export const memberChanges = whenNeeded(() => z.strictObject({ level: level() }, expected('an object')));

const idOfMember = () => z.string(expected('the id of a member'));

export const transfer = whenNeeded(() =>
  z.strictObject(
    { member: idOfMember(), from: z.optional(idOfMember()), level: z._default(level(), 'editor') },
    expected('an object'),
  ),
);

export const tokenToCreate = whenNeeded(() =>
  z.strictObject(
    { name: z.string(expected('a text')).check(z.trim(), notEmpty(), noLongerThan(50)) },
    expected('an object'),
  ),
);

/**
 * Whom a request wants to have as member.
 *
 * @throws InvalidFieldError for each field that is not as it must be
 */
export function parseMember(body: unknown): NewPerson & { level?: string | undefined } {
  return parse(memberToCreate, body);
}

/** Routes about the people and programs of a tenant, which are the super-admins' and those of its owners. */
export function membersRouter(router: Router, context: EndpointExtensionContext): void {
  const { database } = context;
  const by = (request: Request) => contextOf(context, request);
  const named = (request: Request, name: string): string => String(request.params[name]);

  router.get(
    '/tenants/:tenant/members',
    handleOwner(database, async (_request, response, tenant) => {
      response.json({ data: await listMembers(context, tenant) });
    }),
  );

  router.post(
    '/tenants/:tenant/members',
    handleOwner(database, async (request, response, tenant) => {
      const { level, ...newPerson } = parseMember(request.body);
      // Who else is a user of the project is nothing to the owner of a tenant.
      const mayAddUsers = accountabilityOf(request)?.admin === true;
      response.status(201).json({ data: await addMember(by(request), tenant, level, newPerson, mayAddUsers) });
    }),
  );

  router.post(
    '/tenants/:tenant/members/adopt',
    handleSuperAdmin(async (request, response) => {
      const tenant = await findTenantId(database, named(request, 'tenant'));
      const { role } = parse(roleToAdopt, request.body);
      response.json({ data: { adopted: await adoptRole(by(request), tenant, role) } });
    }),
  );

  router.patch(
    '/tenants/:tenant/members/:member',
    handleOwner(database, async (request, response, tenant) => {
      const { level } = parse(memberChanges, request.body);
      response.json({ data: await changeLevel(by(request), tenant, named(request, 'member'), level) });
    }),
  );

  router.post(
    '/tenants/:tenant/members/:member/invitation',
    handleOwner(database, async (request, response, tenant) => {
      await inviteAgain(by(request), tenant, named(request, 'member'));
      response.status(204).end();
    }),
  );

  router.delete(
    '/tenants/:tenant/members/:member',
    handleOwner(database, async (request, response, tenant) => {
      await removeMember(by(request), tenant, named(request, 'member'));
      response.status(204).end();
    }),
  );

  router.post(
    '/tenants/:tenant/transfer',
    handleOwner(database, async (request, response, tenant) => {
      const requester = accountabilityOf(request);
      const owner = requester?.admin === true ? null : (requester?.user ?? null);
      const wanted = parse(transfer, request.body);
      response.json({ data: await transferOwnership(by(request), tenant, wanted, owner) });
    }),
  );

  router.get(
    '/tenants/:tenant/tokens',
    handleOwner(database, async (_request, response, tenant) => {
      response.json({ data: await listApiTokens(context, tenant) });
    }),
  );

  router.post(
    '/tenants/:tenant/tokens',
    handleOwner(database, async (request, response, tenant) => {
      const { name } = parse(tokenToCreate, request.body);
      response.status(201).set('Cache-Control', 'no-store');
      response.json({ data: await createApiToken(by(request), tenant, name) });
    }),
  );

  router.delete(
    '/tenants/:tenant/tokens/:token',
    handleOwner(database, async (request, response, tenant) => {
      await revokeApiToken(by(request), tenant, named(request, 'token'));
      response.status(204).end();
    }),
  );

  router.get(
    '/levels',
    handleAnyOwner(database, async (_request, response) => {
      response.json({ data: await listLevels(context) });
    }),
  );

  for (const [method, assignable] of [
    ['put', true],
    ['delete', false],
  ] as const) {
    router[method](
      '/levels/:policy',
      handleSuperAdmin(async (request, response) => {
        await setAssignable(context, named(request, 'policy'), assignable);
        response.status(204).end();
      }),
    );
  }
}
