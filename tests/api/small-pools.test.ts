import { describe, expect, it } from 'vitest';
import type { DatabaseKind } from '../../scripts/hosts/databases.ts';
import type { Host } from '../../scripts/hosts/host.ts';
import { hasDatabase } from '../support/cells.ts';
import { send, type Answer } from '../support/client.ts';
import { startTestHost } from '../support/host.ts';
import { createWorld, must } from '../support/world.ts';

/** Kinds whose locks keep a connection each. */
const LOCKING: readonly DatabaseKind[] = ['postgres', 'mariadb'];

/** More at once than such a pool has connections. */
const AT_ONCE = 8;

describe.each(LOCKING)('A pool of few connections (%s)', (kind) => {
  const withPool = async (size: number, run: (host: Host) => Promise<void>): Promise<void> => {
    // Nobody who waits for a connection that never comes is to wait for a minute first.
    const pool = { DB_POOL__MIN: '0', DB_POOL__MAX: String(size), DB_POOL__ACQUIRE_TIMEOUT_MILLIS: '10000' };
    const host = await startTestHost({ directus: '11', database: kind, env: pool });

    try {
      await run(host);
    } finally {
      await host.stop();
      await host.database.drop();
    }
  };

  it.skipIf(!hasDatabase(kind))('is enough with three, however many wait for each other', async () => {
    await withPool(3, async (host) => {
      const { superAdmin, north } = await createWorld(host);
      const numbers = Array.from({ length: AT_ONCE }, (_, index) => index);

      const together = (request: (index: number) => Promise<Answer>): Promise<string[]> =>
        Promise.all(
          numbers.map(async (index) => {
            const { status, errors } = await request(index);
            return [status, ...errors.map(({ message }) => message)].join(' ');
          }),
        );

      const { token } = superAdmin;
      const all = (status: number): string[] => numbers.map(() => String(status));

      const provision = (index: number): Promise<Answer> =>
        send(host.url, 'POST', '/tenancy/tenants', {
          token,
          body: { name: `Pool ${index}`, owner: { email: `owner@pool-${index}.example.com`, password: 'long-enough' } },
          headers: { 'Idempotency-Key': `pool-${index}` },
        });
      expect(await together(provision)).toEqual(all(201));
      expect(await together(provision)).toEqual(all(201));

      const change = (what: string) => (index: number) =>
        send(host.url, 'POST', `/tenancy/tenants/pool-${index}/${what}`, { token });
      expect(await together(change('suspend'))).toEqual(all(200));
      expect(await together(change('resume'))).toEqual(all(200));

      const collections = ['projects', 'tasks', 'tags', 'clients'] as const;
      expect(
        await together((index) =>
          send(host.url, 'PUT', `/tenancy/collections/${collections[index % collections.length]}`, {
            token,
            body: { scope: 'tenant' },
          }),
        ),
      ).toEqual(all(200));

      await must(superAdmin, 'POST', '/collections', {
        collection: 'preferences',
        meta: { singleton: true },
        schema: {},
        fields: [{ field: 'theme', type: 'string', schema: {} }],
      });
      expect(
        await together((index) =>
          send(host.url, 'PATCH', '/items/preferences', {
            token: north.editor.token,
            body: { theme: `theme ${index}` },
          }),
        ),
      ).toEqual(all(200));

      await must(superAdmin, 'DELETE', '/tenancy/tenants/pool-0?confirm=pool-0');
    });
  });

  it.skipIf(!hasDatabase(kind))('is refused below that, with what to set', async () => {
    await withPool(2, async ({ url }) => {
      const answer = await send(url, 'GET', '/server/info');
      expect(answer.status).toBe(503);
      expect(answer.errors[0]!.message).toContain('DB_POOL__MAX must be at least 3');
    });
  });
});
