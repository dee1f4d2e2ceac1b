import { describe, expect, it } from 'vitest';
import { seed } from '../../scripts/demo/seed.ts';
import { login } from '../support/client.ts';
import { useHost } from '../support/host.ts';
import { must } from '../support/world.ts';

describe.each(['11', '12'] as const)('The demo on Directus %s', (directus) => {
  const host = useHost({ directus });

  it('is seeded, and each agency sees its own projects alone', { timeout: 120_000 }, async () => {
    const { url, superAdmin } = host();
    const tenants = await seed({ url, directus, superAdmin, today: new Date(), onProgress: () => undefined });
    expect(tenants.length).toBeGreaterThan(1);

    const all = await must<{ id: string; tenant_id: string }[]>(
      await login(url, superAdmin),
      'GET',
      '/items/projects?limit=-1&fields=id,tenant_id',
    );

    for (const { id: tenant, owner } of tenants) {
      const own = all.filter(({ tenant_id }) => tenant_id === tenant).map(({ id }) => id);
      expect(own.length).toBeGreaterThan(0);

      const answer = await (
        await login(url, owner)
      ).send<{ id: string }[]>('GET', '/items/projects?limit=-1&fields=id');
      // Without custom permission rules members are kept out.
      if (directus === '12') expect(answer.status).toBe(403);
      else expect(answer.data.map(({ id }) => id).sort()).toEqual(own.sort());
    }
  });
});
