import { beforeAll, describe, expect, it } from 'vitest';
import { POLICIES, TENANTS_ROLE } from '../../src/tenancy/managed.ts';
import { inEveryCell } from '../support/cells.ts';
import { send, type Account } from '../support/client.ts';
import { createPerson, createPolicy, everythingOn, logInAgain } from '../support/people.ts';
import { runSql } from '../support/sql.ts';
import { must } from '../support/world.ts';

interface Member {
  id: string;
  level: string;
  user: { id: string; email: string };
}

inEveryCell('An owner manages the members of the own tenant and nothing else', (world, host) => {
  let owner: Account;
  const PASSWORD = 'correct horse battery';

  beforeAll(() => {
    owner = world().north.owner;
  });

  const members = (account: Account, slug = 'north'): Promise<Member[]> =>
    must<Member[]>(account, 'GET', `/tenancy/tenants/${slug}/members`);

  const memberAt = async (slug: string, level: string): Promise<Member> =>
    (await members(world().superAdmin, slug)).find((member) => member.level === level)!;

  /** Everything that says who may do what. */
  const identities = (): Promise<unknown[]> =>
    Promise.all(
      [
        'SELECT id, role, status, token, provider, external_identifier FROM directus_users ORDER BY id',
        'SELECT role, "user", policy FROM directus_access ORDER BY policy, role, "user"',
        'SELECT id, parent, name FROM directus_roles ORDER BY id',
        'SELECT id, admin_access, app_access FROM directus_policies ORDER BY id',
        'SELECT tenant_id, user_id, policy FROM tenant_members ORDER BY tenant_id, user_id',
      ].map((statement) =>
        runSql(host().database, host().database.kind === 'mariadb' ? statement.replaceAll('"', '`') : statement),
      ),
    );

  describe('through the routes of the bundle', () => {
    it('adds a member, changes the level, and takes the member away', async () => {
      const email = 'new@north.example.com';
      const added = await must<Member>(owner, 'POST', '/tenancy/tenants/north/members', {
        email,
        password: PASSWORD,
        level: 'viewer',
      });
      expect((await members(owner)).map(({ user }) => user.email)).toContain(email);

      const person = await logInAgain(host().url, { email } as Account);
      expect((await person.send('POST', '/items/tags', { name: 'north-x' })).status).toBe(403);

      await must(owner, 'PATCH', `/tenancy/tenants/north/members/${added.id}`, { level: 'editor' });
      const { id } = await must<{ id: number }>(person, 'POST', '/items/tags', { name: 'north-x' });

      await must(owner, 'PATCH', `/tenancy/tenants/north/members/${added.id}`, { level: 'viewer' });
      expect((await person.send('DELETE', `/items/tags/${id}`)).status).toBe(403);

      expect((await owner.send('DELETE', `/tenancy/tenants/north/members/${added.id}`)).status).toBe(204);
      expect(await person.send('GET', '/items/tags')).toMatchObject({
        status: 401,
        errors: [{ extensions: { code: 'TOKEN_EXPIRED' } }],
      });

      const outside = await logInAgain(host().url, { email } as Account);
      expect((await outside.send('GET', '/items/tags')).status).toBe(403);
      await must(owner, 'DELETE', `/items/tags/${id}`);
    });

    it('cannot leave the tenant without owner', async () => {
      const self = await memberAt('north', 'owner');
      const path = `/tenancy/tenants/north/members/${self.id}`;
      expect((await owner.send('PATCH', path, { level: 'viewer' })).status).toBe(409);
      expect((await owner.send('DELETE', path)).status).toBe(409);
      expect((await memberAt('north', 'owner')).id).toBe(self.id);
    });

    it('meets no other tenant, and no member of one', async () => {
      const before = await identities();
      const foreign = await memberAt('south', 'viewer');

      for (const [method, path, body] of [
        ['GET', '/tenancy/tenants/south/members'],
        ['POST', '/tenancy/tenants/south/members', { email: 'x@example.com', level: 'owner' }],
        ['PATCH', `/tenancy/tenants/south/members/${foreign.id}`, { level: 'owner' }],
        ['DELETE', `/tenancy/tenants/south/members/${foreign.id}`],
        ['PATCH', `/tenancy/tenants/north/members/${foreign.id}`, { level: 'owner' }],
        ['DELETE', `/tenancy/tenants/north/members/${foreign.id}`],
        ['GET', '/tenancy/tenants/nobody/members'],
        ['DELETE', `/tenancy/tenants/north/members/${crypto.randomUUID()}`],
      ] as const) {
        const answer = await owner.send(method, path, body);
        expect(answer, `${method} ${path}`).toMatchObject({
          status: 403,
          errors: [{ extensions: { code: 'FORBIDDEN' } }],
        });
      }

      expect(await identities()).toEqual(before);
    });

    it('is for the tenant in which the owner acts, should it own another one too', async () => {
      const { north, south } = world();
      const { id } = await must<{ id: string }>(owner, 'GET', '/users/me');
      const book = 'INSERT INTO tenant_members (id, tenant_id, user_id, policy) VALUES (?, ?, ?, ?)';
      const membership = crypto.randomUUID();
      await runSql(host().database, book, [membership, south.id, id, POLICIES.owner]);

      expect((await owner.send('GET', `/tenancy/tenants/${south.id}/members`)).status).toBe(403);
      expect((await owner.send('GET', `/tenancy/tenants/${north.id}/members`)).status).toBe(200);
      await runSql(host().database, 'DELETE FROM tenant_members WHERE id = ?', [membership]);
    });

    it('knows the levels, and no policy besides', async () => {
      const member = await memberAt('north', 'viewer');
      const admin = await createPolicy(world().superAdmin, []);

      for (const level of ['admin', 'Administrator', admin, POLICIES.owner, null, 1]) {
        const answer = await owner.send('PATCH', `/tenancy/tenants/north/members/${member.id}`, { level });
        expect(answer).toMatchObject({ status: 400, errors: [{ extensions: { field: 'level' } }] });
      }

      const more = { email: 'y@example.com', level: 'viewer', role: world().south.id };
      expect(await owner.send('POST', '/tenancy/tenants/north/members', more)).toMatchObject({
        status: 400,
        errors: [{ extensions: { field: 'role' } }],
      });
    });

    it('is an owner: editors, viewers and the public are not', async () => {
      const member = await memberAt('north', 'viewer');

      for (const account of [world().north.editor, world().north.viewer, null]) {
        for (const [method, path, body] of [
          ['GET', '/tenancy/tenants/north/members'],
          ['POST', '/tenancy/tenants/north/members', { email: 'x@example.com', level: 'owner' }],
          ['PATCH', `/tenancy/tenants/north/members/${member.id}`, { level: 'owner' }],
          ['DELETE', `/tenancy/tenants/north/members/${member.id}`],
        ] as const) {
          const answer = await send(host().url, method, path, { token: account?.token ?? null, body });
          expect(answer.status, `${method} ${path}`).toBe(403);
        }
      }
    });
  });

  describe('whatever else a policy allows', () => {
    it('changes no account, role or policy by Directus’ own routes', async () => {
      const { superAdmin, north, south } = world();
      const all = ['users', 'roles', 'policies', 'access', 'permissions', 'settings'].map((name) => `directus_${name}`);
      const policy = await createPolicy(superAdmin, everythingOn(all), { appAccess: true });
      const member = await createPerson(host().url, superAdmin, { role: north.id, policies: [policy] });
      const [administrator] = await must<{ id: string }[]>(superAdmin, 'GET', '/roles?filter[name][_eq]=Administrator');
      const colleague = (await memberAt('north', 'viewer')).user.id;
      const stranger = (await memberAt('south', 'viewer')).user.id;
      const boss = await must<{ id: string }>(superAdmin, 'GET', '/users/me');
      const before = await identities();

      const requests: [string, string, unknown?][] = [
        ...[administrator!.id, south.id, TENANTS_ROLE, null, { name: 'x' }].map((role): [string, string, unknown] => [
          'PATCH',
          '/users/me',
          { role },
        ]),
        ...[{ token: 'x' }, { provider: 'x' }, { external_identifier: 'x' }, { policies: [{ policy }] }].map(
          (changes): [string, string, unknown] => ['PATCH', '/users/me', changes],
        ),
        ...[colleague, stranger, boss.id].flatMap((id): [string, string, unknown?][] => [
          ['PATCH', `/users/${id}`, { password: 'stolen-password' }],
          ['PATCH', `/users/${id}`, { role: administrator!.id }],
          ['DELETE', `/users/${id}`],
        ]),
        ['POST', '/users', { email: 'made@example.com', role: administrator!.id }],
        ['POST', '/users', { email: 'made@example.com', role: north.id, provider: 'x', external_identifier: 'y' }],
        ['POST', '/users/invite', { email: 'made@example.com', role: south.id }],
        ['POST', '/access', { policy, user: stranger }],
        ['POST', '/access', { policy, role: north.id }],
        ['PATCH', `/roles/${north.id}`, { parent: administrator!.id }],
        ['PATCH', `/roles/${north.id}`, { users: [stranger] }],
        ['DELETE', `/roles/${south.id}`],
        ['POST', '/roles', { name: 'x', parent: TENANTS_ROLE }],
        ['PATCH', `/policies/${POLICIES.member}`, { admin_access: true }],
        ['POST', '/policies', { name: 'x', admin_access: true }],
        ['POST', '/permissions', { policy, collection: 'projects', action: 'read', fields: ['*'] }],
        ['PATCH', '/settings', { public_registration: true, public_registration_role: north.id }],
      ];

      for (const [method, path, body] of requests) {
        const answer = await member.send(method, path, body);
        expect([400, 403], `${method} ${path} ${JSON.stringify(body)}: ${answer.status}`).toContain(answer.status);
      }

      expect(await identities()).toEqual(before);
    });
  });

  describe('and super-admins keep to this as well', () => {
    it('nobody with admin access belongs to a tenant', async () => {
      const { superAdmin, north } = world();
      const [administrator] = await must<{ id: string }[]>(
        superAdmin,
        'GET',
        '/policies?filter[admin_access][_eq]=true&limit=1',
      );
      const boss = await createPerson(host().url, superAdmin, { policies: [administrator!.id] });
      const viewer = (await memberAt('north', 'viewer')).user.id;
      const attached = await createPolicy(superAdmin, []);
      await createPerson(host().url, superAdmin, { role: north.id, policies: [attached] });
      const ofAll = await createPolicy(superAdmin, []);
      await must(superAdmin, 'POST', '/access', { role: TENANTS_ROLE, policy: ofAll });
      const before = await identities();

      for (const [method, path, body] of [
        ...[north.id, north.id.toUpperCase(), { id: north.id }, { id: north.id, name: 'North' }].flatMap((role) => [
          ['PATCH', `/users/${boss.id}`, { role }] as const,
          ['PATCH', `/roles/${north.id}`, { users: { create: [], update: [{ id: boss.id }], delete: [] } }] as const,
        ]),
        ...[viewer, viewer.toUpperCase(), { id: viewer }].flatMap((user) =>
          [administrator!.id, { id: administrator!.id }].map(
            (policy) => ['POST', '/access', { user, policy }] as const,
          ),
        ),
        ...[1, '1', 'true', 'yes', ' TRUE '].flatMap((admin_access) => [
          ['PATCH', `/policies/${attached}`, { admin_access }] as const,
          ['PATCH', `/policies/${ofAll}`, { admin_access }] as const,
          ['POST', '/access', { user: viewer, policy: { name: 'New', admin_access } }] as const,
          ['POST', '/access', { role: { id: TENANTS_ROLE }, policy: { name: 'New', admin_access } }] as const,
        ]),
        [
          'PATCH',
          `/users/${viewer}`,
          { policies: { create: [{ policy: administrator!.id }], update: [], delete: [] } },
        ],
        [
          'PATCH',
          `/users/${viewer}`,
          { policies: { create: [{ policy: { name: 'New', admin_access: true } }], update: [], delete: [] } },
        ],
        [
          'POST',
          '/users',
          { email: 'boss@north.example.com', role: north.id, policies: [{ policy: administrator!.id }] },
        ],
        ['PATCH', `/policies/${attached}`, { admin_access: true }],
        ['POST', '/access', { role: TENANTS_ROLE, policy: administrator!.id }],
        ...[POLICIES.viewer, POLICIES.api, POLICIES.member].map(
          (id) => ['PATCH', `/policies/${id}`, { admin_access: true }] as const,
        ),
      ] as const) {
        const answer = await superAdmin.send(method, path, body);
        expect(answer.status, `${method} ${path} ${JSON.stringify(body)}`).toBe(400);
        expect(answer.errors[0]!.message).toMatch(/tenant/);
      }

      expect(await identities()).toEqual(before);
    });

    it('a tenant’s role stays in its place, without policies of its own', async () => {
      const { superAdmin, north, south } = world();
      const policy = await createPolicy(superAdmin, []);

      for (const [method, path, body, status] of [
        ['POST', '/access', { role: north.id, policy }, 400],
        ['PATCH', `/roles/${north.id}`, { policies: { create: [{ policy }], update: [], delete: [] } }, 400],
        ['PATCH', `/roles/${north.id}`, { parent: null }, 400],
        ['PATCH', `/roles/${north.id}`, { parent: south.id }, 400],
        ['POST', '/roles', { name: 'below', parent: north.id }, 400],
        ['POST', '/roles', { name: 'tenant', parent: TENANTS_ROLE }, 400],
        ['DELETE', `/roles/${north.id}`, undefined, 403],
      ] as const) {
        expect((await superAdmin.send(method, path, body)).status, `${method} ${path}`).toBe(status);
      }
    });

    it('nobody acts in the role that is the parent of all tenants', async () => {
      const { superAdmin } = world();
      const person = await createPerson(host().url, superAdmin);

      for (const [method, path, body] of [
        ['PATCH', `/users/${person.id}`, { role: TENANTS_ROLE }],
        ['PATCH', `/users/${person.id}`, { role: TENANTS_ROLE.toUpperCase() }],
        ['PATCH', `/users/${person.id}`, { role: { id: TENANTS_ROLE } }],
        ['POST', '/users', { email: 'nowhere@people.example.com', role: TENANTS_ROLE }],
      ] as const) {
        const answer = await superAdmin.send(method, path, body);
        expect(answer, `${method} ${path}`).toMatchObject({ status: 400, errors: [{ extensions: { field: 'role' } }] });
      }
    });

    it('what a user may do in one tenant is nothing to another one', async () => {
      const { superAdmin, south } = world();
      const email = 'moves@north.example.com';
      const { user } = await must<Member>(superAdmin, 'POST', '/tenancy/tenants/north/members', {
        email,
        password: PASSWORD,
        level: 'editor',
      });

      await must(superAdmin, 'PATCH', `/users/${user.id}`, { role: south.id });
      const moved = await logInAgain(host().url, { email } as Account);
      const denied = async (): Promise<number> => (await moved.send('POST', '/items/tags', { name: 'x' })).status;
      await expect.poll(denied).toBe(403);

      await must(superAdmin, 'PATCH', `/users/${user.id}`, { role: world().north.id });
      const back = await logInAgain(host().url, { email } as Account);
      await expect.poll(async () => (await back.send('POST', '/items/tags', { name: 'north-y' })).status).toBe(200);
    });
  });
});
