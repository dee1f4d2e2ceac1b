import { createRequire } from 'node:module';
import { join } from 'node:path';
import { Validator } from '@seriousme/openapi-schema-validator';
import { Ajv } from 'ajv';
import type * as express from 'express';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Host } from '../../scripts/hosts/host.ts';
import { installHost } from '../../scripts/hosts/install.ts';
import endpoint from '../../src/endpoints/tenancy/index.ts';
import { accountWithToken, login, send, type Account } from '../support/client.ts';
import { BUNDLE_ROUTES, documentedRoutes } from '../support/escalation/routes.ts';
import { useHost } from '../support/host.ts';
import { createPerson, createPolicy, createRole } from '../support/people.ts';
import { createTenant, must, type World } from '../support/world.ts';
import { startWorld } from '../support/worlds.ts';

interface Operation {
  requestBody?: { content: Record<string, { schema: { required?: string[]; properties?: object } }> };
  responses: Record<string, { content?: Record<string, unknown> }>;
  security: Record<string, []>[];
  tags: string[];
}

interface Document {
  tags: { name: string }[];
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, object>; securitySchemes: Record<string, object> };
}

const documentOf = async (account: Account): Promise<Document> => {
  const { status, data } = await account.send<Document>('GET', '/server/specs/oas');
  expect(status).toBe(200);
  return data;
};

/** The part of a document that is the bundle's. */
const ownPartOf = ({ paths, ...document }: Document): Document => ({
  ...document,
  paths: Object.fromEntries(Object.entries(paths).filter(([path]) => path.startsWith('/tenancy/'))),
});

const routesOf = (document: Document): string[] => documentedRoutes(ownPartOf(document)).sort();

const MEMBERS_ROUTES = ['DELETE /tenancy/me/memberships/{tenant}', 'GET /tenancy/me', 'POST /tenancy/me/tenant'];

const OWNERS_ROUTES = [
  'DELETE /tenancy/tenants/{tenant}/members/{member}',
  'DELETE /tenancy/tenants/{tenant}/tokens/{token}',
  'GET /tenancy/levels',
  'GET /tenancy/tenants/{tenant}/members',
  'GET /tenancy/tenants/{tenant}/tokens',
  'PATCH /tenancy/tenants/{tenant}/members/{member}',
  'POST /tenancy/tenants/{tenant}/members',
  'POST /tenancy/tenants/{tenant}/members/{member}/invitation',
  'POST /tenancy/tenants/{tenant}/tokens',
  'POST /tenancy/tenants/{tenant}/transfer',
  ...MEMBERS_ROUTES,
].sort();

