import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { createCollection } from '../support/collections.ts';
import { login, send, type Account } from '../support/client.ts';
import { useHost } from '../support/host.ts';
import { must } from '../support/world.ts';

describe('Provisioning a tenant', () => {
  // Directus tells of each query at this level.
  const host = useHost({ directus: '11', env: { LOG_LEVEL: 'trace' } });
  let superAdmin: Account;

  /** The queries that a tenant costs. */
  const queriesOf = async (): Promise<string[]> => {
    const marks = [randomUUID(), randomUUID()] as const;
    const name = randomUUID();
    const mark = (text: string): Promise<unknown> => send(host().url, 'GET', `/server/ping?mark=${text}`);

    await mark(marks[0]);
    await must(superAdmin, 'POST', '/tenancy/tenants', { name, owner: { email: `${name}@example.com` } });
    await mark(marks[1]);
    await expect.poll(() => host().logs(), { timeout: 10_000 }).toContain(marks[1]);

    const between = host().logs().split(marks[0])[1]!.split(marks[1])[0]!;
    return [...between.matchAll(/\[[\d.]+ms\] (\S+)/g)].map(([, verb = '']) => verb);
  };

  beforeAll(async () => {
    superAdmin = await login(host().url, host().superAdmin);
    await createCollection(superAdmin, 'first');
  });

  it('takes as many queries with many collections as with one', async () => {
    // What is done once in the life of a project or a process.
    await queriesOf();
    await queriesOf();
    const before = await queriesOf();
    for (let number = 0; number < 12; number += 1) await createCollection(superAdmin, `collection_${number}`);
    await queriesOf();
    const after = await queriesOf();

    expect(before.length).toBeGreaterThan(10);
    expect(after).toHaveLength(before.length);
    process.stdout.write(`Provisioning: ${before.length} queries with 1 collection, ${after.length} with 13.\n`);
  });

  it('and is told what each tenant has all the same', async () => {
    const { id } = await must<{ id: string }>(superAdmin, 'POST', '/tenancy/tenants', { name: 'Counted' });
    for (const collection of ['first', 'collection_0', 'collection_11']) {
      await must(superAdmin, 'POST', `/items/${collection}`, [{ tenant_id: id }, { tenant_id: id }]);
    }
    expect(await must(superAdmin, 'GET', `/tenancy/tenants/${id}`)).toMatchObject({
      usage: { members: 0, items: 6, storage: 0 },
    });
  });
});
