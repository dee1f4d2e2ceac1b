import { readItems } from '@directus/sdk';
import { beforeAll, describe, expect, it } from 'vitest';
import { onEveryDatabase } from '../support/cells.ts';
import { login, send, type Account } from '../support/client.ts';
import { createPerson } from '../support/people.ts';
import { must } from '../support/world.ts';

const PASSWORD = 'correct horse battery';

interface Tenant {
  id: string;
  name: string;
  slug: string;
  status: string;
  settings: Record<string, unknown> | null;
  domains: string[] | null;
  owner: { id: string; email: string } | null;
  date_created: string;
  usage: { members: number; items: number; storage: number };
}

onEveryDatabase('/tenancy/tenants', (world) => {
  let superAdmin: Account;

  const count = async (path: string): Promise<number> =>
    Number((await must<{ count: unknown }[]>(superAdmin, 'GET', `${path}?aggregate[count]=*`))[0]!.count);

  const everythingThere = async (): Promise<number[]> =>
    Promise.all(['/items/tenants', '/items/tenant_members', '/users', '/roles', '/access', '/permissions'].map(count));

  beforeAll(() => {
    superAdmin = world().superAdmin;
  });

  describe('POST', () => {
    it('provisions a tenant with its owner, who can work at once', async () => {
      const tenant = await superAdmin.send<Tenant>('POST', '/tenancy/tenants', {
        name: 'Café Müller & Söhne',
        owner: { email: 'ada@cafe.example.com', password: PASSWORD, first_name: 'Ada', last_name: 'Müller' },
        settings: { plan: 'gold' },
        domains: ['cafe.example.com'],
      });

      expect(tenant).toMatchObject({
        status: 201,
        data: {
          name: 'Café Müller & Söhne',
          slug: 'cafe-muller-sohne',
          status: 'active',
          settings: { plan: 'gold' },
          domains: ['cafe.example.com'],
          owner: { email: 'ada@cafe.example.com', first_name: 'Ada', last_name: 'Müller' },
          usage: { members: 1, items: 0, storage: 0 },
        },
      });

      const ada = await login(world().url, { email: 'ada@cafe.example.com', password: PASSWORD });
      await must(ada, 'POST', '/items/tags', { name: 'first' });
      expect(await ada.sdk.request(readItems('tags'))).toMatchObject([{ name: 'first', tenant_id: tenant.data.id }]);
    });

    it('makes the tenant a role of the same id below the role Tenants, and writes no permission and no policy', async () => {
      const [, , , rolesBefore, , permissionsBefore] = await everythingThere();
      const policiesBefore = await count('/policies');
      const { id } = await must<Tenant>(superAdmin, 'POST', '/tenancy/tenants', { name: 'Role Model' });

      const role = await must<{ name: string; parent: { name: string } }>(
        superAdmin,
        'GET',
        `/roles/${id}?fields=name,parent.name`,
      );
      expect(role).toEqual({ name: 'Role Model', parent: { name: 'Tenants' } });

      const [, , , roles, , permissions] = await everythingThere();
      expect(roles).toBe(rolesBefore! + 1);
      expect(permissions).toBe(permissionsBefore);
      expect(await count('/policies')).toBe(policiesBefore);
    });

    it.each<[string, unknown, string[]]>([
      ['nothing', {}, ['name']],
      ['no object', [], ['body']],
      ['an unknown field', { name: 'X', plan: 'gold' }, ['plan']],
      ['an unknown field of the owner', { name: 'X', owner: { email: 'a@b.example.com', role: 'x' } }, ['owner.role']],
      ['an empty name', { name: '  ' }, ['name']],
      ['a name without letters', { name: '???' }, ['slug']],
      ['a slug that is none', { name: 'X', slug: 'Not A Slug' }, ['slug']],
      ['a slug with double hyphens', { name: 'X', slug: 'a--b' }, ['slug']],
      ['an address that is none', { name: 'X', owner: { email: 'nobody' } }, ['owner.email']],
      ['an owner without address', { name: 'X', owner: {} }, ['owner.email']],
      ['settings that are no object', { name: 'X', settings: 'gold' }, ['settings']],
      ['domains that are none', { name: 'X', domains: ['No Host'] }, ['domains.0']],
      ['several faults', { name: '', slug: '-', owner: { email: '' } }, ['name', 'slug', 'owner.email']],
    ])('refuses %s, names the field and writes nothing', async (_what, body, fields) => {
      const before = await everythingThere();
      const answer = await superAdmin.send('POST', '/tenancy/tenants', body);

      expect(answer.status).toBe(400);
      expect(answer.errors.map(({ extensions }) => extensions.field)).toEqual(fields);
      expect(new Set(answer.errors.map(({ extensions }) => extensions.code))).toEqual(new Set(['INVALID_PAYLOAD']));
      expect(await everythingThere()).toEqual(before);
    });

    it('leaves nothing behind when the slug or the owner’s address is taken', async () => {
      const before = await everythingThere();

      for (const [body, field] of [
        [{ name: 'North again', slug: 'north', owner: { email: 'new@north.example.com', password: PASSWORD } }, 'slug'],
        [{ name: 'Other', owner: { email: 'OWNER@north.example.com', password: PASSWORD } }, 'owner.email'],
      ] as const) {
        expect(await superAdmin.send('POST', '/tenancy/tenants', body)).toMatchObject({
          status: 400,
          errors: [{ extensions: { code: 'RECORD_NOT_UNIQUE', field } }],
        });
      }

      expect(await everythingThere()).toEqual(before);
    });

    it('lets one of many win who ask for the same slug at once', async () => {
      const answers = await Promise.all(
        Array.from({ length: 8 }, () => superAdmin.send('POST', '/tenancy/tenants', { name: 'Race' })),
      );

      expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
      for (const { status, errors } of answers.filter((answer) => answer.status !== 201)) {
        expect(status).toBe(400);
        expect(errors[0]!.extensions).toMatchObject({ code: 'RECORD_NOT_UNIQUE', field: 'slug' });
      }
      expect(await must<unknown[]>(superAdmin, 'GET', '/roles?filter[name][_eq]=Race')).toHaveLength(1);
    });

    it('keeps to the project’s password policy', async () => {
      await must(superAdmin, 'PATCH', '/settings', { auth_password_policy: '/^.{8,}$/' });
      const before = await everythingThere();
      expect(
        await superAdmin.send('POST', '/tenancy/tenants', {
          name: 'Weak',
          owner: { email: 'weak@weak.example.com', password: 'short' },
        }),
      ).toMatchObject({ status: 400, errors: [{ extensions: { field: 'owner.password' } }] });
      expect(await everythingThere()).toEqual(before);
      await must(superAdmin, 'PATCH', '/settings', { auth_password_policy: null });
    });
  });

  describe('GET', () => {
    it('lists with usage, search, status, order and pages', async () => {
      const all = await superAdmin.send<Tenant[]>('GET', '/tenancy/tenants?limit=-1');
      expect(all.meta).toEqual({ total_count: all.data.length, filter_count: all.data.length });
      const names = all.data.map(({ name }) => name);
      expect(names).toEqual(expect.arrayContaining(['North', 'South']));

      const found = await superAdmin.send<Tenant[]>('GET', '/tenancy/tenants?search=NOR');
      expect(found.data.map(({ slug }) => slug)).toEqual(['north']);
      expect(found.data[0]!.usage).toMatchObject({ members: 3, items: 2 + 3 + 6 + 2 + 3 + 3, storage: 0 });
      expect(found.meta).toEqual({ total_count: all.data.length, filter_count: 1 });

      const suspended = await superAdmin.send<Tenant[]>('GET', '/tenancy/tenants?status=suspended');
      expect(suspended).toMatchObject({ data: [], meta: { filter_count: 0 } });

      for (const field of ['items', 'members', 'storage', 'date_created', 'slug']) {
        const ascending = await superAdmin.send<Tenant[]>('GET', `/tenancy/tenants?sort=${field}&limit=-1`);
        const descending = await superAdmin.send<Tenant[]>('GET', `/tenancy/tenants?sort=-${field}&limit=-1`);
        expect(ascending.data.map(({ id }) => id).sort(), field).toEqual(descending.data.map(({ id }) => id).sort());
      }

      const byItems = await superAdmin.send<Tenant[]>('GET', '/tenancy/tenants?sort=-items&limit=-1');
      const items = byItems.data.map(({ usage }) => usage.items);
      expect(items).toEqual([...items].sort((a, b) => b - a));

      const second = await superAdmin.send<Tenant[]>('GET', '/tenancy/tenants?sort=slug&limit=1&page=2');
      expect(second.data).toHaveLength(1);
      expect(second.data[0]!.slug).toBe(all.data.map(({ slug }) => slug).sort()[1]);
    });

    it.each([
      ['sort=owner', 'sort'],
      ['status=gone', 'status'],
      ['limit=2000', 'limit'],
      ['page=0', 'page'],
    ])('refuses %s and names the parameter', async (query, field) => {
      expect(await superAdmin.send('GET', `/tenancy/tenants?${query}`)).toMatchObject({
        status: 400,
        errors: [{ extensions: { code: 'INVALID_PAYLOAD', field } }],
      });
    });

    it('takes search text as text', async () => {
      for (const search of ['%', '_', '!', "'", '\\']) {
        for (const sort of ['name', 'items']) {
          const answer = await superAdmin.send<Tenant[]>(
            'GET',
            `/tenancy/tenants?sort=${sort}&search=${encodeURIComponent(search)}`,
          );
          expect(answer, `${sort} ${search}`).toMatchObject({ status: 200, data: [] });
        }
      }
    });

    it('finds a tenant by id and by slug', async () => {
      const bySlug = await must<Tenant>(superAdmin, 'GET', '/tenancy/tenants/north');
      const byId = await must<Tenant>(superAdmin, 'GET', `/tenancy/tenants/${world().north.id}`);
      expect(byId).toEqual(bySlug);
      expect(bySlug).toMatchObject({ id: world().north.id, owner: { email: 'owner@north.example.com' } });
    });
  });

  describe('PATCH', () => {
    it('changes name, slug, settings and domains; the role follows the name', async () => {
      const { id } = await must<Tenant>(superAdmin, 'POST', '/tenancy/tenants', { name: 'Before' });
      const changed = await must<Tenant>(superAdmin, 'PATCH', '/tenancy/tenants/before', {
        name: 'After',
        slug: 'after',
        settings: { a: 1 },
        domains: ['after.example.com'],
      });
      expect(changed).toMatchObject({
        id,
        name: 'After',
        slug: 'after',
        settings: { a: 1 },
        domains: ['after.example.com'],
      });
      expect(await must(superAdmin, 'GET', `/roles/${id}?fields=name`)).toEqual({ name: 'After' });
      expect((await superAdmin.send('GET', '/tenancy/tenants/before')).status).toBe(404);
    });

    it('refuses what it may not change', async () => {
      for (const [body, field] of [
        [{ status: 'suspended' }, 'status'],
        [{ id: world().south.id }, 'id'],
        [{ slug: 'south' }, 'slug'],
        [{ name: '' }, 'name'],
      ] as const) {
        expect(await superAdmin.send('PATCH', '/tenancy/tenants/north', body)).toMatchObject({
          status: 400,
          errors: [{ extensions: { field } }],
        });
      }

      expect(await must(superAdmin, 'GET', '/tenancy/tenants/north')).toMatchObject({ name: 'North', slug: 'north' });
    });
  });

  describe('members', () => {
    it('lists those of the tenant, the owner first', async () => {
      const members = await must<{ level: string; active: boolean; user: { email: string } }[]>(
        superAdmin,
        'GET',
        '/tenancy/tenants/north/members',
      );
      expect(members.map(({ level, active, user }) => [level, active, user.email])).toEqual([
        ['owner', true, 'owner@north.example.com'],
        ['editor', true, 'editor@north.example.com'],
        ['viewer', true, 'viewer@north.example.com'],
      ]);
    });

    it('adds one with a level, all or nothing', async () => {
      const member = await superAdmin.send<{ level: string; user: { id: string } }>(
        'POST',
        '/tenancy/tenants/south/members',
        { email: 'machine@south.example.com', level: 'api' },
      );
      expect(member).toMatchObject({
        status: 201,
        data: { level: 'api', user: { email: 'machine@south.example.com' } },
      });

      const before = await everythingThere();
      for (const [body, field] of [
        [{ email: 'machine@south.example.com', level: 'api' }, 'email'],
        [{ email: 'x@south.example.com', level: 'admin' }, 'level'],
        [{ email: 'x@south.example.com' }, 'level'],
        [{ level: 'viewer' }, 'email'],
      ] as const) {
        expect(await superAdmin.send('POST', '/tenancy/tenants/south/members', body)).toMatchObject({
          status: 400,
          errors: [{ extensions: { field } }],
        });
      }
      expect(await everythingThere()).toEqual(before);
    });
  });

  it('is the super-admins’ alone', async () => {
    const { north, url } = world();
    const outsider = await createPerson(url, superAdmin);
    const routes: [string, string, unknown?][] = [
      ['GET', '/tenancy/tenants'],
      ['POST', '/tenancy/tenants', { name: 'Mine' }],
      ['GET', '/tenancy/tenants/north'],
      ['GET', '/tenancy/tenants/does-not-exist'],
      ['PATCH', '/tenancy/tenants/north', { name: 'Mine' }],
      ['GET', '/tenancy/tenants/south/members'],
      ['POST', '/tenancy/tenants/south/members', { email: 'x@example.com', level: 'owner' }],
      ['GET', '/tenancy/collections'],
      ['PUT', '/tenancy/collections/projects', { scope: 'shared', confirm: true }],
      ['GET', '/tenancy/doctor'],
    ];

    for (const token of [null, outsider.token, north.viewer.token, north.owner.token]) {
      for (const [method, path, body] of routes) {
        const answer = await send(url, method, path, { token, body });
        expect(answer, `${method} ${path}`).toMatchObject({
          status: 403,
          errors: [{ extensions: { code: 'FORBIDDEN' } }],
        });
      }
    }

    expect((await superAdmin.send('GET', '/tenancy/tenants/does-not-exist')).status).toBe(404);
  });

  it('cannot be gone round by Directus’ own routes', async () => {
    for (const [method, path, body, status] of [
      ['POST', '/items/tenants', { id: '00000000-0000-4000-8000-000000000001', name: 'X', slug: 'x' }, 400],
      ['PATCH', `/items/tenants/${world().north.id}`, { slug: world().south.slug }, 400],
      ['DELETE', `/items/tenants/${world().north.id}`, undefined, 403],
      ['DELETE', `/roles/${world().north.id}`, undefined, 403],
      ['DELETE', '/policies/6d1f0a52-8f0e-4c43-9a57-1d3b5c0e7b03', undefined, 403],
    ] as const) {
      expect((await superAdmin.send(method, path, body)).status, `${method} ${path}`).toBe(status);
    }

    expect(await superAdmin.send('PATCH', `/roles/${world().north.id}`, { parent: null })).toMatchObject({
      status: 400,
      errors: [{ extensions: { field: 'parent' } }],
    });
  });

  it('tells a user at /tenancy/me what the user is, and the public nothing', async () => {
    const { north, url } = world();
    expect(await must(north.editor, 'GET', '/tenancy/me')).toEqual({
      user: { id: expect.any(String) as string, email: north.editor.email, first_name: 'North', last_name: 'editor' },
      tenant: { id: north.id, name: 'North', slug: 'north', status: 'active', settings: null },
      level: 'editor',
      memberships: [
        { tenant: { id: north.id, name: 'North', slug: 'north', status: 'active' }, level: 'editor', active: true },
      ],
    });

    const outsider = await createPerson(url, superAdmin);
    expect(await must(outsider, 'GET', '/tenancy/me')).toMatchObject({ tenant: null, level: null, memberships: [] });
    expect(await must(superAdmin, 'GET', '/tenancy/me')).toMatchObject({ tenant: null, level: null, memberships: [] });
    expect((await send(url, 'GET', '/tenancy/me')).status).toBe(403);
  });
});