describe('The OpenAPI document of a project', () => {
  let host: Host;
  let world: World;
  let document: Document;
  let outsider: Account & { id: string };

  beforeAll(async () => {
    ({ host, world } = await startWorld({
      directus: '11',
      env: {
        CACHE_ENABLED: 'true',
        CACHE_STORE: 'memory',
        CACHE_AUTO_PURGE: 'true',
        CACHE_STATUS_HEADER: 'x-cache-status',
      },
    }));
    document = await documentOf(world.superAdmin);
    const policy = await createPolicy(world.superAdmin, [{ collection: 'countries', action: 'read' }]);
    outsider = await createPerson(host.url, world.superAdmin, { policies: [policy] });
  });

  afterAll(async () => {
    await host?.stop();
    await host?.database.drop();
  });

  it('has every route of the bundle, for super-admins', async () => {
    const install = await installHost('11');
    const { Router } = createRequire(join(install.directory, 'package.json'))('express') as typeof express;
    const router = Router();
    if (typeof endpoint !== 'function') endpoint.handler(router, {} as Parameters<typeof endpoint.handler>[1]);

    const { stack } = router as unknown as { stack: { route: { path: string; methods: Record<string, true> } }[] };
    const mounted = stack.flatMap(({ route: { path, methods } }) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} /tenancy${path.replace(/:(\w+)/g, '{$1}')}`),
    );

    expect(mounted.length).toBeGreaterThan(20);
    expect(routesOf(document)).toEqual(mounted.sort());
    expect(routesOf(document)).toEqual([...BUNDLE_ROUTES].sort());
  });

  it('is valid, and refers to nothing that is not there', async () => {
    for (const account of [world.superAdmin, world.north.owner, world.north.viewer]) {
      const own = ownPartOf(await documentOf(account));
      expect(await new Validator().validate({ ...own })).toMatchObject({ valid: true });

      const text = JSON.stringify(own.paths);
      for (const [, name = ''] of text.matchAll(/"#\/components\/schemas\/(\w+)"/g)) {
        expect(own.components.schemas).toHaveProperty(name);
      }
      expect(own.tags.filter(({ name }) => name === 'Tenancy')).toHaveLength(1);
      for (const operation of Object.values(own.paths).flatMap((path) => Object.values(path))) {
        expect(operation.tags).toEqual(['Tenancy']);
        for (const scheme of operation.security) {
          expect(own.components.securitySchemes).toHaveProperty(Object.keys(scheme)[0]!);
        }
      }
    }
  });

  it('tells owners of their own members and of themselves, and members of themselves', async () => {
    const owners = await documentOf(world.north.owner);
    expect(routesOf(owners)).toEqual(OWNERS_ROUTES);
    expect(Object.keys(owners.components.schemas)).not.toContain('Erasure');

    const members = await documentOf(world.north.viewer);
    expect(routesOf(members)).toEqual(MEMBERS_ROUTES);
    expect(
      Object.keys(members.components.schemas)
        .filter((name) => name.startsWith('Tena'))
        .sort(),
    ).toEqual(['TenancyErrors', 'TenancyMe', 'TenancySession']);
  });

  it('tells the owners of an archived tenant of what they may read', async () => {
    const { slug, owner } = await createTenant(host.url, world.superAdmin, 'Archived');
    await must(world.superAdmin, 'POST', `/tenancy/tenants/${slug}/archive`);
    expect(
      routesOf(await documentOf(await login(host.url, { email: owner.email, password: 'correct horse battery' }))),
    ).toEqual([
      'GET /tenancy/levels',
      'GET /tenancy/me',
      'GET /tenancy/tenants/{tenant}/members',
      'GET /tenancy/tenants/{tenant}/tokens',
      'POST /tenancy/me/tenant',
    ]);
  });

  it('says nothing to whoever belongs to no tenant, nor to shares', async () => {
    const share = await must<{ id: string }>(world.superAdmin, 'POST', '/shares', {
      name: 'share',
      collection: 'projects',
      item: String(world.north.projects[0]),
      role: world.north.id,
    });
    const session = await send<{ access_token: string }>(host.url, 'POST', '/shares/auth', {
      body: { share: share.id },
    });

    for (const account of [
      outsider,
      accountWithToken(host.url, ''),
      accountWithToken(host.url, session.data.access_token),
    ]) {
      expect(JSON.stringify(await documentOf(account))).not.toMatch(/"\/tenancy|"Tenancy/);
    }
  });

  it('is nobody else’s when Directus keeps it, and follows who belongs where', async () => {
    const read = () => outsider.send<Document>('GET', '/server/specs/oas');
    await read();
    const kept = await read();
    expect(kept.headers.get('x-cache-status')).toBe('HIT');
    expect(routesOf(kept.data)).toEqual([]);
    expect(routesOf(await documentOf(world.north.owner))).toEqual(OWNERS_ROUTES);
    expect(routesOf(await documentOf(world.superAdmin))).toEqual([...BUNDLE_ROUTES].sort());
    expect(routesOf((await read()).data)).toEqual([]);
    expect(routesOf(await documentOf(accountWithToken(host.url, '')))).toEqual([]);

    await must(world.superAdmin, 'PATCH', `/users/${outsider.id}`, { email: 'guest@example.com' });
    const member = await must<{ id: string }>(world.superAdmin, 'POST', '/tenancy/tenants/south/members', {
      email: 'guest@example.com',
      level: 'owner',
    });
    const guest = await login(host.url, { email: 'guest@example.com', password: 'correct horse battery' });
    expect(routesOf(await documentOf(guest))).toEqual(OWNERS_ROUTES);

    await must(world.superAdmin, 'DELETE', `/tenancy/tenants/south/members/${member.id}`);
    const again = await login(host.url, { email: 'guest@example.com', password: 'correct horse battery' });
    expect(routesOf(await documentOf(again))).toEqual([]);
  });

  it('leaves errors as they are', async () => {
    const { status, errors } = await send(host.url, 'GET', '/server/specs/oas', { token: 'nobody' });
    expect(status).toBe(401);
    expect(errors).toHaveLength(1);
  });

  it('tells which fields a request has to have, and which it may have', async () => {
    const filled = (path: string): string =>
      path
        .replace('{tenant}', 'north')
        .replace('{member}', crypto.randomUUID())
        .replace('{collection}', 'projects')
        .replace('{field}', 'title');

    const bodies = Object.entries(ownPartOf(document).paths).flatMap(([path, operations]) =>
      Object.entries(operations).flatMap(([method, { requestBody }]) => {
        const schema = requestBody?.content['application/json']?.schema;
        return schema ? [{ method: method.toUpperCase(), path: filled(path), schema }] : [];
      }),
    );
    expect(bodies.length).toBeGreaterThanOrEqual(9);

    for (const { method, path, schema } of bodies) {
      const refusedFields = async (body: object, reason: RegExp): Promise<string[]> => {
        const { errors } = await world.superAdmin.send(method, path, body);
        return errors.flatMap(({ message, extensions }) => (reason.test(message) ? extensions.field! : [])).sort();
      };

      if (schema.required) {
        expect(await refusedFields({}, /is required/), path).toEqual([...schema.required].sort());
      }

      const fields = Object.keys(schema.properties ?? {}).map((name) => [name, null]);
      const nonsense = Object.fromEntries([...fields, ['nonsense', 1]]) as object;
      expect(await refusedFields(nonsense, /is not a field of this request/), path).toEqual(['nonsense']);
    }
  });

  it('tells how answers look', async () => {
    const { superAdmin, north } = world;
    const ajv = new Ajv({ strict: false, validateFormats: false });
    ajv.addSchema(document, 'document');
    const checked: string[] = [];

    const check = async (
      account: Account,
      method: string,
      path: string,
      template: string,
      body?: object,
    ): Promise<unknown> => {
      const response = await fetch(host.url + path, {
        method,
        headers: { Authorization: `Bearer ${account.token}`, 'Content-Type': 'application/json' },
        ...(body && { body: JSON.stringify(body) }),
      });
      const operation = document.paths[template]![method.toLowerCase()]!;
      expect(Object.keys(operation.responses), `${method} ${template}`).toContain(String(response.status));
      checked.push(`${method} ${template}`);

      const text = await response.text();
      if (!operation.responses[response.status]!.content) {
        expect(text).toBe('');
        return undefined;
      }

      const answer = JSON.parse(text) as { data?: unknown };
      const escaped = template.replaceAll('/', '~1');
      const pointer = `document#/paths/${escaped}/${method.toLowerCase()}/responses/${response.status}/content/application~1json/schema`;
      const validate = ajv.getSchema(pointer)!;
      expect((await validate(answer)) ? null : validate.errors, `${method} ${template} ${text}`).toBeNull();
      return answer.data;
    };

    const tenants = '/tenancy/tenants';
    const tenant = '/tenancy/tenants/{tenant}';
    await check(superAdmin, 'GET', tenants, tenants);
    await check(superAdmin, 'GET', `${tenants}?limit=none`, tenants);
    const person = { email: 'told@example.com', first_name: 'T', last_name: 'Old', password: 'correct horse battery' };
    const told = { name: 'Told', owner: person, settings: { a: 1 }, domains: ['told.example.com'] };
    await check(superAdmin, 'POST', tenants, tenants, told);
    await check(superAdmin, 'POST', tenants, tenants, told);
    await check(superAdmin, 'GET', '/tenancy/tenants/told', tenant);
    await check(superAdmin, 'GET', '/tenancy/tenants/nobody', tenant);
    await check(superAdmin, 'PATCH', '/tenancy/tenants/told', tenant, { name: 'Told again', domains: null });
    for (const action of ['archive', 'suspend', 'resume']) {
      await check(superAdmin, 'POST', `/tenancy/tenants/told/${action}`, `${tenant}/${action}`);
    }
    await check(superAdmin, 'GET', '/tenancy/tenants/told/overview', `${tenant}/overview`);
    await check(superAdmin, 'GET', '/tenancy/tenants/told/audit', `${tenant}/audit`);

    const owner = await login(host.url, person);
    const members = `${tenant}/members`;
    const level = 'viewer';
    await check(owner, 'GET', '/tenancy/tenants/told/members', members);
    await check(owner, 'GET', '/tenancy/tenants/north/members', members);
    const guest = { email: 'guest@told.example.com', invite: true, level };
    const added = (await check(owner, 'POST', '/tenancy/tenants/told/members', members, guest)) as { id: string };
    const member = `/tenancy/tenants/told/members/${added.id}`;
    await check(owner, 'PATCH', member, `${members}/{member}`, { level: 'editor' });
    await check(owner, 'POST', `${member}/invitation`, `${members}/{member}/invitation`);
    const role = await createRole(superAdmin, [await createPolicy(superAdmin, [])]);
    await check(superAdmin, 'POST', '/tenancy/tenants/told/members/adopt', `${members}/adopt`, { role });
    const made = (await check(owner, 'POST', '/tenancy/tenants/told/tokens', `${tenant}/tokens`, { name: 'Web' })) as {
      id: string;
    };
    await check(owner, 'GET', '/tenancy/tenants/told/tokens', `${tenant}/tokens`);
    await check(owner, 'DELETE', `/tenancy/tenants/told/tokens/${made.id}`, `${tenant}/tokens/{token}`);
    await check(owner, 'GET', '/tenancy/levels', '/tenancy/levels');
    await check(owner, 'GET', '/tenancy/me', '/tenancy/me');
    await check(outsider, 'GET', '/tenancy/me', '/tenancy/me');
    await check(owner, 'POST', '/tenancy/me/tenant', '/tenancy/me/tenant', { tenant: 'told' });
    const self = await login(host.url, person);
    await check(self, 'POST', '/tenancy/me/tenant', '/tenancy/me/tenant', { tenant: 'north' });
    await check(self, 'DELETE', '/tenancy/me/memberships/told', '/tenancy/me/memberships/{tenant}');
    await check(self, 'POST', '/tenancy/tenants/told/transfer', `${tenant}/transfer`, { member: added.id });
    await check(superAdmin, 'DELETE', member, `${members}/{member}`);

    const policy = await createPolicy(superAdmin, [{ collection: 'projects', action: 'read' }]);
    await check(superAdmin, 'PUT', `/tenancy/levels/${policy}`, '/tenancy/levels/{policy}');
    await check(superAdmin, 'DELETE', `/tenancy/levels/${policy}`, '/tenancy/levels/{policy}');

    const collection = '/tenancy/collections/{collection}';
    await check(superAdmin, 'GET', '/tenancy/collections', '/tenancy/collections');
    await check(superAdmin, 'PUT', '/tenancy/collections/tags', collection, { scope: 'tenant', dry_run: true });
    await check(superAdmin, 'PUT', '/tenancy/collections/countries', collection, { scope: 'tenant' });
    await check(superAdmin, 'PATCH', '/tenancy/collections/tags/fields/name', `${collection}/fields/{field}`, {
      unique: 'tenant',
    });
    await check(superAdmin, 'GET', '/tenancy/doctor', '/tenancy/doctor');
    await check(superAdmin, 'POST', '/tenancy/doctor/fix', '/tenancy/doctor/fix', { checks: ['roles'] });
    await check(superAdmin, 'DELETE', '/tenancy/tenants/told?confirm=told', tenant);

    const unchecked = BUNDLE_ROUTES.filter((name) => !checked.includes(name));
    expect(unchecked).toEqual(['POST /tenancy/tenants/import']);
    expect(north.slug).toBe('north');
  });
});

describe('The OpenAPI document of a project with Directus 12', () => {
  const host = useHost({ directus: '12' });

  it('has the routes of the bundle, and is valid', async () => {
    const document = await documentOf(await login(host().url, host().superAdmin));
    expect(routesOf(document)).toEqual([...BUNDLE_ROUTES].sort());
    expect(await new Validator().validate({ ...ownPartOf(document) })).toMatchObject({
      valid: true,
    });
  });
});
