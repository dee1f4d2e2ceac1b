import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createDatabase, databaseKinds, type Database } from '../../scripts/hosts/databases.ts';
import { defaultSuperAdmin } from '../../scripts/hosts/environment.ts';
import { startHost, type Host } from '../../scripts/hosts/host.ts';
import { STEPS } from '../../src/hooks/install/steps.ts';
import { installHost } from '../../scripts/hosts/install.ts';
import type { DoctorReport } from '../../src/tenancy/doctor/report.ts';
import { hasDatabase } from '../support/cells.ts';
import { login, type Account } from '../support/client.ts';
import { createCollection } from '../support/collections.ts';
import { runSql } from '../support/sql.ts';
import { must } from '../support/world.ts';

/** Everything that the bundle puts into a project, without what differs between two installations of the same kind. */
async function managed(superAdmin: Account): Promise<unknown> {
  const fields = await must<{ collection: string; field: string; type: string }[]>(superAdmin, 'GET', '/fields');

  return {
    collections: fields
      .filter(({ collection }) => ['tenants', 'tenant_members'].includes(collection))
      .map(({ collection, field, type }) => [collection, field, type])
      .sort(),
    tenantFields: fields
      .filter(({ field }) => field === 'tenant_id')
      .map(({ collection }) => collection)
      .sort(),
    relations: (
      await must<{ collection: string; field: string; related_collection: string }[]>(superAdmin, 'GET', '/relations')
    )
      .filter(({ collection, field }) => field === 'tenant_id' || ['tenants', 'tenant_members'].includes(collection))
      .map(({ collection, field, related_collection }) => [collection, field, related_collection])
      .sort(),
    roles: await must(superAdmin, 'GET', '/roles?filter[name][_eq]=Tenants&fields=id,name,policies.policy.name'),
    policies: await must(superAdmin, 'GET', '/policies?filter[name][_starts_with]=Tenant&fields=*&sort=name'),
    permissions: await must(
      superAdmin,
      'GET',
      '/permissions?filter[policy][name][_starts_with]=Tenant&fields=policy.name,collection,action,permissions,fields&sort=policy,collection,action&limit=-1',
    ),
    moduleBar: await must(superAdmin, 'GET', '/settings?fields=module_bar'),
  };
}

