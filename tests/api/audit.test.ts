import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Host } from '../../scripts/hosts/host.ts';
import { onEveryDatabase } from '../support/cells.ts';
import { createCollection } from '../support/collections.ts';
import { login, type Account } from '../support/client.ts';
import { addExtension } from '../support/extensions.ts';
import { startTestHost } from '../support/host.ts';
import { createFlow, createTenant, must } from '../support/world.ts';

interface Entry {
  date: string;
  action: string;
  user: { id: string; email: string | null } | null;
  ip: string | null;
  details: Record<string, unknown>;
  people: Record<string, { id: string; email: string | null; first_name: string | null; last_name: string | null }>;
}

onEveryDatabase('The audit trail of a tenant', (world) => {
  let superAdmin: Account;

  const auditOf = async (slug: string, query = ''): Promise<Entry[]> =>
    must<Entry[]>(superAdmin, 'GET', `/tenancy/tenants/${slug}/audit?limit=100${query}`);

  const actionsOf = async (slug: string): Promise<string[]> =>
    (await auditOf(slug)).map(({ action }) => action).reverse();

  beforeAll(() => {
    superAdmin = world().superAdmin;
  });

  it('tells who did what and when, without secrets', async () => {
    const { url } = world();
    const { slug, owner, id } = await createTenant(url, superAdmin, 'Audited');
    await must(superAdmin, 'PATCH', `/tenancy/tenants/${slug}`, { settings: { key: 'top-secret' } });

    const member = await must<{ id: string }>(owner, 'POST', `/tenancy/tenants/${slug}/members`, {
      email: 'new@audited.example.com',
      password: 'top-secret password',
      level: 'viewer',
    });
    await must(owner, 'PATCH', `/tenancy/tenants/${slug}/members/${member.id}`, { level: 'editor' });
    await must(owner, 'DELETE', `/tenancy/tenants/${slug}/members/${member.id}`);
    for (const action of ['suspend', 'suspend', 'archive', 'resume']) {
      await must(superAdmin, 'POST', `/tenancy/tenants/${slug}/${action}`);
    }

    expect(await actionsOf(slug)).toEqual([
      'provisioned',
      'member.added',
      'member.added',
      'updated',
      'member.added',
      'member.updated',
      'member.removed',
      'suspended',
      'archived',
      'resumed',
    ]);

    const entries = await auditOf(slug);
    const added = entries.find(({ action, user }) => action === 'member.added' && user?.email === owner.email)!;
    expect(added).toMatchObject({ user: { email: owner.email }, details: { level: 'viewer' } });
    expect(added.ip).toContain('127.0.0.1');
    expect(Math.abs(Date.parse(added.date) - Date.now())).toBeLessThan(600_000);
    expect(entries.find(({ action }) => action === 'updated')!.details).toEqual({ fields: ['settings'] });
    expect(JSON.stringify(entries)).not.toContain('secret');

    const page = await superAdmin.send<Entry[]>('GET', `/tenancy/tenants/${id}/audit?limit=2&page=2`);
    expect(page.data.map(({ action }) => action)).toEqual(['suspended', 'member.removed']);
    expect(page.meta).toEqual({ total_count: 10, filter_count: 10 });
  });

  it('tells whom an entry is about', async () => {
    const { url } = world();
    const { slug, owner } = await createTenant(url, superAdmin, 'Named');
    const path = `/tenancy/tenants/${slug}`;
    const add = (email: string): Promise<{ id: string; user: { id: string } }> =>
      must(owner, 'POST', `${path}/members`, {
        email,
        password: 'secret password',
        level: 'editor',
        first_name: 'Nia',
      });

    const heir = await add('nia@named.example.com');
    const guest = await add('guest@named.example.com');
    const token = await must<{ id: string; user: string }>(owner, 'POST', `${path}/tokens`, { name: 'Website' });
    await must(owner, 'POST', `${path}/transfer`, { member: heir.id });
    await must(superAdmin, 'DELETE', `${path}/members/${guest.id}`);
    await must(superAdmin, 'DELETE', `${path}/tokens/${token.id}`);

    const entries = await auditOf(slug);
    const find = (action: string): Entry => entries.find((entry) => entry.action === action)!;
    const { id: ownerId } = find('ownership.transferred').user!;
    const nia = { id: heir.user.id, email: 'nia@named.example.com', first_name: 'Nia', last_name: null };
    const program = { id: token.user, email: null, first_name: 'Website', last_name: null };

    expect(find('ownership.transferred').details).toEqual({ to: nia.id, from: ownerId, level: 'editor' });
    expect(find('ownership.transferred').people).toEqual({
      [nia.id]: nia,
      [ownerId]: { id: ownerId, email: owner.email, first_name: 'Named', last_name: 'Owner' },
    });
    expect(find('provisioned').people[ownerId]).toMatchObject({ email: owner.email });
    expect(find('member.removed').details).toEqual({ member: guest.user.id });
    expect(find('member.removed').people[guest.user.id]).toMatchObject({ email: 'guest@named.example.com' });
    expect(find('token.revoked').people[token.user]).toEqual(program);
    expect(JSON.stringify(entries)).not.toContain('secret');

    await must(superAdmin, 'DELETE', `/users/${guest.user.id}`);
    const [removed] = (await auditOf(slug)).filter(({ action }) => action === 'member.removed');
    expect(removed!.details).toEqual({ member: guest.user.id });
    expect(Object.keys(removed!.people)).toEqual([removed!.user!.id]);
  });

  it('tells what members tried with rows of others, and once what is tried over and over', async () => {
    const { url, north } = world();
    const { slug, editor, id } = await createTenant(url, superAdmin, 'Curious');
    const [foreign] = north.projects;

    for (let round = 0; round < 3; round += 1) {
      await editor.send('GET', `/items/projects/${foreign}`);
      await editor.send('PATCH', `/items/projects/${foreign}`, { title: 'x' });
      await editor.send('POST', '/items/projects', { title: 'x', tenant_id: north.id });
      await editor.send('POST', '/items/tasks', { title: 'x', project: foreign });
      await editor.send('POST', '/files/import', { url: `${url}/server/ping`, data: { folder: north.id } });
      await editor.send('GET', '/items/projects/999999');
      await editor.send('GET', '/tenancy/tenants');
    }

    const refused = async (): Promise<unknown[]> =>
      (await auditOf(slug))
        .filter(({ action }) => action.startsWith('refused.'))
        .map(({ action, details }) => `${action} ${String(details['collection'])} ${String(details['field'])}`)
        .sort();

    const expected = [
      'refused.create directus_files folder',
      'refused.create projects tenant_id',
      'refused.create tasks project',
      'refused.read projects id',
      'refused.update projects id',
      'refused.update projects keys',
    ];
    await expect.poll(refused).toEqual(expected);
    expect((await auditOf(slug))[0]!.user).toMatchObject({ email: editor.email });
    expect((await auditOf('north')).filter(({ action }) => action.startsWith('refused.'))).toEqual([]);
    expect(id).not.toBe(north.id);
  });

  it('is the super-admins’ to read', async () => {
    const { north } = world();
    for (const account of [north.owner, north.viewer]) {
      for (const slug of ['north', 'south', 'nobody']) {
        expect((await account.send('GET', `/tenancy/tenants/${slug}/audit`)).status).toBe(403);
      }
    }
    expect((await superAdmin.send('GET', '/tenancy/tenants/nobody/audit')).status).toBe(404);
    expect((await superAdmin.send('GET', '/tenancy/tenants/north/audit?limit=0')).status).toBe(400);
  });

  it('is followed by flows, by the events of Directus on the collection of tenants', async () => {
    const { url } = world();
    await createCollection(superAdmin, 'heard', [{ field: 'status', type: 'string', schema: {} }]);
    await must(superAdmin, 'PUT', '/tenancy/collections/heard', { scope: 'shared' });

    await createFlow(
      superAdmin,
      {
        name: 'Suspended tenants',
        trigger: 'event',
        options: { type: 'action', scope: ['items.update'], collections: ['tenants'] },
      },
      {
        type: 'item-create',
        options: { permissions: '$full', collection: 'heard', payload: { status: '{{ $trigger.payload.status }}' } },
      },
    );

    const { slug } = await createTenant(url, superAdmin, 'Heard');
    await must(superAdmin, 'POST', `/tenancy/tenants/${slug}/suspend`);
    await expect
      .poll(() => must<unknown[]>(superAdmin, 'GET', '/items/heard?fields=status'))
      .toEqual([{ status: 'suspended' }]);
  });
});

