import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startHost, type Host } from '../../scripts/hosts/host.ts';
import { redisEnvironment } from '../../scripts/hosts/redis.ts';
import { accountWithToken, login, type Account, type Answer } from '../support/client.ts';
import { startTestHost } from '../support/host.ts';
import { createPerson, createPolicy, logInAgain } from '../support/people.ts';
import { applySchemaWithout } from '../support/schema.ts';
import { runSql } from '../support/sql.ts';
import { createTenant, createWorld, must, type World } from '../support/world.ts';

const EDITOR_POLICY = '6d1f0a52-8f0e-4c43-9a57-1d3b5c0e7b02';

const redis = process.env.TEST_REDIS_URL;

/**
 * Two instances of one project: what is done on the first holds on the second with its next request. The second one is warm
 * each time: it has answered the same question just before.
 */
describe.skipIf(!redis)('Two instances on one PostgreSQL and one Redis', () => {
  let first: Host;
  let second: Host;
  let world: World;
  let staffPolicy: string;
  /** Acts in no tenant. */
  let staff: Account & { id: string };

  /** Asks the second instance as somebody who logged in at the first. */
  const onSecond = <Data = unknown>({ token }: Account, path: string): Promise<Answer<Data>> =>
    accountWithToken(second.url, token).send<Data>('GET', path);

  const titlesOnSecond = async (account: Account): Promise<string[]> =>
    (await onSecond<{ title: string }[]>(account, '/items/projects?fields=title&sort=title')).data.map(
      ({ title }) => title,
    );

  const createTable = async (collection: string): Promise<void> => {
    await runSql(first.database, `CREATE TABLE ${collection} (id integer PRIMARY KEY, text varchar(50))`);
    await runSql(first.database, `INSERT INTO ${collection} (id, text) VALUES (1, 'a row')`);
    await must(world.superAdmin, 'POST', '/utils/cache/clear?system');
  };

  const openTo = (policy: string, collection: string): Promise<unknown> =>
    must(world.superAdmin, 'POST', '/permissions', {
      policy,
      collection,
      action: 'read',
      permissions: {},
      fields: ['*'],
    });

  beforeAll(async () => {
    const env = {
      ...redisEnvironment(redis!),
      CACHE_ENABLED: 'true',
      CACHE_STATUS_HEADER: 'x-cache-status',
      TENANCY_NEW_COLLECTIONS: 'shared',
    };
    first = await startTestHost({ directus: '11', database: 'postgres', env });
    second = await startHost({ directus: '11', database: first.database, env });
  });

  afterAll(async () => {
    await second?.stop();
    await first?.stop();
    await first?.database.drop();
  });

  it('know of the first tenant', async () => {
    const superAdmin = await login(first.url, first.superAdmin);
    const policy = await createPolicy(superAdmin, [
      { collection: 'directus_roles', action: 'read' },
      { collection: 'directus_users', action: 'read' },
    ]);
    const reader = await createPerson(first.url, superAdmin, { policies: [policy] });
    const seen = async (): Promise<string> =>
      JSON.stringify([
        (await onSecond(reader, '/roles?fields=name')).data,
        (await onSecond(reader, '/users?fields=email')).data,
      ]);
    expect(await seen()).toContain('admin@example.com');

    await createTenant(first.url, superAdmin, 'Earliest');
    expect(await seen()).not.toContain('Earliest');
    expect(await seen()).not.toContain('earliest');
  });

  describe('once there are tenants', () => {
    beforeAll(async () => {
      world = await createWorld(first);
      staffPolicy = await createPolicy(world.superAdmin, [{ collection: 'countries', action: 'read' }]);
      staff = await createPerson(first.url, world.superAdmin, { policies: [staffPolicy] });
    });

    it('keep tenants apart on both', async () => {
      for (const { owner, mark } of [world.north, world.south]) {
        expect(await titlesOnSecond(owner)).toEqual([1, 2, 3].map((count) => `${mark}-project-${count}`));
      }
    });

    it('agree on a collection that was decided to be shared', async () => {
      const { north, superAdmin } = world;
      const policy = await createPolicy(superAdmin, []);
      const member = await createPerson(first.url, superAdmin, { role: north.id, policies: [policy] });
      await createTable('strangers');
      await openTo(policy, 'strangers');
      expect((await onSecond(member, '/items/strangers')).status).toBe(403);

      await must(superAdmin, 'PUT', '/tenancy/collections/strangers', { scope: 'shared' });
      expect((await onSecond<unknown[]>(member, '/items/strangers')).data).toHaveLength(1);
    });

    it('agree on a collection that became the tenants’, and on one whose field is gone', async () => {
      const { north, south, superAdmin } = world;
      await createTable('fragile');
      await must(superAdmin, 'PUT', '/tenancy/collections/fragile', { scope: 'shared' });
      await openTo(staffPolicy, 'fragile');
      expect((await onSecond<unknown[]>(staff, '/items/fragile')).data).toHaveLength(1);
      expect((await onSecond<unknown[]>(south.viewer, '/items/fragile')).data).toHaveLength(1);

      await must(superAdmin, 'PUT', '/tenancy/collections/fragile', { scope: 'tenant', assign: { tenant: 'north' } });
      for (const account of [staff, south.viewer]) {
        const answer = await onSecond(account, '/items/fragile');
        expect(JSON.stringify(answer.data)).not.toContain('a row');
      }
      await expect
        .poll(async () => (await onSecond<unknown[]>(north.viewer, '/items/fragile')).data)
        .toMatchObject([{ text: 'a row' }]);

      await applySchemaWithout(superAdmin, 'fragile', 'tenant_id');
      for (const account of [staff, south.viewer, north.viewer]) {
        const answer = await onSecond(account, '/items/fragile');
        expect(JSON.stringify(answer.data)).not.toContain('a row');
      }
      // Not the URL from before: Directus may go on giving the empty answer that staff had while the field was there.
      await expect.poll(async () => (await onSecond(staff, '/items/fragile?fields=text')).status).toBe(403);
    });

    it('agree on a collection that became the tenants’ for a member who is the first to ask', async () => {
      const { south, superAdmin } = world;
      await createTable('brittle');
      await must(superAdmin, 'PUT', '/tenancy/collections/brittle', { scope: 'shared' });
      await expect.poll(async () => (await onSecond(south.viewer, '/items/brittle')).data).toHaveLength(1);

      await must(superAdmin, 'PUT', '/tenancy/collections/brittle', { scope: 'tenant', assign: { tenant: 'north' } });
      expect(await onSecond(south.viewer, '/items/brittle')).toMatchObject({ status: 200, data: [] });
    });

    it('agree on a user who was moved', async () => {
      const { north, south, superAdmin } = world;
      const person = await createPerson(first.url, superAdmin, { role: north.id });
      expect(await titlesOnSecond(person)).toEqual(await titlesOnSecond(north.owner));

      await must(superAdmin, 'PATCH', `/users/${person.id}`, { role: south.id });
      expect((await onSecond(person, '/items/projects')).errors).toMatchObject([
        { extensions: { code: 'TOKEN_EXPIRED' } },
      ]);
      expect(await titlesOnSecond(await logInAgain(second.url, person))).toEqual(await titlesOnSecond(south.owner));
    });

    it('agree on a tenant that is not active', async () => {
      const tenant = await createTenant(first.url, world.superAdmin, 'Closing');
      expect((await onSecond(tenant.owner, '/items/projects')).status).toBe(200);

      await runSql(first.database, `UPDATE tenants SET status = 'suspended' WHERE id = ?`, [tenant.id]);
      expect((await onSecond(tenant.owner, '/items/projects')).status).toBe(403);
      expect((await onSecond(tenant.owner, '/users/me')).status).toBe(403);
    });

    it('agree on a level that was changed', async () => {
      const { north, superAdmin } = world;
      const viewer = await must<{ id: string }>(north.viewer, 'GET', '/users/me');
      const create = async (): Promise<number> =>
        (await accountWithToken(second.url, north.viewer.token).send('POST', '/items/tags', { name: 'x' })).status;
      expect(await create()).toBe(403);

      await must(superAdmin, 'PATCH', `/users/${viewer.id}`, {
        policies: { create: [{ policy: EDITOR_POLICY }], update: [], delete: [] },
      });
      expect(await create()).toBe(200);

      const [access] = await must<{ id: string }[]>(
        superAdmin,
        'GET',
        `/access?filter[user][_eq]=${viewer.id}&filter[policy][_eq]=${EDITOR_POLICY}`,
      );
      await must(superAdmin, 'PATCH', `/users/${viewer.id}`, {
        policies: { create: [], update: [], delete: [access!.id] },
      });
      expect(await create()).toBe(403);
    });

    it('keep nothing of a tenant where the other would find it', async () => {
      const { north, superAdmin } = world;
      for (const account of [north.owner, superAdmin]) {
        for (const url of [first.url, second.url]) {
          const answer = await accountWithToken(url, account.token).send('GET', '/items/projects?fields=title');
          expect(answer.headers.get('x-cache-status')).toBe('MISS');
        }
      }
    });
  });
});