describe('The installation', () => {
  for (const kind of databaseKinds) {
    describe.skipIf(!hasDatabase(kind))(`on ${kind}`, () => {
      let directory: string;
      let database: Database;
      let host: Host;

      const restart = async (env: Record<string, string> = {}): Promise<Account> => {
        await host?.stop();
        host = await startHost({ directus: '11', database, directory, env });
        return login(host.url, host.superAdmin);
      };

      beforeAll(async () => {
        const install = await installHost('11');
        directory = await mkdtemp(join(tmpdir(), 'tenancy-install-'));
        database = await createDatabase(kind, { template: { install, superAdmin: defaultSuperAdmin } });

        // A project that was there before the bundle.
        host = await startHost({ directus: '11', database, directory, bundle: false });
        const superAdmin = await login(host.url, host.superAdmin);
        await createCollection(superAdmin, 'articles');
      });

      afterAll(async () => {
        await host?.stop();
        await database?.drop();
        await rm(directory, { recursive: true, force: true });
      });

      it('creates what the bundle needs, and leaves existing collections as they were', async () => {
        const superAdmin = await restart();

        expect(await managed(superAdmin)).toMatchObject({
          tenantFields: expect.arrayContaining(['tenant_members', 'directus_files', 'directus_folders']) as string[],
          roles: [{ name: 'Tenants', policies: [{ policy: { name: 'Tenant Member' } }] }],
          policies: [
            { name: 'Tenant API', app_access: false, admin_access: false },
            { name: 'Tenant Editor', app_access: true, admin_access: false },
            { name: 'Tenant Member', app_access: false, admin_access: false },
            { name: 'Tenant Owner', app_access: true, admin_access: false },
            { name: 'Tenant Viewer', app_access: true, admin_access: false },
          ],
        });

        const fields = await must<{ field: string }[]>(superAdmin, 'GET', '/fields/articles');
        expect(fields.map(({ field }) => field)).toEqual(['id']);
        expect(await must(superAdmin, 'GET', '/tenancy/collections')).toMatchObject([
          { collection: 'articles', scope: 'shared' },
          { collection: 'directus_files', scope: 'mixed' },
          { collection: 'directus_folders', scope: 'mixed' },
        ]);
        const { checks } = await must<DoctorReport>(superAdmin, 'GET', '/tenancy/doctor');
        expect(checks.find(({ id }) => id === 'missing-indexes')).toMatchObject({ status: 'pass' });
      });

      it('puts the module into the module bar once, and respects a super-admin who takes it out', async () => {
        const superAdmin = await restart();
        const { module_bar: bar } = await must<{ module_bar: { id: string }[] }>(
          superAdmin,
          'GET',
          '/settings?fields=module_bar',
        );
        const ids = bar.map(({ id }) => id);
        expect(ids.filter((id) => id === 'tenants')).toHaveLength(1);
        expect(ids.indexOf('workspace')).toBe(ids.indexOf('tenants') + 1);
        expect(ids).toEqual(expect.arrayContaining(['content', 'users', 'files', 'settings']));

        await must(superAdmin, 'PATCH', '/settings', { module_bar: bar.filter(({ id }) => id !== 'tenants') });
        const again = await restart();
        const { module_bar: after } = await must<{ module_bar: { id: string }[] }>(
          again,
          'GET',
          '/settings?fields=module_bar',
        );
        expect(after.map(({ id }) => id)).not.toContain('tenants');
      });

      it('adds the module of members to a bar that a project made of its own, once', async () => {
        const bar = async (account: Account): Promise<object[]> =>
          (await must<{ module_bar: object[] }>(account, 'GET', '/settings?fields=module_bar')).module_bar;

        const own = [
          { type: 'module', id: 'files', enabled: true },
          { type: 'link', id: 'wiki', enabled: true, name: 'Wiki', icon: 'help', url: 'https://wiki.example.com' },
        ];

        // As an upgrade meets it.
        await must(await login(host.url, host.superAdmin), 'PATCH', '/settings', { module_bar: own });
        await host.stop();
        await runSql(database, 'DELETE FROM tenancy_steps WHERE number = 14');
        const superAdmin = await restart();
        expect(await bar(superAdmin)).toEqual([...own, { type: 'module', id: 'workspace', enabled: true }]);

        await must(superAdmin, 'PATCH', '/settings', { module_bar: own });
        expect(await bar(await restart())).toEqual(own);
      });

      it('changes nothing when it runs again', async () => {
        const before = await managed(await restart());
        const steps = await runSql(database, 'SELECT number, done_at FROM tenancy_steps ORDER BY number');
        const after = await managed(await restart());
        expect(after).toEqual(before);
        expect(await runSql(database, 'SELECT number, done_at FROM tenancy_steps ORDER BY number')).toEqual(steps);
      });

      it('does the steps that are missing and only those, as an upgrade would', async () => {
        await restart();
        await host.stop();
        await runSql(database, 'DELETE FROM tenancy_steps WHERE number IN (3, 4)');
        const superAdmin = await restart({ LOG_LEVEL: 'info' });

        expect(host.logs()).toContain('step 3 done');
        expect(host.logs()).toContain('step 4 done');
        expect(host.logs()).not.toContain('step 1 done');
        expect(await must<unknown[]>(superAdmin, 'GET', '/roles?filter[name][_eq]=Tenants')).toHaveLength(1);
      });

      it('gives the fields of former versions the looks of today, and leaves those that somebody chose', async () => {
        let superAdmin = await restart();
        const of = (collection: string) =>
          must<{ meta: object }>(superAdmin, 'GET', `/fields/${collection}/tenant_id`).then(({ meta }) => meta);
        await createCollection(superAdmin, 'letters');
        await createCollection(superAdmin, 'parcels');
        expect(await of('directus_files')).toMatchObject({ hidden: true });
        // As a row: the other way to a first tenant is that of every other test.
        await must(superAdmin, 'POST', '/items/tenants', { name: 'First' });
        expect(await of('directus_files')).toMatchObject({ hidden: false });

        const former = { display: 'related-values', display_options: { template: '{{ name }}' } };
        await must(superAdmin, 'PATCH', '/fields/letters/tenant_id', { meta: former });
        await must(superAdmin, 'PATCH', '/fields/directus_files/tenant_id', { meta: { ...former, hidden: true } });
        await must(superAdmin, 'PATCH', '/fields/parcels/tenant_id', { meta: { display: 'raw' } });
        await host.stop();
        await runSql(database, 'DELETE FROM tenancy_steps WHERE number = 15');
        superAdmin = await restart();

        expect(await of('letters')).toMatchObject({ display: 'tenancy-tenant', hidden: false });
        expect(await of('directus_files')).toMatchObject({ display: 'tenancy-tenant', hidden: false });
        expect(await of('parcels')).toMatchObject({ display: 'raw' });
      });
    });
  }

  describe('at a later start', () => {
    let directory: string;
    let database: Database;
    let host: Host;

    const startAgain = async (env: Record<string, string> = {}): Promise<void> => {
      await host?.stop();
      host = await startHost({ directus: '11', database, directory, env });
    };

    const rules = (collection: string): Promise<unknown[]> =>
      runSql(database, 'SELECT policy, action FROM directus_permissions WHERE collection = ? ORDER BY 1, 2', [
        collection,
      ]);

    const toldScopes = async (): Promise<unknown> => {
      const [row] = await runSql(
        database,
        `SELECT options FROM directus_fields WHERE collection = 'tenants' AND field = 'scopes'`,
      );
      return row && (JSON.parse(String(row['options'])) as unknown);
    };

    const recorded = (): Promise<unknown[]> =>
      runSql(database, 'SELECT collection, scope, rules_stored FROM tenancy_scopes ORDER BY 1');

    beforeAll(async () => {
      const install = await installHost('11');
      directory = await mkdtemp(join(tmpdir(), 'tenancy-start-'));
      database = await createDatabase('sqlite', { template: { install, superAdmin: defaultSuperAdmin } });
      await startAgain();
      const superAdmin = await login(host.url, host.superAdmin);
      await createCollection(superAdmin, 'articles');
      await must(superAdmin, 'GET', '/tenancy/collections');
    });

    afterAll(async () => {
      await host?.stop();
      await database?.drop();
      await rm(directory, { recursive: true, force: true });
    });

    it('writes nothing where all is in place, and leaves it to the first request to have the schema read anew', async () => {
      await startAgain({ LOG_LEVEL: 'trace' });
      await must(await login(host.url, host.superAdmin), 'GET', '/tenancy/collections');
      const [start = ''] = host.logs().split('Server started');
      const ofStart = (statement: RegExp): unknown[] => start.match(statement) ?? [];

      expect(ofStart(/from `tenancy_steps`/g)).toHaveLength(1);
      expect(ofStart(/\] (insert|update|delete|create|alter) /gi)).toEqual([]);
      expect(ofStart(/from `directus_relations`/g)).toHaveLength(1);
    });

    const DAMAGES: [what: string, damage: string[], find: () => Promise<unknown>][] = [
      [
        'a set of permissions',
        [
          `DELETE FROM directus_permissions WHERE collection = 'directus_users' AND action = 'update'`,
          'DELETE FROM tenancy_steps WHERE number = 1001',
        ],
        () => rules('directus_users'),
      ],
      [
        'the rules of a collection',
        [
          `DELETE FROM directus_permissions WHERE collection = 'articles'`,
          `UPDATE tenancy_scopes SET rules_stored = false WHERE collection = 'articles'`,
        ],
        async () => [await rules('articles'), await recorded()],
      ],
      [
        'the list of scopes for snapshots',
        [`DELETE FROM directus_fields WHERE collection = 'tenants' AND field = 'scopes'`],
        toldScopes,
      ],
      [
        'a scope in that list',
        [`UPDATE directus_fields SET options = '{"scopes":{}}' WHERE collection = 'tenants' AND field = 'scopes'`],
        toldScopes,
      ],
      ['the scope of a collection', [`DELETE FROM tenancy_scopes WHERE collection = 'articles'`], recorded],
      ['the revision', ['DELETE FROM tenancy_revision'], () => runSql(database, 'SELECT id FROM tenancy_revision')],
    ];

    it.each(DAMAGES)('puts %s back that is missing', async (_what, damage, find) => {
      const before = await find();
      await host.stop();
      for (const statement of damage) await runSql(database, statement);
      expect(await find()).not.toEqual(before);

      await startAgain();
      expect(await find()).toEqual(before);
    });

    it('decides what was missed beside a folder of collections, which is nothing to decide', async () => {
      const before = await recorded();
      const superAdmin = await login(host.url, host.superAdmin);
      await must(superAdmin, 'POST', '/collections', { collection: 'folder', meta: {}, schema: null });
      await host.stop();
      await runSql(database, `DELETE FROM tenancy_scopes WHERE collection = 'articles'`);

      await startAgain();
      expect(await recorded()).toEqual(before);
    });

    it('decides, as Directus loads its extensions anew, what was made past a schema that it keeps', async () => {
      const superAdmin = await login(host.url, host.superAdmin);
      await runSql(database, 'CREATE TABLE parcels (id integer PRIMARY KEY)');
      await runSql(database, `INSERT INTO directus_collections (collection) VALUES ('parcels')`);

      const extensions = await must<{ id: string; bundle: string | null }[]>(superAdmin, 'GET', '/extensions');
      const { id } = extensions.find(({ bundle }) => bundle === null)!;
      await superAdmin.send('PATCH', `/extensions/${id}`, { meta: { enabled: true } });

      await expect
        .poll(recorded, { timeout: 30_000 })
        .toContainEqual({ collection: 'parcels', scope: 'tenant', rules_stored: 1 });
    });
  });

  for (const kind of ['postgres', 'mariadb'] as const) {
    it.skipIf(!hasDatabase(kind))(
      `is done exactly once when two instances boot at the same time (${kind})`,
      async () => {
        const install = await installHost('11');
        const database = await createDatabase(kind, { template: { install, superAdmin: defaultSuperAdmin } });
        const options = { directus: '11', database, env: { LOG_LEVEL: 'info' } } as const;
        const hosts = await Promise.all([startHost(options), startHost(options)]);

        try {
          const logs = hosts.map((host) => host.logs().match(/step \d+ done/g) ?? []);
          const steps = logs.flat().sort();
          expect(steps).toEqual([...new Set(steps)]);
          expect(steps).toHaveLength(STEPS.length);
          // Two sets of permissions are booked as well.
          expect(await runSql(database, 'SELECT number FROM tenancy_steps')).toHaveLength(STEPS.length + 3);

          for (const host of hosts) {
            const superAdmin = await login(host.url, host.superAdmin);
            expect(await must<unknown[]>(superAdmin, 'GET', '/roles?filter[name][_eq]=Tenants')).toHaveLength(1);
            expect(
              await must<unknown[]>(superAdmin, 'GET', '/policies?filter[name][_starts_with]=Tenant'),
            ).toHaveLength(5);
          }

          const [first, second] = hosts;
          const tenant = await must<{ id: string }>(
            await login(first.url, first.superAdmin),
            'POST',
            '/tenancy/tenants',
            {
              name: 'A',
            },
          );
          const seen = await must<{ id: string }>(
            await login(second.url, second.superAdmin),
            'GET',
            '/tenancy/tenants/a',
          );
          expect(seen.id).toBe(tenant.id);
        } finally {
          await Promise.all(hosts.map((host) => host.stop()));
          await database.drop();
        }
      },
    );
  }
});
