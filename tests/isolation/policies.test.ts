import { beforeAll, describe, expect, it } from 'vitest';
import { inEveryCell } from '../support/cells.ts';
import type { Account } from '../support/client.ts';
import { createCollection } from '../support/collections.ts';
import { createPerson, createPolicy, everythingOn, type PermissionDefinition } from '../support/people.ts';
import { must, TENANT_COLLECTIONS } from '../support/world.ts';

interface StoredPermission {
  id: number;
  collection: string;
  action: string;
  permissions: unknown;
  validation: unknown;
  presets: Record<string, unknown> | null;
}

const OWN_TENANT = { _and: [{ tenant_id: { _nnull: true } }, { tenant_id: { _eq: '$CURRENT_ROLE' } }] };

inEveryCell('No policy opens another tenant', (world) => {
  describe('a policy without any rule, given to a member', () => {
    let member: Account;

    beforeAll(async () => {
      const { superAdmin, url, north } = world();
      const policy = await createPolicy(superAdmin, everythingOn([...TENANT_COLLECTIONS, 'tenants', 'tenant_members']));
      member = await createPerson(url, superAdmin, { role: north.id, policies: [policy] });
    });

    it('reads the own tenant only', async () => {
      for (const collection of TENANT_COLLECTIONS) {
        const rows = await member.send<{ tenant_id: string }[]>('GET', `/items/${collection}?limit=-1`);
        expect(rows.data.length, collection).toBeGreaterThan(0);
        expect(new Set(rows.data.map(({ tenant_id }) => tenant_id)), collection).toEqual(new Set([world().north.id]));
      }

      const tenants = await member.send<{ id: string }[]>('GET', '/items/tenants');
      expect(tenants.data.map(({ id }) => id)).toEqual([world().north.id]);
    });

    it('writes the own tenant only', async () => {
      const foreign = world().south.projects[0]!;
      expect((await member.send('PATCH', `/items/projects/${foreign}`, { title: 'stolen' })).status).toBe(403);
      expect((await member.send('DELETE', `/items/projects/${foreign}`)).status).toBe(403);
      expect((await member.send('PATCH', `/items/tenants/${world().north.id}`, { name: 'x' })).status).toBe(403);

      const created = await member.send<{ tenant_id: string }>('POST', '/items/tags', { name: 'north-by-policy' });
      expect(created.data.tenant_id).toBe(world().north.id);
    });
  });

  it('a policy with a rule of its own keeps it, within the tenant', async () => {
    const { superAdmin, url, north } = world();
    const rules: PermissionDefinition[] = [
      {
        collection: 'projects',
        action: 'read',
        permissions: { _or: [{ budget: { _gt: 250 } }, { title: { _starts_with: 'south' } }] },
      },
    ];
    const policy = await createPolicy(superAdmin, rules);

    // A tenant's role whose parent grants nothing on projects would show the rule alone; here it adds to `Tenant Member`.
    const role = await must<{ id: string }>(superAdmin, 'POST', '/roles', { name: 'Loner' });
    const loner = await createPerson(url, superAdmin, { role: role.id, policies: [policy] });
    expect((await loner.send<unknown[]>('GET', '/items/projects')).data).toEqual([]);

    const member = await createPerson(url, superAdmin, { role: north.id, policies: [policy] });
    const titles = (await member.send<{ title: string }[]>('GET', '/items/projects?limit=-1')).data;
    expect(titles.every(({ title }) => title.startsWith('north'))).toBe(true);
  });

  it('a policy that names its fields keeps to them, and creating still works', async () => {
    const { superAdmin, url, north } = world();
    const policy = await createPolicy(superAdmin, [{ collection: 'tags', action: 'create', fields: ['name'] }]);
    const member = await createPerson(url, superAdmin, { role: north.id, policies: [policy] });

    const created = await member.send<{ tenant_id: string }>('POST', '/items/tags', { name: 'north-fields' });
    expect(created).toMatchObject({ status: 200, data: { tenant_id: north.id } });
  });

  describe('Directus’ own collections, opened by a policy without rule', () => {
    let member: Account;

    beforeAll(async () => {
      const { superAdmin, url, north, south } = world();
      const collections = [
        'access',
        'activity',
        'comments',
        'dashboards',
        'files',
        'flows',
        'folders',
        'notifications',
        'operations',
        'panels',
        'permissions',
        'policies',
        'presets',
        'revisions',
        'roles',
        'settings',
        'shares',
        'users',
        'versions',
      ].map((name) => `directus_${name}`);

      const policy = await createPolicy(superAdmin, everythingOn(collections), { appAccess: true });
      member = await createPerson(url, superAdmin, { role: north.id, policies: [policy] });

      await must(superAdmin, 'PATCH', '/collections/projects', { meta: { versioning: true } });

      const form = new FormData();
      form.append('title', 'south-secret');
      form.append('file', new Blob(['south'], { type: 'text/plain' }), 'south.txt');
      await must(south.owner, 'POST', '/files', form);
      await must(south.owner, 'POST', '/folders', { name: 'south-folder' });
      await must(south.owner, 'POST', '/comments', {
        collection: 'projects',
        item: String(south.projects[0]),
        comment: 'south-comment',
      });
      await must(south.owner, 'POST', '/presets', {
        collection: 'projects',
        bookmark: 'south-bookmark',
        user: (await must<{ id: string }>(south.owner, 'GET', '/users/me')).id,
      });
    });

    it.each([
      '/users',
      '/roles',
      '/files',
      '/folders',
      '/comments',
      '/presets',
      '/notifications',
      '/activity',
      '/revisions',
      '/dashboards',
      '/panels',
      '/shares',
      '/versions',
      '/policies',
      '/permissions',
      '/access',
      '/flows',
      '/operations',
    ])('shows nothing of another tenant at %s', async (path) => {
      const answer = await member.send('GET', `${path}?limit=-1&fields=*`);
      const text = JSON.stringify(answer.data ?? null);
      expect(text).not.toContain('south');
      expect(text).not.toContain(world().south.id);
      if (answer.status !== 200) expect(answer.status).toBe(403);
    });

    it('is none of a member’s to write', async () => {
      const attempts: [string, string, object][] = [
        ['PATCH', `/users/${(await must<{ id: string }>(world().north.owner, 'GET', '/users/me')).id}`, { title: 'x' }],
        ['POST', '/users', { email: 'x@people.example.com' }],
        ['POST', '/roles', { name: 'x' }],
        ['POST', '/policies', { name: 'x', admin_access: true }],
        ['POST', '/access', { policy: '6d1f0a52-8f0e-4c43-9a57-1d3b5c0e7b03' }],
        ['POST', '/permissions', { collection: 'projects', action: 'read' }],
        ['PATCH', '/settings', { project_name: 'x' }],
        ['POST', '/flows', { name: 'x', trigger: 'webhook' }],
        ['POST', '/versions', { key: 'x', name: 'x', collection: 'projects', item: String(world().north.projects[0]) }],
      ];

      for (const [method, path, body] of attempts) {
        expect((await member.send(method, path, body)).status, `${method} ${path}`).toBe(403);
      }
    });

    it('serves an asset of the own tenant and no other', async () => {
      const form = new FormData();
      form.append('title', 'north-file');
      form.append('file', new Blob(['north'], { type: 'text/plain' }), 'north.txt');
      const own = await must<{ id: string; tenant_id: string }>(member, 'POST', '/files', form);
      expect(own.tenant_id).toBe(world().north.id);
      expect((await member.send<string>('GET', `/assets/${own.id}`)).data).toBe('north');

      const [foreign] = (
        await world().superAdmin.send<{ id: string }[]>('GET', '/files?filter[title][_eq]=south-secret')
      ).data;
      expect((await member.send('GET', `/assets/${foreign!.id}`)).status).toBe(403);
      expect((await member.send('PATCH', `/files/${foreign!.id}`, { title: 'stolen' })).status).toBe(403);
      expect((await member.send('DELETE', `/files/${foreign!.id}`)).status).toBe(403);
    });
  });

  describe('the rule is stored as well, so that Directus keeps it without the extension', () => {
    const stored = async (filter: string): Promise<StoredPermission[]> =>
      (await world().superAdmin.send<StoredPermission[]>('GET', `/permissions?limit=-1&${filter}`)).data;

    it('in the managed policies', async () => {
      const rows = (await stored('filter[policy][name][_starts_with]=Tenant ')).filter(({ collection }) =>
        TENANT_COLLECTIONS.includes(collection),
      );

      expect(rows.length).toBeGreaterThan(0);
      for (const row of rows) expect(JSON.stringify(row.permissions)).toContain('$CURRENT_ROLE');
    });

    it('in a policy from the moment it is saved', async () => {
      const policy = await createPolicy(world().superAdmin, everythingOn(['projects']));
      const rows = await stored(`filter[policy][_eq]=${policy}`);
      expect(rows).toHaveLength(5);

      for (const row of rows) {
        expect(row.permissions, row.action).toEqual(OWN_TENANT);
        if (row.action === 'create') expect(row.presets).toEqual({ tenant_id: '$CURRENT_ROLE' });
      }

      // Saved again without it, it comes back.
      const read = rows.find(({ action }) => action === 'read')!;
      await must(world().superAdmin, 'PATCH', `/permissions/${read.id}`, { permissions: { budget: { _gt: 0 } } });
      const [again] = await stored(`filter[id][_eq]=${read.id}`);
      expect(again!.permissions).toEqual({ _and: [{ budget: { _gt: 0 } }, OWN_TENANT] });
    });

    it('in policies that were there when a collection is scoped, and out of them when it is shared again', async () => {
      const { superAdmin } = world();
      await createCollection(superAdmin, 'notes', [{ field: 'text', type: 'string', schema: {} }]);
      await must(superAdmin, 'PUT', '/tenancy/collections/notes', { scope: 'shared' });
      const policy = await createPolicy(superAdmin, everythingOn(['notes']));
      expect((await stored(`filter[policy][_eq]=${policy}`)).map(({ permissions }) => permissions)).toEqual(
        Array(5).fill({}),
      );

      await must(superAdmin, 'PUT', '/tenancy/collections/notes', { scope: 'tenant' });
      for (const row of await stored(`filter[policy][_eq]=${policy}`)) expect(row.permissions).toEqual(OWN_TENANT);

      await must(superAdmin, 'PUT', '/tenancy/collections/notes', { scope: 'shared', confirm: true });
      for (const row of await stored(`filter[policy][_eq]=${policy}`)) {
        expect(row.permissions ?? {}).toEqual({});
        expect(row.validation ?? {}).toEqual({});
        expect(row.presets ?? {}).toEqual({});
      }
    });
  });
});
