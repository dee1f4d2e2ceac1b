import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { STEPS } from '../../src/hooks/install/steps.ts';
import { startHost, type Host } from '../../scripts/hosts/host.ts';
import { hasDatabase } from '../support/cells.ts';
import { login, type Account } from '../support/client.ts';
import { createCollection } from '../support/collections.ts';
import { startTestHost } from '../support/host.ts';
import { runSql } from '../support/sql.ts';
import { createTenant, must } from '../support/world.ts';

interface Row {
  id: number;
  policy: { name: string };
  collection: string;
  action: string;
  permissions: unknown;
  fields: string[];
}

type Tenant = Awaited<ReturnType<typeof createTenant>>;

for (const kind of ['sqlite', 'postgres', 'mariadb'] as const) {
  describe.skipIf(!hasDatabase(kind))(`Permissions of the managed policies (Directus 11, ${kind})`, () => {
    let directory: string;
    let host: Host;
    let superAdmin: Account;
    let north: Tenant;

    const create = (collection: string): Promise<void> =>
      createCollection(superAdmin, collection, [
        { field: 'title', type: 'string', schema: {} },
        { field: 'secret', type: 'string', schema: {} },
      ]);

    const rules = (collection: string): Promise<Row[]> =>
      must<Row[]>(
        superAdmin,
        'GET',
        `/permissions?filter[collection][_eq]=${collection}&fields=*,policy.name&sort=id&limit=-1`,
      );

    const rule = async (collection: string, policy: string, action: string): Promise<Row> =>
      (await rules(collection)).find((row) => row.policy.name === policy && row.action === action)!;

    beforeAll(async () => {
      directory = await mkdtemp(join(tmpdir(), 'tenancy-permissions-'));
      host = await startTestHost({ directus: '11', database: kind, directory });
      superAdmin = await login(host.url, host.superAdmin);
      north = await createTenant(host.url, superAdmin, 'North');
    });

    afterAll(async () => {
      await host?.stop();
      await host?.database.drop();
      await rm(directory, { recursive: true, force: true });
    });

    it('let owners, editors and programs write a new collection, and viewers read it', async () => {
      await create('plans');
      const row = { title: 'x', secret: 'y' };

      for (const account of [north.owner, north.editor]) {
        const { id } = await must<{ id: number }>(account, 'POST', '/items/plans', row);
        expect(await must(account, 'GET', `/items/plans/${id}?fields=title,secret`)).toEqual(row);
        await must(account, 'PATCH', `/items/plans/${id}`, { title: 'z' });
        await must(account, 'DELETE', `/items/plans/${id}`);
      }

      const { id } = await must<{ id: number }>(north.owner, 'POST', '/items/plans', row);
      expect(await must(north.viewer, 'GET', `/items/plans/${id}?fields=title,secret`)).toEqual(row);

      for (const [method, path] of [
        ['POST', '/items/plans'],
        ['PATCH', `/items/plans/${id}`],
        ['DELETE', `/items/plans/${id}`],
      ] as const) {
        expect((await north.viewer.send(method, path, method === 'DELETE' ? undefined : row)).status, method).toBe(403);
      }

      const granted = (await rules('plans')).map(({ policy, action }) => `${policy.name} ${action}`).sort();
      expect(granted).toEqual(
        [
          'Tenant Member read',
          ...['Tenant Owner', 'Tenant Editor', 'Tenant API'].flatMap((policy) =>
            ['create', 'update', 'delete', 'share'].map((action) => `${policy} ${action}`),
          ),
        ].sort(),
      );
    });

    describe('that a super-admin changed', () => {
      let chosen: Row[];

      const holds = async (): Promise<void> => {
        expect(await rules('choices')).toEqual(chosen);

        const { id } = await must<{ id: number }>(north.editor, 'POST', '/items/choices', { title: 'open' });
        expect((await north.editor.send('DELETE', `/items/choices/${id}`)).status).toBe(403);
        expect((await north.owner.send('POST', '/items/choices', { title: 'open' })).status).toBe(403);
        expect(Object.keys(await must<object>(north.viewer, 'GET', `/items/choices/${id}`)).sort()).toEqual([
          'id',
          'tenant_id',
          'title',
        ]);

        expect((await north.owner.send('PATCH', `/items/choices/${id}`, { title: 'closed' })).status).toBe(200);
        expect((await north.owner.send('PATCH', `/items/choices/${id}`, { title: 'open' })).status).toBe(403);
      };

      beforeAll(async () => {
        await create('choices');

        await must(superAdmin, 'DELETE', `/permissions/${(await rule('choices', 'Tenant Editor', 'delete')).id}`);
        await must(superAdmin, 'DELETE', `/permissions/${(await rule('choices', 'Tenant Owner', 'create')).id}`);

        const read = await rule('choices', 'Tenant Member', 'read');
        await must(superAdmin, 'PATCH', `/permissions/${read.id}`, { fields: ['id', 'title'] });

        const update = await rule('choices', 'Tenant Owner', 'update');
        await must(superAdmin, 'PATCH', `/permissions/${update.id}`, { permissions: { title: { _eq: 'open' } } });

        chosen = await rules('choices');
      });

      it('hold, with the tenant in them', async () => {
        expect(JSON.stringify((await rule('choices', 'Tenant Owner', 'update')).permissions)).toContain('tenant_id');
        await holds();
      });

      it('stay when the scope is said again', async () => {
        await must(superAdmin, 'PUT', '/tenancy/collections/choices', { scope: 'tenant', assign: { tenant: 'north' } });
        await holds();
      });

      it('stay when other collections get a scope', async () => {
        await create('others');
        await must(superAdmin, 'PUT', '/tenancy/collections/others', { scope: 'shared' });
        await must(superAdmin, 'PUT', '/tenancy/collections/others', { scope: 'tenant' });
        await holds();
      });

      it('stay when the doctor mends what it can', async () => {
        await runSql(
          host.database,
          "UPDATE directus_permissions SET permissions = NULL WHERE collection = 'plans' AND action = 'read'",
        );
        const { checks } = await must<{ checks: { id: string; fixable: boolean }[] }>(
          superAdmin,
          'GET',
          '/tenancy/doctor',
        );
        await must(superAdmin, 'POST', '/tenancy/doctor/fix', {
          checks: checks.filter(({ fixable }) => fixable).map(({ id }) => id),
        });

        expect((await rule('plans', 'Tenant Member', 'read')).permissions).not.toBeNull();
        await holds();
      });

      it('stay when Directus starts again, and when a newer version does its steps', async () => {
        const restart = async (): Promise<void> => {
          await host.kill();
          host = await startHost({ directus: '11', database: host.database, directory, port: host.port });
          superAdmin = await login(host.url, host.superAdmin);
        };

        await restart();
        await holds();

        // To an older version the latest steps are those that a newer one brings: these are made to be done again.
        await runSql(host.database, 'DELETE FROM tenancy_steps');
        await restart();
        expect(await runSql(host.database, 'SELECT number FROM tenancy_steps')).toHaveLength(STEPS.length + 3);
        await holds();
      });
    });
  });
}