/** Somebody else's extension, which listens to what happens to tenants and tells what it heard. */
const LISTENER = `export default {
  id: 'listener',
  handler: (router, { emitter }) => {
    const heard = [];
    for (const action of ['provisioned', 'suspended', 'member.added']) {
      emitter.onAction('tenancy.' + action, ({ tenant }, { accountability }) =>
        heard.push({ action, tenant, admin: accountability?.admin === true }));
    }
    router.get('/', (request, response) => response.json({ data: heard }));
  },
};
`;

describe('Other extensions', () => {
  let directory: string;
  let host: Host;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'tenancy-listener-'));
    await addExtension(directory, { name: 'listener', type: 'endpoint', code: LISTENER });
    host = await startTestHost({ directus: '11', directory });
  });

  afterAll(async () => {
    await host?.stop();
    await host?.database.drop();
    await rm(directory, { recursive: true, force: true });
  });

  it('hear what was done to tenants', async () => {
    const superAdmin = await login(host.url, host.superAdmin);
    const { id, slug } = await createTenant(host.url, superAdmin, 'Heard');
    await must(superAdmin, 'POST', `/tenancy/tenants/${slug}/suspend`);

    await expect
      .poll(() => must<unknown[]>(superAdmin, 'GET', '/listener'))
      .toEqual(
        ['provisioned', 'member.added', 'member.added', 'suspended'].map((action) => ({
          action,
          tenant: id,
          admin: true,
        })),
      );
  });
});
