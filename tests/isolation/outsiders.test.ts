import { beforeAll, describe, expect, it } from 'vitest';
import { inEveryCell } from '../support/cells.ts';
import { send, type Account } from '../support/client.ts';
import { createPerson, createPolicy, everythingOn, logInAgain } from '../support/people.ts';
import { runSql } from '../support/sql.ts';
import { allowUnownedRows } from '../support/unowned.ts';
import { must, TENANT_COLLECTIONS } from '../support/world.ts';

const TENANTS_ROLE = '6d1f0a52-8f0e-4c43-9a57-1d3b5c0e7a01';
const PUBLIC_POLICY = 'abf8a154-5b1c-4a46-ac9c-7300570f4f17';

const SYSTEM_COLLECTIONS = [
  'directus_users',
  'directus_roles',
  'directus_files',
  'directus_folders',
  'directus_activity',
  'directus_revisions',
  'directus_comments',
  'directus_presets',
  'directus_notifications',
];

/**
 * Whoever acts in no tenant meets no row of any, even with a policy that grants everything without a rule, which is what
 * projects have that were not made for tenants.
 */
inEveryCell('Who acts in no tenant sees nothing of any', (world, host) => {
  const everything = everythingOn([...TENANT_COLLECTIONS, 'countries', 'tenants', 'tenant_members']);
  let policy: string;

  const seesNothing = async (account: Account): Promise<void> => {
    for (const collection of [...TENANT_COLLECTIONS, 'tenants', 'tenant_members']) {
      const list = await account.send<unknown[]>('GET', `/items/${collection}?fields=*.*&limit=-1`);
      expect(list, collection).toMatchObject({ status: 200, data: [] });

      const counted = await account.send<{ count: unknown }[]>('GET', `/items/${collection}?aggregate[count]=*`);
      expect(Number(counted.data[0]?.count), collection).toBe(0);
    }

    const shared = await account.send<{ clients: unknown[] }[]>('GET', '/items/countries?fields=name,clients.*');
    expect(shared.data.map(({ clients }) => clients)).toEqual([[], []]);

    const byId = await account.send('GET', `/items/projects/${world().north.projects[0]!}`);
    expect(byId.status).toBe(403);
  };

  const changesNothing = async (account: Account): Promise<void> => {
    const [project] = world().north.projects;
    expect((await account.send('PATCH', `/items/projects/${project!}`, { title: 'stolen' })).status).toBe(403);
    expect((await account.send('DELETE', `/items/projects/${project!}`)).status).toBe(403);
    expect((await account.send('POST', '/items/projects', { title: 'stray' })).status).toBe(403);
    expect(
      (await account.send('POST', '/items/projects', { title: 'stray', tenant_id: world().north.id })).status,
    ).toBe(403);

    const rows = await world().superAdmin.send<unknown[]>('GET', '/items/projects?filter[title][_in]=stolen,stray');
    expect(rows.data).toEqual([]);
  };

  beforeAll(async () => {
    const { superAdmin } = world();
    policy = await createPolicy(superAdmin, [...everything, ...everythingOn(SYSTEM_COLLECTIONS)], { appAccess: true });

    // A row that belongs to nobody is not everybody's.
    await allowUnownedRows(host().database, 'tags');
    await runSql(host().database, `INSERT INTO tags (name, tenant_id) VALUES ('nobody', NULL)`);
    const rows = await superAdmin.send<unknown[]>('GET', '/items/tags?filter[tenant_id][_null]=true');
    expect(rows.data).toHaveLength(1);
  });

  it('not a user without role and tenant', async () => {
    const person = await createPerson(world().url, world().superAdmin, { policies: [policy] });
    await seesNothing(person);
    await changesNothing(person);
  });

  it('not a user with a role that has nothing to do with tenants', async () => {
    const { superAdmin, url } = world();
    const role = await must<{ id: string }>(superAdmin, 'POST', '/roles', { name: 'Staff' });
    const person = await createPerson(url, superAdmin, { role: role.id, policies: [policy] });
    await seesNothing(person);
    await changesNothing(person);
  });

  it('not a user who was given the role Tenants itself', async () => {
    // The write wall refuses this; it may be left from another time.
    const created = await createPerson(world().url, world().superAdmin, { policies: [policy] });
    await runSql(host().database, 'UPDATE directus_users SET role = ? WHERE id = ?', [TENANTS_ROLE, created.id]);
    const person = await logInAgain(world().url, created);
    await seesNothing(person);
    await changesNothing(person);
  });

  it('not a role that somebody hung below the role Tenants without a tenant', async () => {
    const { superAdmin, url } = world();
    const role = await must<{ id: string }>(superAdmin, 'POST', '/roles', { name: 'Stray' });
    await runSql(host().database, 'UPDATE directus_roles SET parent = ? WHERE id = ?', [TENANTS_ROLE, role.id]);
    const person = await createPerson(url, superAdmin, { role: role.id, policies: [policy] });
    await seesNothing(person);
  });

  it('not the public, whatever the public policy grants', async () => {
    const { superAdmin, url } = world();
    for (const row of everything) {
      await must(superAdmin, 'POST', '/permissions', { ...row, policy: PUBLIC_POLICY, permissions: {}, fields: ['*'] });
    }

    const anonymous = { send: (method: string, path: string, body?: unknown) => send(url, method, path, { body }) };
    await seesNothing(anonymous as Account);
    await changesNothing(anonymous as Account);
  });

  describe('in the collections of Directus', () => {
    let staff: Account;

    beforeAll(async () => {
      const { superAdmin, url, north } = world();
      const role = await must<{ id: string }>(superAdmin, 'POST', '/roles', { name: 'Back office' });
      staff = await createPerson(url, superAdmin, { role: role.id, policies: [policy] });

      const form = new FormData();
      form.append('title', 'north-secret');
      form.append('file', new Blob(['north'], { type: 'text/plain' }), 'north.txt');
      await must(north.owner, 'POST', '/files', form);

      const projectFile = new FormData();
      projectFile.append('title', 'project-logo');
      projectFile.append('file', new Blob(['logo'], { type: 'text/plain' }), 'logo.txt');
      await must(superAdmin, 'POST', '/files', projectFile);
    });

    it('are users, roles and files of tenants out of sight, and the project’s own are where they were', async () => {
      const users = await staff.send<{ email: string }[]>('GET', '/users?fields=email&limit=-1');
      const emails = users.data.map(({ email }) => email);
      expect(emails.filter((email) => /@(north|south)\./.test(email))).toEqual([]);
      expect(emails).toContain(world().superAdmin.email);

      const roles = await staff.send<{ id: string }[]>('GET', '/roles?fields=id&limit=-1');
      expect(roles.data.map(({ id }) => id)).not.toEqual(expect.arrayContaining([world().north.id]));

      const files = await staff.send<{ title: string }[]>('GET', '/files?limit=-1');
      expect(files.data.map(({ title }) => title)).toEqual(['project-logo']);
      expect(files.data[0]).not.toHaveProperty('tenant_id');
    });

    it('is the history of tenants’ rows out of sight', async () => {
      const all = await world().superAdmin.send<unknown[]>('GET', '/revisions?filter[collection][_eq]=projects');
      expect(all.data.length).toBeGreaterThan(0);

      for (const path of ['/revisions', '/activity']) {
        const answer = await staff.send<{ collection: string }[]>('GET', `${path}?fields=*&limit=-1`);
        expect(answer.status, path).toBe(200);
        expect(JSON.stringify(answer.data), path).not.toMatch(/north|south/);
      }
    });

    it('cannot be a way into a tenant by giving somebody its role', async () => {
      const expected = { status: 400, errors: [{ extensions: { code: 'INVALID_PAYLOAD', field: 'role' } }] };
      const me = (await staff.send<{ id: string }>('GET', '/users/me')).data.id;

      for (const role of [world().north.id, TENANTS_ROLE, { id: world().north.id }]) {
        expect(await staff.send('PATCH', `/users/${me}`, { role })).toMatchObject(expected);
        expect(await staff.send('PATCH', '/users/me', { role })).toMatchObject(expected);
        expect(await staff.send('POST', '/users', { email: 'new@people.example.com', role })).toMatchObject(expected);
      }
    });
  });
});
