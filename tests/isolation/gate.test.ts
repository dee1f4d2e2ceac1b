import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { defaultSuperAdmin } from '../../scripts/hosts/environment.ts';
import { createDatabase } from '../../scripts/hosts/databases.ts';
import { installHost } from '../../scripts/hosts/install.ts';
import { startHost, type Host } from '../../scripts/hosts/host.ts';
import { login, send, type Account } from '../support/client.ts';
import { runSql } from '../support/sql.ts';
import { must, type World } from '../support/world.ts';
import { startWorld } from '../support/worlds.ts';

/** A project folder that survives a restart of its Directus. */
function newDirectory(): Promise<string> {
  return mkdtemp(join(tmpdir(), 'tenancy-gate-'));
}

async function discard(host: Host | undefined): Promise<void> {
  await host?.stop();
  await host?.database.drop();
  if (host) await rm(host.directory, { recursive: true, force: true });
}

describe('The gate', () => {
  describe('when the installation fails', () => {
    let host: Host;

    beforeAll(async () => {
      const install = await installHost('11');
      const database = await createDatabase('sqlite', { template: { install, superAdmin: defaultSuperAdmin } });
      // Something that is not ours sits where the bundle needs its own: the installation must not touch it.
      await runSql(database, 'ALTER TABLE directus_files ADD COLUMN tenant_id varchar(255)');
      host = await startHost({ directus: '11', database, directory: await newDirectory() });
    });

    afterAll(() => discard(host));

    it('answers 503 to everybody, with what is wrong and what to do', async () => {
      for (const path of ['/items/projects', '/users/me', '/server/info', '/tenancy/tenants', '/admin', '/assets/x']) {
        const answer = await send(host.url, 'GET', path);
        expect(answer.status, path).toBe(503);
        expect(answer.errors[0], path).toMatchObject({ extensions: { code: 'SERVICE_UNAVAILABLE' } });
        expect(answer.errors[0]!.message, path).toMatch(/directus_files.*tenant_id.*Rename that field.*restart/);
        expect(answer.headers.get('retry-after'), path).not.toBeNull();
      }

      expect(host.logs()).toContain('Rename that field');
    });

    it('lets the process be pinged', async () => {
      expect((await send(host.url, 'GET', '/server/ping')).status).toBe(200);
    });

    it('opens at the next start once the cause is mended', async () => {
      const { database, directory } = host;
      await host.stop();
      await runSql(database, 'ALTER TABLE directus_files DROP COLUMN tenant_id');
      host = await startHost({ directus: '11', database, directory });
      expect((await send(host.url, 'GET', '/server/info')).status).toBe(200);
      await login(host.url, host.superAdmin);
    });
  });

  describe('while Directus reloads its extensions, and when it unloads the bundle', () => {
    let host: Host;
    let world: World;
    let superAdmin: Account;

    beforeAll(async () => {
      ({ host, world } = await startWorld({
        directus: '11',
        directory: await newDirectory(),
        env: { EXTENSIONS_MUST_LOAD: 'false' },
      }));
      superAdmin = world.superAdmin;
    });

    afterAll(() => discard(host));

    const extension = async (): Promise<string> => {
      const extensions = await must<{ id: string; schema: { name: string; type: string } | null }[]>(
        superAdmin,
        'GET',
        '/extensions',
      );
      return extensions.find(({ schema }) => schema?.name === 'directus-extension-tenancy')!.id;
    };

    it('never shows a foreign row in between, and opens again by itself', async () => {
      const id = await extension();
      const reading: Promise<unknown>[] = [];
      let done = false;

      const keepReading = async (): Promise<Set<number>> => {
        const statuses = new Set<number>();
        while (!done) {
          const answer = await world.north.owner.send<{ title: string }[]>('GET', '/items/projects?limit=-1');
          statuses.add(answer.status);
          if (answer.status === 200) expect(JSON.stringify(answer.data)).not.toContain('south');
        }
        return statuses;
      };

      reading.push(keepReading(), keepReading());
      // Saving an extension's options makes Directus load all of them anew.
      await superAdmin.send('PATCH', `/extensions/${id}`, { meta: { enabled: true } });
      await expect
        .poll(async () => (await world.north.owner.send('GET', '/items/projects')).status, { timeout: 30_000 })
        .toBe(200);
      done = true;

      for (const statuses of (await Promise.all(reading)) as Set<number>[]) {
        for (const status of statuses) expect([200, 503]).toContain(status);
      }

      const rows = await world.north.owner.send<{ title: string }[]>('GET', '/items/projects?limit=-1');
      expect(rows.data).toHaveLength(3);
      const created = await world.north.owner.send<{ tenant_id: string }>('POST', '/items/tags', { name: 'after' });
      expect(created.data.tenant_id).toBe(world.north.id);
    });

    it('stays shut when the bundle is disabled', async () => {
      await superAdmin.send('PATCH', `/extensions/${await extension()}`, { meta: { enabled: false } });

      await expect
        .poll(async () => (await send(host.url, 'GET', '/server/info')).status, { timeout: 30_000 })
        .toBe(503);
      const answer = await world.north.owner.send('GET', '/items/projects');
      expect(answer.status).toBe(503);
      expect(answer.errors[0]!.message).toContain('not loaded');
    });

    it('leaves rules behind that keep tenants apart without the bundle', async () => {
      const { database, directory } = host;
      await host.stop();
      host = await startHost({ directus: '11', database, directory, bundle: false });

      const owner = await login(host.url, { email: world.north.owner.email, password: 'correct horse battery' });
      const rows = await owner.send<{ title: string }[]>('GET', '/items/projects?limit=-1');
      expect(rows.data.map(({ title }) => title).sort()).toEqual([1, 2, 3].map((count) => `north-project-${count}`));
      expect((await owner.send('GET', `/items/projects/${world.south.projects[0]!}`)).status).toBe(403);
      expect(await owner.send('POST', '/items/projects', { title: 'stamped by the rule' })).toMatchObject({
        status: 200,
        data: { tenant_id: world.north.id },
      });
    });
  });
});
