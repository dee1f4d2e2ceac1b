import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startHost, type Host } from '../../scripts/hosts/host.ts';
import { redisEnvironment } from '../../scripts/hosts/redis.ts';
import { accountWithToken, login, send, type Account, type Answer } from '../support/client.ts';
import { createCollection } from '../support/collections.ts';
import { startTestHost } from '../support/host.ts';
import { createPerson, createPolicy, logInAgain } from '../support/people.ts';
import { runSql } from '../support/sql.ts';
import { createTenant, must, uploadFile, type World } from '../support/world.ts';
import { startWorld } from '../support/worlds.ts';

const PUBLIC_POLICY = 'abf8a154-5b1c-4a46-ac9c-7300570f4f17';
const EDITOR_POLICY = '6d1f0a52-8f0e-4c43-9a57-1d3b5c0e7b02';

const redis = process.env.TEST_REDIS_URL;

/** Directus keeps permissions, policies and, with `CACHE_ENABLED`, whole answers. None of it may outlive what it came from. */
for (const store of ['memory', 'redis'] as const) {
  describe.skipIf(store === 'redis' && !redis)(`With the response cache on (${store})`, () => {
    let host: Host;
    let world: World;
    /** Acts in no tenant, and may read the shared collection and whatever is called `notes_…`. */
    let staff: Account & { id: string };
    let staffPolicy: string;

    /** `HIT` where the answer came from the response cache. */
    const cacheStatus = ({ headers }: Answer): string | null => headers.get('x-cache-status');

    const get = <Data = unknown>(account: Account | null, path: string): Promise<Answer<Data>> =>
      account ? account.send<Data>('GET', path) : send<Data>(host.url, 'GET', path);

    const titles = async (account: Account, path = '/items/projects?fields=title&sort=title'): Promise<string[]> =>
      (await get<{ title: string }[]>(account, path)).data.map(({ title }) => title);

    const shareOf = async (tenant: World['north'], collection: string, item: string): Promise<Account> => {
      const share = await must<{ id: string }>(world.superAdmin, 'POST', '/shares', {
        name: 'share',
        collection,
        item,
        role: tenant.id,
      });
      const session = await send<{ access_token: string }>(host.url, 'POST', '/shares/auth', {
        body: { share: share.id },
      });
      return accountWithToken(host.url, session.data.access_token);
    };

    const createNotes = async (collection: string): Promise<void> => {
      await createCollection(world.superAdmin, collection, [{ field: 'text', type: 'string', schema: {} }]);
      await must(world.superAdmin, 'PUT', `/tenancy/collections/${collection}`, { scope: 'shared' });
      await must(world.superAdmin, 'POST', `/items/${collection}`, { text: 'written by all' });
      await must(world.superAdmin, 'POST', '/permissions', {
        policy: staffPolicy,
        collection,
        action: 'read',
        permissions: {},
        fields: ['*'],
      });
    };

    beforeAll(async () => {
      ({ host, world } = await startWorld({
        directus: '11',
        env: {
          CACHE_ENABLED: 'true',
          CACHE_STATUS_HEADER: 'x-cache-status',
          ...(store === 'redis' ? redisEnvironment(redis!) : { CACHE_STORE: 'memory' }),
        },
      }));

      const { superAdmin, url } = world;
      staffPolicy = await createPolicy(superAdmin, [{ collection: 'countries', action: 'read' }]);
      staff = await createPerson(url, superAdmin, { policies: [staffPolicy] });
      await must(superAdmin, 'POST', '/permissions', {
        policy: PUBLIC_POLICY,
        collection: 'countries',
        action: 'read',
        permissions: {},
        fields: ['id', 'name'],
      });
    });

    afterAll(async () => {
      await host?.stop();
      await host?.database.drop();
    });

    it('answers for the public and for staff are kept, as without the bundle', async () => {
      for (const account of [null, staff]) {
        const path = '/items/countries?fields=name&sort=name';
        const [first, second] = [await get(account, path), await get(account, path)];
        expect([first, second].map(cacheStatus)).toEqual(['MISS', 'HIT']);
        expect(second.data).toEqual([{ name: 'Norway' }, { name: 'Spain' }]);
      }
    });

    it('what tenants’ members and super-admins are answered is not kept at all', async () => {
      const { north, south, superAdmin } = world;
      for (const account of [north.owner, south.owner, north.viewer, superAdmin]) {
        for (const path of ['/items/projects?fields=title', '/items/countries', '/users?fields=email', '/users/me']) {
          expect([await get(account, path), await get(account, path)].map(cacheStatus), path).toEqual(['MISS', 'MISS']);
        }
      }
    });

    it('one URL, asked by everybody in turn, gives each their own', async () => {
      const { north, south, superAdmin } = world;
      const own = (mark: string): string[] => [1, 2, 3].map((count) => `${mark}-project-${count}`);

      for (let round = 0; round < 2; round++) {
        expect(await titles(north.owner)).toEqual(own('north'));
        expect(await titles(superAdmin)).toEqual([...own('north'), ...own('south')]);
        expect(await titles(south.owner)).toEqual(own('south'));
        expect((await get(staff, '/items/projects?fields=title&sort=title')).status).toBe(403);
        expect((await get(null, '/items/projects?fields=title&sort=title')).status).toBe(403);
        expect(await titles(north.viewer)).toEqual(own('north'));
      }
    });

    it('GraphQL as well', async () => {
      const { north, south } = world;
      for (let round = 0; round < 2; round++) {
        for (const { owner, mark } of [north, south]) {
          const answer = await owner.send<{ projects: { title: string }[] }>('POST', '/graphql', {
            query: '{ projects(sort: ["title"]) { title } }',
          });
          expect(cacheStatus(answer)).toBe('MISS');
          expect(answer.data.projects.map(({ title }) => title)).toEqual([1, 2, 3].map((n) => `${mark}-project-${n}`));
        }
      }
    });

    it('two shares and the public share no answer, although Directus 11 keeps all three under the same name', async () => {
      const { north, south } = world;
      const guests = [
        { guest: await shareOf(north, 'projects', String(north.projects[0])), mark: north.mark },
        { guest: await shareOf(south, 'projects', String(south.projects[0])), mark: south.mark },
      ];

      const projects = '/items/projects?fields=title&limit=-1';
      const countries = '/items/countries?fields=*&limit=-1';
      expect((await get(null, countries)).status).toBe(200);
      expect(cacheStatus(await get(null, countries))).toBe('HIT');

      for (let round = 0; round < 2; round++) {
        for (const { guest, mark } of guests) {
          const rows = await titles(guest, projects);
          expect(rows).toContain(`${mark}-project-1`);
          expect(rows.filter((title) => !title.startsWith(mark))).toEqual([]);
          expect(cacheStatus(await get(guest, countries))).toBe('MISS');
        }
        expect((await get(null, projects)).status).toBe(403);
      }

      expect((await get<object[]>(null, countries)).data.map((row) => Object.keys(row).sort())).toEqual([
        ['id', 'name'],
        ['id', 'name'],
      ]);
    });

    it('a member who is moved to another tenant is there with the next request', async () => {
      const { north, south, superAdmin, url } = world;
      const person = await createPerson(url, superAdmin, { role: north.id });
      expect(await titles(person)).toEqual(await titles(north.owner));
      expect(await titles(person)).toEqual(await titles(north.owner));

      await must(superAdmin, 'PATCH', `/users/${person.id}`, { role: south.id });
      expect((await get(person, '/items/projects?fields=title&sort=title')).errors).toMatchObject([
        { extensions: { code: 'TOKEN_EXPIRED' } },
      ]);
      expect(await titles(await logInAgain(url, person))).toEqual(await titles(south.owner));
    });

    it('somebody who comes into a tenant past Directus meets nothing that was kept before', async () => {
      const { north, superAdmin, url } = world;
      const path = '/items/countries?fields=id,name';
      const person = await createPerson(url, superAdmin, { policies: [staffPolicy] });
      await get(person, path);
      expect(cacheStatus(await get(person, path))).toBe('HIT');

      // No cache hears of it: the kept answer is still there.
      await runSql(host.database, 'UPDATE directus_users SET role = ? WHERE id = ?', [north.id, person.id]);
      expect((await get(person, path)).errors).toMatchObject([{ extensions: { code: 'TOKEN_EXPIRED' } }]);
      expect(cacheStatus(await get(await logInAgain(url, person), path))).toBe('MISS');
    });

    it('a tenant that is suspended is closed with the next request', async () => {
      const { superAdmin, url } = world;
      const name = `Closing ${store}`;
      const { id, owner } = await createTenant(url, superAdmin, name.replace(' ', ''));
      const paths = ['/items/countries', '/users/me', '/items/projects'];
      for (const path of paths) expect((await get(owner, path)).status, path).toBe(200);

      await runSql(host.database, `UPDATE tenants SET status = 'suspended' WHERE id = ?`, [id]);
      for (const path of paths) expect((await get(owner, path)).status, path).toBe(403);
    });

    it('a level that changes is another with the next request', async () => {
      const { north, superAdmin } = world;
      const viewer = await must<{ id: string }>(north.viewer, 'GET', '/users/me');
      const mayCreate = async (): Promise<boolean> => {
        const mine = await must<Record<string, { create: { access: string } }>>(north.viewer, 'GET', '/permissions/me');
        return mine['tags']!.create.access !== 'none';
      };
      const create = async (): Promise<number> =>
        (await north.viewer.send('POST', '/items/tags', { name: 'x' })).status;
      expect([await mayCreate(), await create()]).toEqual([false, 403]);

      await must(superAdmin, 'PATCH', `/users/${viewer.id}`, {
        policies: { create: [{ policy: EDITOR_POLICY }], update: [], delete: [] },
      });
      expect([await mayCreate(), await create()]).toEqual([true, 200]);

      const [access] = await must<{ id: string }[]>(
        superAdmin,
        'GET',
        `/access?filter[user][_eq]=${viewer.id}&filter[policy][_eq]=${EDITOR_POLICY}`,
      );
      await must(superAdmin, 'PATCH', `/users/${viewer.id}`, {
        policies: { create: [], update: [], delete: [access!.id] },
      });
      expect([await mayCreate(), await create()]).toEqual([false, 403]);
    });

    it('a scope that changes holds with the next request, for whoever was answered before', async () => {
      const { north, south, superAdmin } = world;
      const collection = `notes_${store}`;
      const path = `/items/${collection}?fields=text`;
      const text = { text: 'written by all' };
      await createNotes(collection);

      await get(staff, path);
      const kept = await get(staff, path);
      expect([cacheStatus(kept), kept.data]).toEqual(['HIT', [text]]);
      for (const { viewer } of [north, south]) expect((await get(viewer, path)).data).toEqual([text]);

      await must(superAdmin, 'PUT', `/tenancy/collections/${collection}`, {
        scope: 'tenant',
        assign: { tenant: 'north' },
      });
      expect((await get(staff, path)).data).not.toEqual([text]);
      expect((await get(north.viewer, path)).data).toEqual([text]);
      expect((await get(south.viewer, path)).data).toEqual([]);

      await must(superAdmin, 'PUT', `/tenancy/collections/${collection}`, { scope: 'shared', confirm: true });
      expect((await get(staff, path)).data).toEqual([text]);
      expect((await get(south.viewer, path)).data).toEqual([text]);
    });

    it('a permission that changes holds with the next request', async () => {
      const { north, superAdmin, url } = world;
      const policy = await createPolicy(superAdmin, [{ collection: 'directus_translations', action: 'read' }]);
      const member = await createPerson(url, superAdmin, { role: north.id, policies: [policy] });
      const [row] = await must<{ id: number }[]>(superAdmin, 'GET', `/permissions?filter[policy][_eq]=${policy}`);
      expect((await get(member, '/translations')).status).toBe(200);
      await must(superAdmin, 'DELETE', `/permissions/${row!.id}`);
      expect((await get(member, '/translations')).status).toBe(403);

      const collection = `rules_${store}`;
      const path = `/items/${collection}?fields=text`;
      await createNotes(collection);
      await get(staff, path);
      expect(cacheStatus(await get(staff, path))).toBe('HIT');
      const [rule] = await must<{ id: number }[]>(
        superAdmin,
        'GET',
        `/permissions?filter[collection][_eq]=${collection}&filter[policy][_eq]=${staffPolicy}`,
      );
      await must(superAdmin, 'PATCH', `/permissions/${rule!.id}`, { permissions: { text: { _eq: 'other' } } });
      expect((await get(staff, path)).data).toEqual([]);
      await must(superAdmin, 'PATCH', `/permissions/${rule!.id}`, { permissions: {} });
      expect((await get(staff, path)).data).toEqual([{ text: 'written by all' }]);
    });

    it('no cache on the way may keep what is meant for one', async () => {
      const { north, superAdmin, url } = world;
      const filePolicy = await createPolicy(superAdmin, [{ collection: 'directus_files', action: 'read' }]);
      const [own, ofTheProject] = [await uploadFile(north.owner, 'text'), await uploadFile(superAdmin, 'text')];
      const [project] = north.projects;
      await must(north.owner, 'PATCH', `/items/projects/${project!}`, { cover: own });
      const guest = await shareOf(north, 'projects', String(project));
      const withoutRole = await createPerson(url, superAdmin, { policies: [filePolicy, staffPolicy] });

      const asked: [who: string, account: Account, path: string][] = [
        ['member', north.owner, '/items/projects'],
        ['member', north.owner, '/tenancy/me'],
        ['member', north.owner, `/assets/${own}`],
        ['share', guest, `/items/projects/${project!}`],
        ['share', guest, `/assets/${own}`],
        ['without role', withoutRole, '/items/countries'],
        ['without role', withoutRole, `/assets/${ofTheProject}`],
        ['super-admin', superAdmin, `/assets/${own}`],
      ];

      for (const [who, account, path] of asked) {
        const answer = await get(account, path);
        expect(answer.status, `${who} ${path}`).toBe(200);
        expect(answer.headers.get('cache-control'), `${who} ${path}`).toMatch(
          /^(private\b(?!.*(public|s-maxage)).*|no-store)$/,
        );
      }

      // A browser may go on keeping a file for the one who asked.
      expect((await get(north.owner, `/assets/${own}`)).headers.get('cache-control')).toMatch(/^private, max-age=\d+$/);
      expect((await get(north.owner, `/items/projects/0`)).headers.get('cache-control')).toBe('no-store');
    });
  });
}

