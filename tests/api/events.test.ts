import { randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Host } from '../../scripts/hosts/host.ts';
import { createCollection } from '../support/collections.ts';
import { login, type Account } from '../support/client.ts';
import { addExtension } from '../support/extensions.ts';
import { startTestHost } from '../support/host.ts';
import { followLines } from '../support/lines.ts';
import { createFlow, must } from '../support/world.ts';

/** Nobody waits for who listens. */
const SOON = { timeout: 10_000 };

/** Somebody else's hook. It takes its time, and some of it fails, at once or later. */
const LISTENER = `import { appendFile } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';

export default ({ action, filter }) => {
  filter('tenants.items.read', (rows) => rows.filter(({ name }) => name !== 'Unreadable'));

  const note = (way) => async ({ event, tenant, ...details }, { accountability, schema, database }) => {
    await wait(300);
    const seen = { way, event, tenant, details, user: accountability?.user ?? null, collections: 'tenants' in schema.collections };
    seen.status = (await database('tenants').where({ id: tenant }).first('status'))?.status;
    await appendFile('heard.ndjson', JSON.stringify(seen) + '\\n');
  };

  action('tenancy.suspended', note('by name'));
  action('tenancy.*', note('by pattern'));
  action('roles.create', ({ payload }) => appendFile('heard.ndjson', JSON.stringify({ way: payload.name, tenant: 'roles' }) + '\\n'));
  action('tenancy.provisioned', async () => { throw new Error('later'); });
  action('tenancy.archived', () => { throw new Error('at once'); });
};
`;

/** Another one, which listens on the emitter that extensions share, and fails at once. */
const SHARED_LISTENER = `import { appendFileSync } from 'node:fs';

export default (register, { emitter }) => {
  emitter.onAction('tenancy.archived', () => { throw new Error('at once, on the emitter of extensions'); });
  emitter.onAction('tenancy.resumed', ({ event, tenant }) =>
    appendFileSync('heard.ndjson', JSON.stringify({ way: 'by the emitter of extensions', event, tenant }) + '\\n'));
};
`;

