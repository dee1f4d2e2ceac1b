import { mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Host } from '../../scripts/hosts/host.ts';
import type * as Testing from '../../src/testing/index.ts';
import type { Account } from '../support/client.ts';
import { createCollection } from '../support/collections.ts';
import { addExtension } from '../support/extensions.ts';
import { must, TENANT_COLLECTIONS } from '../support/world.ts';
import { startWorld } from '../support/worlds.ts';

/** What `directus-extension-tenancy/testing` is to a project that has installed the package: the built file, by its exports. */
const load = async (): Promise<typeof Testing> => {
  const installed = createRequire(import.meta.url).resolve('directus-extension-tenancy/testing');
  return (await import(pathToFileURL(installed).href)) as typeof Testing;
};

/** Takes what the rules are narrowed to away again, after the wall of rules: as if there were none. */
const OPEN_RULES = `export default ({ init, filter }) => {
  const open = (row) => ({ ...row, permissions: null, validation: null, presets: null });

  // When all extensions are there: whoever comes last has the last word.
  init('app.after', () =>
    filter('permissions.read', (rows, _meta, { accountability }) => (accountability === null ? rows.map(open) : rows)));
};
`;

describe('The isolation test for projects', () => {
  let directory: string;
  let host: Host;
  let superAdmin: Account;

  const start = async (): Promise<void> => {
    const started = await startWorld({ directus: '11', directory });
    ({ host } = started);
    ({ superAdmin } = started.world);
  };

  const probesLeft = (): Promise<unknown[]> => must(superAdmin, 'GET', '/tenancy/tenants?search=probe-');

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'tenancy-isolation-test-'));
    await start();
  });

  afterAll(async () => {
    await host?.stop();
    await host?.database.drop();
    await rm(directory, { recursive: true, force: true });
  });

  it('passes in a project that keeps tenants apart, tries every collection and leaves nothing behind', async () => {
    const { assertTenantIsolation } = await load();
    const { collections } = await assertTenantIsolation(host.url, { token: superAdmin.token });

    expect(collections.map(({ collection }) => collection).sort()).toEqual([...TENANT_COLLECTIONS].sort());
    for (const { rows, tried, leaks } of collections) {
      expect(leaks).toEqual([]);
      expect(rows).toBe(1);
      expect(tried).toBeGreaterThan(12);
    }
    expect(await probesLeft()).toEqual([]);
  });

  it('does not pass where a collection stays empty, unless it is told how to fill it', async () => {
    const { assertTenantIsolation, TenantIsolationError } = await load();
    await createCollection(superAdmin, 'codes', [
      {
        field: 'code',
        type: 'string',
        meta: { validation: { code: { _regex: '^[A-Z]{3}$' } }, required: true },
        schema: {},
      },
    ]);

    const run = (options: Partial<Testing.IsolationOptions> = {}): Promise<Testing.IsolationReport> =>
      assertTenantIsolation(host.url, { token: superAdmin.token, collections: ['codes'], ...options });

    const failure: unknown = await run().catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(TenantIsolationError);
    expect((failure as Error).message).toMatch(/codes: nothing was tried.*code.*rows\.codes/s);

    const { collections } = await run({ rows: { codes: (row) => ({ ...row, code: 'ABC' }) } });
    expect(collections).toMatchObject([{ collection: 'codes', rows: 1, leaks: [] }]);
    expect(await probesLeft()).toEqual([]);
  });

  it('says what is wrong with a token, an address and a collection', async () => {
    const { assertTenantIsolation } = await load();
    const { token } = superAdmin;
    await expect(assertTenantIsolation(host.url, { token: 'nobody' })).rejects.toThrow(
      /\/tenancy\/collections answered 40/,
    );
    await expect(assertTenantIsolation(host.url, { token, collections: ['countries'] })).rejects.toThrow(/"countries"/);
  });

  it('finds the leak when the rules do not hold', async () => {
    const { assertTenantIsolation, TenantIsolationError } = await load();
    await host.stop();
    await host.database.drop();
    await addExtension(directory, { name: 'zz-open-rules', type: 'hook', code: OPEN_RULES });
    await start();

    const failure: unknown = await assertTenantIsolation(host.url, {
      token: superAdmin.token,
      collections: ['clients'],
    }).catch((error: unknown) => error);

    expect(failure).toBeInstanceOf(TenantIsolationError);
    const { report, message } = failure as Testing.TenantIsolationError;
    expect(report.collections[0]!.leaks).toContain(
      '"countries.clients" as a nested field tells of the row of another tenant',
    );
    expect(message).toContain('clients: ');
    expect(await probesLeft()).toEqual([]);
  });
});