describe('Permissions that Redis has kept from before', () => {
  it.skipIf(!redis)('are worth nothing once the bundle is there', { timeout: 180_000 }, async () => {
    const env = redisEnvironment(redis!);
    const directory = await mkdtemp(join(tmpdir(), 'tenancy-redis-'));
    let host = await startTestHost({ directus: '11', directory, env });
    const { database } = host;

    const restart = async (bundle: boolean): Promise<void> => {
      await host.stop();
      host = await startHost({ directus: '11', database, directory, env, bundle });
    };

    try {
      const { url } = host;
      const superAdmin = await login(url, host.superAdmin);
      const north = await createTenant(url, superAdmin, 'North');
      const south = await createTenant(url, superAdmin, 'South');
      const users = await must<{ id: string; email: string }[]>(superAdmin, 'GET', '/users?fields=id,email');
      const idOf = ({ email }: Account): string => users.find((user) => user.email === email)!.id;

      await createCollection(superAdmin, 'letters', [{ field: 'author', type: 'uuid', schema: {} }]);
      await must(superAdmin, 'POST', '/relations', {
        collection: 'letters',
        field: 'author',
        related_collection: 'directus_users',
        schema: { on_delete: 'SET NULL' },
      });
      await must(superAdmin, 'PUT', '/tenancy/collections/letters', { scope: 'shared' });
      await must(superAdmin, 'POST', '/items/letters', [{ author: idOf(north.owner) }, { author: idOf(south.owner) }]);

      // Rules on Directus' own collections are added in flight only; the stored row opens all users.
      const policy = await createPolicy(superAdmin, [{ collection: 'directus_users', action: 'read' }]);
      const person = await createPerson(url, superAdmin, { role: north.id, policies: [policy] });

      const authors = async (): Promise<(string | null)[]> => {
        const reader = await login(host.url, { email: person.email, password: 'correct horse battery' });
        const path = '/items/letters?fields=author.email&sort=id';
        return (await must<{ author: { email: string } | null }[]>(reader, 'GET', path)).map(
          ({ author }) => author?.email ?? null,
        );
      };

      expect(await authors()).toEqual([north.owner.email, null]);

      await restart(false);
      // What Redis kept of the bundle's rules would go on being used; this fills it anew, without them.
      await must(await login(host.url, host.superAdmin), 'POST', '/utils/cache/clear?system');
      expect(await authors()).toEqual([north.owner.email, south.owner.email]);

      await restart(true);
      expect(await authors()).toEqual([north.owner.email, null]);
    } finally {
      await host.stop();
      await database.drop();
      await rm(directory, { recursive: true, force: true });
    }
  });
});
