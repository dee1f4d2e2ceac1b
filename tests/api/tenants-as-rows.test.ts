import { beforeAll, describe, expect, it } from 'vitest';
import { onEveryDatabase } from '../support/cells.ts';
import { login, send, type Account, type Answer } from '../support/client.ts';
import { dumpOf, rowsOnlyIn } from '../support/dump.ts';
import { createPerson } from '../support/people.ts';
import { runSql } from '../support/sql.ts';
import { createTenant, must } from '../support/world.ts';

const PASSWORD = 'correct horse battery';

interface Row {
  id: string;
  name: string;
  slug: string;
  status: string;
  owner: string | null;
}

onEveryDatabase('Tenants as rows of a collection', (world, host) => {
  let superAdmin: Account;

  const graphql = async (query: string, account = superAdmin): Promise<Answer<Record<string, Row>>> =>
    send(host().url, 'POST', '/graphql', { token: account.token, body: { query } });

  const roleOf = async (id: string): Promise<unknown> =>
    (await superAdmin.send('GET', `/roles/${id}?fields=name`)).data;

  const actions = async (tenant: string): Promise<unknown[]> =>
    (
      await must<{ action: string; user: { email: string } }[]>(superAdmin, 'GET', `/tenancy/tenants/${tenant}/audit`)
    ).map(({ action, user }) => [action, user.email]);

  /** What somebody gets to see who looks for changes. */
  const unchanged = async (work: () => Promise<unknown>): Promise<void> => {
    const before = await dumpOf(host().database);
    await work();
    const changes = rowsOnlyIn(await dumpOf(host().database), before);
    expect(Object.keys(changes).filter((table) => table !== 'tenancy_audit')).toEqual([]);
  };

  beforeAll(() => {
    superAdmin = world().superAdmin;
  });

  describe('are created', () => {
    it('with role, root folder and all that the endpoint gives them', async () => {
      const row = await must<Row>(superAdmin, 'POST', '/items/tenants', {
        name: 'Östra Hamnen',
        settings: { plan: 'gold' },
        domains: ['ostra.example.com'],
      });
      expect(row).toMatchObject({ name: 'Östra Hamnen', slug: 'ostra-hamnen', status: 'active', owner: null });

      expect(await must(superAdmin, 'GET', '/tenancy/tenants/ostra-hamnen')).toMatchObject({
        id: row.id,
        folder: row.id,
        settings: { plan: 'gold' },
        domains: ['ostra.example.com'],
        usage: { members: 0, items: 0, storage: 0 },
      });
      expect(await must(superAdmin, 'GET', `/roles/${row.id}?fields=name,parent.name`)).toEqual({
        name: 'Östra Hamnen',
        parent: { name: 'Tenants' },
      });
      expect(await must(superAdmin, 'GET', `/folders/${row.id}`)).toMatchObject({
        name: 'Östra Hamnen',
        tenant_id: row.id,
      });
      expect(await actions(row.id)).toEqual([['provisioned', superAdmin.email]]);
    });

    it('several at once, and in GraphQL', async () => {
      const rows = await must<Row[]>(superAdmin, 'POST', '/items/tenants', [
        { name: 'Row A' },
        { name: 'Row B', slug: '' },
      ]);
      // Directus answers in an order of its own.
      expect(rows.map(({ slug }) => slug).sort()).toEqual(['row-a', 'row-b']);

      const answer = await graphql(
        'mutation { create_tenants_item(data: { name: "Row C", slug: "row-c" }) { id slug } }',
      );
      const { create_tenants_item: created } = answer.data;
      expect(created).toMatchObject({ slug: 'row-c' });
      for (const { id } of [...rows, created!]) {
        expect(await must(superAdmin, 'GET', `/tenancy/tenants/${id}`)).toMatchObject({ folder: id });
        expect(await roleOf(id)).toBeDefined();
      }
    });

    it('with an owner whom the project knows, who can work at once', async () => {
      const person = await createPerson(host().url, superAdmin);
      const row = await must<Row>(superAdmin, 'POST', '/items/tenants', { name: 'Owned Row', owner: person.id });

      const owner = await login(host().url, { email: person.email, password: PASSWORD });
      expect(await must(owner, 'GET', '/tenancy/me')).toMatchObject({ tenant: { id: row.id }, level: 'owner' });
      await must(owner, 'POST', '/items/tags', { name: 'first' });
      const { checks } = await must<{ checks: { id: string; status: string }[] }>(superAdmin, 'GET', '/tenancy/doctor');
      expect(checks.find(({ id }) => id === 'memberships')).toMatchObject({ status: 'pass' });
    });

    it('where Directus notes nothing of the collection, too', async () => {
      await must(superAdmin, 'PATCH', '/collections/tenants', { meta: { accountability: null } });
      const person = await createPerson(host().url, superAdmin);
      const row = await must<Row>(superAdmin, 'POST', '/items/tenants', { name: 'Unnoted', owner: person.id });
      await must(superAdmin, 'PATCH', `/items/tenants/${row.id}`, { name: 'Still unnoted' });
      await must(superAdmin, 'PATCH', '/collections/tenants', { meta: { accountability: 'all' } });

      const owner = await login(host().url, { email: person.email, password: PASSWORD });
      expect(await must(owner, 'GET', '/tenancy/me')).toMatchObject({ tenant: { id: row.id }, level: 'owner' });
      expect(await roleOf(row.id)).toEqual({ name: 'Still unnoted' });
      expect(await must(superAdmin, 'GET', `/folders/${row.id}`)).toMatchObject({ name: 'Still unnoted' });
    });

    it('as they must be, or not at all', async () => {
      const staff = await must<{ id: string }>(superAdmin, 'POST', '/roles', { name: 'Row staff' });
      const employee = await createPerson(host().url, superAdmin, { role: staff.id });
      const admin = await must<{ id: string }>(superAdmin, 'GET', '/users/me');
      const cases: [object, string][] = [
        [{}, 'name'],
        [{ name: ' ' }, 'name'],
        [{ name: '東京' }, 'slug'],
        [{ name: 'X', slug: 'Not one' }, 'slug'],
        [{ name: 'X', slug: 'north' }, 'slug'],
        [{ name: 'X', domains: ['No host'] }, 'domains.0'],
        [{ name: 'X', settings: 'text' }, 'settings'],
        [{ name: 'X', status: 'suspended' }, 'status'],
        [{ name: 'X', colour: 'red' }, 'colour'],
        [{ name: 'X', id: crypto.randomUUID() }, 'id'],
        [{ name: 'X', owner: 'ada' }, 'owner'],
        [{ name: 'X', owner: { email: 'ada@example.com' } }, 'owner'],
        [{ name: 'X', owner: crypto.randomUUID() }, 'owner'],
        [{ name: 'X', owner: employee.id }, 'owner'],
        [{ name: 'X', owner: admin.id }, 'owner'],
      ];

      await unchanged(async () => {
        for (const [body, field] of cases) {
          const answer = await superAdmin.send('POST', '/items/tenants', body);
          expect(answer.status, JSON.stringify(body)).toBe(400);
          expect(answer.errors[0]!.extensions.field, JSON.stringify(body)).toBe(field);
        }
        const second = await superAdmin.send('POST', '/items/tenants', [
          { name: 'First of two' },
          { name: 'X', slug: 'north' },
        ]);
        expect(second.errors[0]!.extensions).toMatchObject({ code: 'RECORD_NOT_UNIQUE', field: 'slug' });
      });
    });
  });

  describe('are changed', () => {
    it('with the role, and the folder as long as it has the name', async () => {
      const { id } = await must<Row>(superAdmin, 'POST', '/items/tenants', { name: 'Before' });
      await must(superAdmin, 'PATCH', `/items/tenants/${id}`, {
        name: 'After',
        slug: 'after',
        settings: { plan: 'tin' },
      });
      expect(await roleOf(id)).toEqual({ name: 'After' });
      expect(await must(superAdmin, 'GET', `/folders/${id}`)).toMatchObject({ name: 'After' });
      expect(await must(superAdmin, 'GET', '/tenancy/tenants/after')).toMatchObject({ id, settings: { plan: 'tin' } });

      await must(superAdmin, 'PATCH', `/folders/${id}`, { name: 'Media' });
      await graphql(`mutation { update_tenants_item(id: "${id}", data: { name: "Later" }) { id } }`);
      expect(await roleOf(id)).toEqual({ name: 'Later' });
      expect(await must(superAdmin, 'GET', `/folders/${id}`)).toMatchObject({ name: 'Media' });
      expect(await actions(id)).toEqual(
        ['updated', 'updated', 'provisioned'].map((action) => [action, superAdmin.email]),
      );
    });

    it('in status, as by the endpoint', async () => {
      const tenant = await createTenant(host().url, superAdmin, 'Rowstatus');
      const set = (status: string): Promise<Row> =>
        must(superAdmin, 'PATCH', `/items/tenants/${tenant.id}`, { status, name: `Rowstatus ${status}` });

      expect(await set('suspended')).toMatchObject({ status: 'suspended', name: 'Rowstatus suspended' });
      expect((await tenant.owner.send('GET', '/items/projects')).status).toBe(403);
      const sessions = await runSql(
        host().database,
        `SELECT token FROM directus_sessions WHERE ${host().database.kind === 'mariadb' ? '`user`' : '"user"'} IN
          (SELECT id FROM directus_users WHERE role = ?)`,
        [tenant.id],
      );
      expect(sessions).toEqual([]);

      await set('active');
      expect((await tenant.owner.send('GET', '/items/projects')).status).toBe(200);
      const [many] = await must<Row[]>(superAdmin, 'PATCH', '/items/tenants', {
        keys: [tenant.id],
        data: { status: 'archived' },
      });
      expect(many).toMatchObject({ status: 'archived' });
      expect((await actions(tenant.id)).slice(0, 3).map((entry) => (entry as string[])[0])).toEqual([
        'archived',
        'updated',
        'resumed',
      ]);

      // In a transaction with others there is no way to do it all.
      expect(await superAdmin.send('PATCH', '/items/tenants', [{ id: tenant.id, status: 'active' }])).toMatchObject({
        status: 400,
        errors: [{ extensions: { field: 'status' } }],
      });
    });

    it('as they may be, or not at all', async () => {
      const { id, owner } = await must<{ id: string; owner: { id: string } }>(
        superAdmin,
        'GET',
        '/tenancy/tenants/north',
      );
      const person = await createPerson(host().url, superAdmin);
      const cases: [object, string][] = [
        [{ name: '' }, 'name'],
        [{ slug: 'south' }, 'slug'],
        [{ slug: 'south', status: 'suspended' }, 'slug'],
        [{ status: 'gone' }, 'status'],
        [{ id: crypto.randomUUID() }, 'id'],
        [{ date_created: '2020-01-01' }, 'date_created'],
        [{ owner: person.id }, 'owner'],
        [{ owner: null }, 'owner'],
      ];

      await unchanged(async () => {
        for (const [body, field] of cases) {
          const answer = await superAdmin.send('PATCH', `/items/tenants/${id}`, body);
          expect(answer.status, JSON.stringify(body)).toBe(400);
          expect(answer.errors[0]!.extensions.field, JSON.stringify(body)).toBe(field);
        }
      });
      expect((await superAdmin.send('PATCH', `/items/tenants/${id}`, { owner: owner.id })).status).toBe(200);
    });
  });

  it('are nobody’s but the super-admins’ to write, and members are written elsewhere', async () => {
    const { north, south, url } = world();
    const outsider = await createPerson(url, superAdmin);
    const [member] = await must<{ id: string }[]>(superAdmin, 'GET', '/items/tenant_members?limit=1');

    await unchanged(async () => {
      for (const token of [null, outsider.token, north.owner.token, north.viewer.token]) {
        for (const [method, path, body] of [
          ['POST', '/items/tenants', { name: 'Mine' }],
          ['PATCH', `/items/tenants/${north.id}`, { name: 'Mine' }],
          ['PATCH', `/items/tenants/${north.id}`, { status: 'suspended' }],
          ['DELETE', `/items/tenants/${south.id}?confirm=south`],
          ['DELETE', `/items/tenants/${south.id}`],
        ] as const) {
          expect((await send(url, method, path, { token, body })).status, `${method} ${path}`).toBe(403);
        }
      }

      for (const [method, path, body] of [
        ['POST', '/items/tenant_members', { tenant_id: north.id, user_id: outsider.id }],
        ['PATCH', `/items/tenant_members/${member!.id}`, { tenant_id: south.id }],
        ['DELETE', `/items/tenant_members/${member!.id}`],
      ] as const) {
        const answer = await superAdmin.send(method, path, body);
        expect(answer.status).toBe(403);
        expect(answer.errors[0]!.message).toContain('/tenancy/tenants/:tenant/members');
      }
    });
  });

  describe('are erased', () => {
    it('one at a time and on purpose', async () => {
      const { id } = await must<Row>(superAdmin, 'POST', '/items/tenants', { name: 'Erased Row' });

      await unchanged(async () => {
        for (const [path, body] of [
          [`/items/tenants/${id}`, undefined],
          ['/items/tenants', [id]],
          ['/items/tenants?confirm=erased-row', [id]],
        ] as const) {
          const answer = await superAdmin.send('DELETE', path, body);
          expect(answer.status).toBe(403);
          expect(answer.errors[0]!.message).toContain('DELETE /items/tenants/<id>?confirm=<slug>');
        }
        for (const query of [
          `delete_tenants_item(id: "${id}") { id }`,
          `delete_tenants_items(ids: ["${id}"]) { ids }`,
        ]) {
          const { errors } = await graphql(`mutation { ${query} }`);
          expect(errors[0]!.message).toContain('?confirm=<slug>');
        }
        expect(await superAdmin.send('DELETE', `/items/tenants/${id}?confirm=other`)).toMatchObject({
          status: 400,
          errors: [{ extensions: { field: 'confirm' } }],
        });
      });

      const answer = await superAdmin.send('DELETE', `/items/tenants/${id}?confirm=erased-row`);
      expect(answer).toMatchObject({
        status: 200,
        data: { tenant: { id }, erased: { tenants: 1, directus_roles: 1, directus_folders: 1 }, left: [] },
      });
      expect((await superAdmin.send('GET', `/tenancy/tenants/${id}`)).status).toBe(404);
      expect((await superAdmin.send('DELETE', `/items/tenants/${id}?confirm=erased-row`)).status).toBe(404);
    });
  });
});
