import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Host } from '../../scripts/hosts/host.ts';
import { POLICIES, TENANTS_ROLE } from '../../src/tenancy/managed.ts';
import { UNCACHED } from '../support/cells.ts';
import { login, send, type Account } from '../support/client.ts';
import { Mailbox } from '../support/mailbox.ts';
import { runSql } from '../support/sql.ts';
import { must, type World } from '../support/world.ts';
import { startWorld } from '../support/worlds.ts';

const PASSWORD = 'correct horse battery';

interface Member {
  id: string;
  level: string;
  user: { id: string; email: string; status: string };
}

describe.each(UNCACHED)('Owners in the Users module (Directus $directus, $database)', (cell) => {
  const mailbox = new Mailbox();
  let host: Host;
  let world: World;
  let owner: Account;

  beforeAll(async () => {
    ({ host, world } = await startWorld({ ...cell, env: mailbox.env }));
    owner = world.north.owner;
  });

  afterAll(async () => {
    await host?.stop();
    await host?.database.drop();
    mailbox.remove();
  });

  const members = (slug: 'north' | 'south'): Promise<Member[]> =>
    must<Member[]>(world.superAdmin, 'GET', `/tenancy/tenants/${slug}/members`);

  const memberAt = async (email: string, slug: 'north' | 'south' = 'north'): Promise<Member | undefined> =>
    (await members(slug)).find(({ user }) => user.email === email);

  const idOf = async (account: Account): Promise<string> =>
    (await must<{ id: string }>(account, 'GET', '/users/me?fields=id')).id;

  const everything = (): Promise<unknown[]> =>
    Promise.all(
      [
        'SELECT id, email, role, status FROM directus_users ORDER BY id',
        'SELECT tenant_id, user_id, policy FROM tenant_members ORDER BY tenant_id, user_id',
      ].map((statement) => runSql(host.database, statement)),
    );

  it('see the members of the own tenant, and are offered its role alone', async () => {
    for (const [tenant, slug] of [
      [world.north, 'north'],
      [world.south, 'south'],
    ] as const) {
      const users = await must<{ email: string }[]>(tenant.owner, 'GET', '/users?fields=email&limit=-1');
      expect(users.map(({ email }) => email).sort()).toEqual(
        (await members(slug)).map(({ user }) => user.email).sort(),
      );
      expect(await must(tenant.owner, 'GET', '/roles?sort=name&fields=id')).toEqual([{ id: tenant.id }]);
    }
  });

  it('alone have the buttons', async () => {
    const access = async (account: Account): Promise<string[]> => {
      const { directus_users: users } = await must<Record<string, Record<string, { access: string }>>>(
        account,
        'GET',
        '/permissions/me',
      );
      return ['create', 'delete'].map((action) => users![action]!.access);
    };

    expect((await access(owner)).includes('none')).toBe(false);
    expect(await access(world.north.editor)).toEqual(['none', 'none']);
    expect(await access(world.north.viewer)).toEqual(['none', 'none']);
  });

  it('invite somebody, who accepts and meets the own tenant alone', async () => {
    const email = 'invited@north.example.com';
    expect((await owner.send('POST', '/users/invite', { email: [email], role: world.north.id })).status).toBe(204);
    expect(await memberAt(email)).toMatchObject({ level: 'viewer', user: { status: 'invited' } });
    await expect.poll(() => mailbox.tokensTo(email)).toHaveLength(1);

    // Once more sends the mail once more.
    expect((await owner.send('POST', '/users/invite', { email, role: world.north.id })).status).toBe(204);
    await expect.poll(() => mailbox.tokensTo(email)).toHaveLength(2);

    const body = { token: mailbox.tokensTo(email)[1], password: PASSWORD };
    expect((await send(host.url, 'POST', '/users/invite/accept', { body })).status).toBe(204);
    const person = await login(host.url, { email, password: PASSWORD });
    const projects = await must<{ title: string }[]>(person, 'GET', '/items/projects');
    expect(projects).toHaveLength(3);
    for (const { title } of projects) expect(title).toMatch(/^north/);
    expect((await person.send('POST', '/items/tags', { name: 'x' })).status).toBe(403);
  });

  it('create somebody, as what the routes of the bundle would', async () => {
    const email = 'created@north.example.com';
    const person = { email, first_name: 'Cy', last_name: null, password: PASSWORD, role: world.north.id };
    const answer = await owner.send<{ email: string }>('POST', '/users', person);
    expect(answer).toMatchObject({ status: 200, data: { email } });
    expect(await memberAt(email)).toMatchObject({ level: 'viewer' });
    const account = await login(host.url, { email, password: PASSWORD });
    expect(await must(account, 'GET', '/items/projects')).toHaveLength(3);
  });

  it('give no other role, and nothing else', async () => {
    const before = await everything();
    const [administrator] = await must<{ id: string }[]>(
      world.superAdmin,
      'GET',
      '/roles?filter[name][_eq]=Administrator',
    );

    for (const role of [world.south.id, TENANTS_ROLE, administrator!.id, null, { id: world.south.id }]) {
      for (const path of ['/users', '/users/invite', '/Users/INVITE/']) {
        const answer = await owner.send('POST', path, { email: 'x@example.com', role });
        expect(answer, `${path} ${JSON.stringify(role)}`).toMatchObject({
          status: 400,
          errors: [{ extensions: { field: 'role' } }],
        });
      }
    }

    for (const more of [
      { status: 'active' },
      { policies: [{ policy: POLICIES.owner }] },
      { token: 'x' },
      { provider: 'x' },
      { external_identifier: 'x' },
      { id: crypto.randomUUID() },
    ]) {
      const answer = await owner.send('POST', '/users', { email: 'x@example.com', ...more });
      expect(answer.status, JSON.stringify(more)).toBe(400);
    }

    expect((await owner.send('POST', '/users', [{ email: 'x@example.com' }])).status).toBe(400);
    expect(await everything()).toEqual(before);
  });

  it('learn of an address that is taken what the routes of the bundle tell', async () => {
    const before = await everything();

    for (const { email } of [world.south.viewer, world.superAdmin]) {
      const expected = await owner.send('POST', '/tenancy/tenants/north/members', { email, level: 'viewer' });

      for (const path of ['/users', '/users/invite']) {
        const { status, errors } = await owner.send('POST', path, { email, role: world.north.id });
        expect({ status, errors }).toEqual({ status: expected.status, errors: expected.errors });
      }
    }

    expect(await everything()).toEqual(before);
  });

  it('take a member away, whose user stays', async () => {
    const email = 'created@north.example.com';
    const { user } = (await memberAt(email))!;
    expect((await owner.send('DELETE', '/users', [user.id])).status).toBe(204);
    expect(await memberAt(email)).toBeUndefined();
    expect(await runSql(host.database, 'SELECT role FROM directus_users WHERE email = ?', [email])).toEqual([
      { role: null },
    ]);
  });

  it('take away nobody else, and not the last owner', async () => {
    const before = await everything();
    const own = await idOf(owner);
    const viewer = await idOf(world.north.viewer);
    const foreign = await idOf(world.south.viewer);
    const boss = await idOf(world.superAdmin);

    for (const id of [foreign, boss, crypto.randomUUID(), 'me', 'x']) {
      expect((await owner.send('DELETE', `/users/${id}`)).status, id).toBe(403);
      expect((await owner.send('DELETE', '/users', [viewer, id])).status, id).toBe(403);
    }

    expect((await owner.send('DELETE', '/users', { query: { limit: -1 } })).status).toBe(403);
    expect((await owner.send('DELETE', `/users/${own}`)).status).toBe(409);
    expect((await owner.send('DELETE', '/users', [viewer, own])).status).toBe(409);
    expect((await owner.send('PATCH', `/users/${viewer}`, { first_name: 'x' })).status).toBe(403);
    expect(await everything()).toEqual(before);
  });

  it('have no other way', async () => {
    const before = await everything();
    const viewer = await idOf(world.north.viewer);

    for (const query of [
      `mutation { users_invite(email: "x@example.com", role: "${world.north.id}") }`,
      'mutation { create_users_item(data: { email: "x@example.com" }) { id } }',
      'mutation { create_users_items(data: [{ email: "x@example.com" }]) { id } }',
      `mutation { delete_users_item(id: "${viewer}") { id } }`,
    ]) {
      const answer = await owner.send('POST', '/graphql/system', { query });
      expect(answer.status, query).toBe(403);
    }

    const file = { title: 'x', uploaded_by: { email: 'x@example.com', role: world.north.id } };
    expect((await owner.send('POST', '/files', file)).status).not.toBe(200);
    expect(await everything()).toEqual(before);
  });

  it('do it alone: editors, viewers and the public are refused', async () => {
    const before = await everything();
    const viewer = await idOf(world.north.viewer);

    for (const account of [world.north.editor, world.north.viewer, null]) {
      for (const [method, path, body] of [
        ['POST', '/users/invite', { email: 'x@example.com', role: world.north.id }],
        ['POST', '/users', { email: 'x@example.com', role: world.north.id }],
        ['DELETE', `/users/${viewer}`],
        ['DELETE', '/users', [viewer]],
      ] as const) {
        const answer = await send(host.url, method, path, { token: account?.token ?? null, body });
        expect(account ? [403] : [400, 401, 403], `${method} ${path}`).toContain(answer.status);
      }
    }

    expect(await everything()).toEqual(before);
  });

  it('lose it with the permission that a super-admin takes away', async () => {
    const path = `/permissions?filter[policy][_eq]=${POLICIES.owner}&filter[collection][_eq]=directus_users`;
    const rows = await must<{ id: number; action: string }[]>(world.superAdmin, 'GET', path);
    await must(world.superAdmin, 'DELETE', `/permissions/${rows.find(({ action }) => action === 'create')!.id}`);
    const body = { email: 'late@north.example.com', role: world.north.id };
    expect((await owner.send('POST', '/users/invite', body)).status).toBe(403);
    expect(await memberAt(body.email)).toBeUndefined();
  });
});