describe.each(['11', '12'] as const)('What was done to a tenant (Directus %s)', (directus) => {
  let directory: string;
  let host: Host;
  let superAdmin: Account;
  let user: string;

  interface Heard {
    way: string;
    event: string;
    tenant: string;
    details: object;
    user: string | null;
    status: string;
    collections: boolean;
  }

  const heardOf = async (tenant: string): Promise<Heard[]> => {
    const text = await readFile(join(directory, 'heard.ndjson'), 'utf8').catch(() => '');
    const all = text
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as Heard);
    return all.filter((each) => each.tenant === tenant);
  };

  const waysOf = async (tenant: string, event: string): Promise<string[]> =>
    (await heardOf(tenant)).flatMap((each) => (each.event === event ? each.way : [])).sort();

  const provision = (name: string): Promise<{ id: string; slug: string }> =>
    must(superAdmin, 'POST', '/tenancy/tenants', { name });

  const imported = async (lines: string[]): Promise<{ status: number; data?: { name: string } }[]> => {
    const response = await fetch(`${host.url}/tenancy/tenants/import`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${superAdmin.token}`, 'Content-Type': 'application/x-ndjson' },
      body: lines.join('\n'),
    });
    return (await followLines(response)) as { status: number; data?: { name: string } }[];
  };

  const noteWithFlow = (scope: string, payload: object): Promise<string> =>
    createFlow(
      superAdmin,
      { name: scope, trigger: 'event', options: { type: 'action', scope: [scope] } },
      { type: 'item-create', options: { permissions: '$full', collection: 'heard', payload } },
    );

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'tenancy-events-'));
    await addExtension(directory, { name: 'listener', type: 'hook', code: LISTENER });
    await addExtension(directory, { name: 'shared-listener', type: 'hook', code: SHARED_LISTENER });
    host = await startTestHost({ directus, directory });
    superAdmin = await login(host.url, host.superAdmin);
    user = (await must<{ id: string }>(superAdmin, 'GET', '/users/me?fields=id')).id;

    await createCollection(
      superAdmin,
      'heard',
      ['event', 'tenant', 'slug', 'by'].map((field) => ({ field, type: 'string', schema: {} })),
    );
    await must(superAdmin, 'PUT', '/tenancy/collections/heard', { scope: 'shared' });
  });

  afterAll(async () => {
    await host?.stop();
    await host?.database.drop();
    await rm(directory, { recursive: true, force: true });
  });

  it('is heard by the actions of other extensions, once each, with tenant and requester', async () => {
    const { id, slug } = await provision('Heard');
    await must(superAdmin, 'POST', `/tenancy/tenants/${slug}/suspend`);
    await expect.poll(() => waysOf(id, 'tenancy.suspended'), SOON).toEqual(['by name', 'by pattern']);

    for (const heard of await heardOf(id)) {
      expect(heard).toMatchObject({ tenant: id, user, collections: true });
      if (heard.event === 'tenancy.suspended') expect(heard).toMatchObject({ details: {}, status: 'suspended' });
    }

    await must(superAdmin, 'POST', `/tenancy/tenants/${slug}/resume`);
    await expect
      .poll(() => waysOf(id, 'tenancy.resumed'), SOON)
      .toEqual(['by pattern', 'by the emitter of extensions']);
  });

  it('triggers flows', async () => {
    await noteWithFlow('tenancy.provisioned', {
      event: '{{ $trigger.event }}',
      tenant: '{{ $trigger.tenant }}',
      slug: '{{ $trigger.slug }}',
      by: '{{ $accountability.user }}',
    });

    const { id, slug } = await provision('Flowing');
    await expect
      .poll(() => must<unknown[]>(superAdmin, 'GET', '/items/heard?fields=event,tenant,slug,by'), SOON)
      .toEqual([{ event: 'tenancy.provisioned', tenant: id, slug, by: user }]);
  });

  it('is done, and told to the others, when somebody who listens fails', async () => {
    const { id, slug } = await provision('Failing');
    await expect.poll(() => waysOf(id, 'tenancy.provisioned'), SOON).toEqual(['by pattern']);

    expect(await must(superAdmin, 'POST', `/tenancy/tenants/${slug}/archive`)).toMatchObject({ status: 'archived' });

    const failures = host
      .logs()
      .split('\n')
      .filter((line) => line.includes('has failed.'))
      .map((line) => JSON.parse(line) as { err: { message: string }; msg: string })
      .map(({ err, msg }) => `${msg} ${err.message}`);
    expect(failures).toEqual(
      expect.arrayContaining([
        'Tenancy: somebody who listens to "tenancy.provisioned" has failed. later',
        'Tenancy: somebody who listens to "tenancy.archived" has failed. at once',
        'Tenancy: somebody who listens to "tenancy.archived" has failed. at once, on the emitter of extensions',
      ]),
    );
  });

  it('is heard of where Directus writes rows as well, once they are there to stay', async () => {
    await provision('Row');
    expect(await superAdmin.send('POST', '/tenancy/tenants', { name: 'Row', slug: 'row' })).toMatchObject({
      status: 400,
    });

    // The second one is refused by Directus, which knows the top-level domains that there are, after the first one is written.
    const lines = [{ name: 'Row A' }, { name: 'Row B', owner: { email: 'owner@row.nowhere' } }, { name: 'Row C' }].map(
      (line) => JSON.stringify(line),
    );
    await imported(lines);

    const names = async (): Promise<string[]> => (await heardOf('roles')).map(({ way }) => way);
    await expect.poll(async () => (await names()).at(-1), SOON).toBe('Row C');
    expect((await names()).filter((name) => name.startsWith('Row'))).toEqual(['Row', 'Row A', 'Row C']);
  });

  it('is nothing where a hook of somebody else lets the new tenant not be read', async () => {
    const lines = ['Readable A', 'Unreadable', 'Readable B'].map((name) => JSON.stringify({ name }));
    expect((await imported(lines)).map(({ status, data }) => [status, data?.name])).toEqual([
      [201, 'Readable A'],
      [403, undefined],
      [201, 'Readable B'],
    ]);
    expect(await must<unknown[]>(superAdmin, 'GET', '/roles?filter[name][_eq]=Unreadable')).toEqual([]);
  });

  it('is heard by extensions in commands, which end when those are done', async () => {
    const { id, slug } = await provision('Commanded');
    await host.run('tenancy', 'tenants', 'suspend', slug);
    expect(await waysOf(id, 'tenancy.suspended')).toEqual(['by name', 'by pattern']);
    expect((await heardOf(id)).find(({ event }) => event === 'tenancy.suspended')).toMatchObject({ user: null });
  });

  it('is heard after Directus has loaded its extensions again', async () => {
    const listed = await must<{ id: string; schema: { name: string } | null }[]>(superAdmin, 'GET', '/extensions');
    const { id: extension } = listed.find(({ schema }) => schema?.name === 'shared-listener')!;
    await must(superAdmin, 'PATCH', `/extensions/${extension}`, { meta: { enabled: false } });

    /** How a tenant that is opened again is heard of; nothing as long as Directus is busy loading. */
    const waysOfResuming = async (): Promise<string[]> => {
      const { status, data } = await superAdmin.send<{ id: string }>('POST', '/tenancy/tenants', {
        name: 'Reloaded',
        slug: `reloaded-${randomUUID()}`,
      });
      if (status !== 201) return [];
      for (const action of ['suspend', 'resume']) {
        if ((await superAdmin.send('POST', `/tenancy/tenants/${data.id}/${action}`)).status !== 200) return [];
      }
      await expect.poll(() => waysOf(data.id, 'tenancy.suspended'), SOON).toEqual(['by name', 'by pattern']);
      await expect.poll(() => waysOf(data.id, 'tenancy.resumed'), SOON).toContain('by pattern');
      return waysOf(data.id, 'tenancy.resumed');
    };
    await expect.poll(waysOfResuming, { timeout: 30_000 }).toEqual(['by pattern']);
  });
});
