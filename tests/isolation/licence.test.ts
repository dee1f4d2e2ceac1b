import { readItems } from '@directus/sdk';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { POLICIES } from '../../src/tenancy/managed.ts';
import type { Host } from '../../scripts/hosts/host.ts';
import { login, outcome, send, type Account, type RequestOptions } from '../support/client.ts';
import { startTestHost } from '../support/host.ts';
import { createPerson } from '../support/people.ts';
import { createCollections, createReadingFlow, must } from '../support/world.ts';

const PASSWORD = 'correct horse battery';

/**
 * Directus 12 without a licence refuses custom permission rules, and without rules tenants cannot be kept apart. The
 * bundle takes no way around that: it closes.
 */
describe('Directus 12 without custom permission rules', () => {
  let host: Host;
  let superAdmin: Account;
  let owners: { id: string; account: Account; project: number }[];

  beforeAll(async () => {
    host = await startTestHost({ directus: '12' });
    superAdmin = await login(host.url, host.superAdmin);
    await createCollections(superAdmin);
    await must(superAdmin, 'POST', '/items/countries', { name: 'Norway' });

    owners = [];
    for (const name of ['North', 'South']) {
      const email = `owner@${name.toLowerCase()}.example.com`;
      const { id } = await must<{ id: string }>(superAdmin, 'POST', '/tenancy/tenants', {
        name,
        owner: { email, password: PASSWORD },
      });
      const project = await must<{ id: number; tenant_id: string }>(superAdmin, 'POST', '/items/projects', {
        title: `${name.toLowerCase()}-project`,
        tenant_id: id,
      });
      owners.push({ id, account: await login(host.url, { email, password: PASSWORD }), project: project.id });
    }
  });

  afterAll(async () => {
    await host?.stop();
    await host?.database.drop();
  });

  it('installs, and says in the log what the licence lacks and what to do', () => {
    expect(host.logs()).toMatch(/does not include custom permission rules.*Activate a licence/);
  });

  it('tells super-admins the same', async () => {
    const report = await must<{ status: string; checks: { id: string; status: string; fix: string }[] }>(
      superAdmin,
      'GET',
      '/tenancy/doctor',
    );
    expect(report.status).toBe('fail');
    expect(report.checks.find(({ id }) => id === 'licence')).toMatchObject({
      status: 'fail',
      fix: expect.stringContaining('licence') as string,
    });
  });

  it('provisions tenants, and stamps what a super-admin writes for them', async () => {
    const tenants = await must<{ slug: string }[]>(superAdmin, 'GET', '/tenancy/tenants');
    expect(tenants.map(({ slug }) => slug)).toEqual(['north', 'south']);

    // The reference tells the tenant.
    const task = await must<{ tenant_id: string }>(superAdmin, 'POST', '/items/tasks', {
      title: 'north-task',
      project: owners[0]!.project,
    });
    expect(task.tenant_id).toBe(owners[0]!.id);
  });

  it('refuses members everything of tenants, with the reason', async () => {
    for (const { account, project } of owners) {
      const attempts: [string, string, unknown?][] = [
        ['GET', '/items/projects'],
        ['GET', `/items/projects/${project}`],
        ['GET', '/items/projects?aggregate[count]=*'],
        ['SEARCH', '/items/projects', { query: { limit: -1 } }],
        ['POST', '/items/projects', { title: 'x' }],
        ['PATCH', `/items/projects/${project}`, { title: 'x' }],
        ['DELETE', `/items/projects/${project}`],
        ['GET', '/items/tenants'],
        ['GET', '/files'],
        ['POST', '/graphql', { query: '{ projects { id } }' }],
      ];

      for (const [method, path, body] of attempts) {
        const answer = await account.send(method, path, body);
        expect(answer.status, `${method} ${path}`).toBe(403);
        expect(answer.errors[0]?.message, `${method} ${path}`).toContain('licence');
      }
    }
  });

  it('leaks nothing through what stays open', async () => {
    const [north] = owners;
    const shared = await north!.account.sdk.request(readItems('countries'));
    expect(shared).toHaveLength(1);

    const nested = await outcome(north!.account.sdk.request(readItems('countries', { fields: ['*.*.*'] })));
    expect(JSON.stringify(nested)).not.toMatch(/north|south/);

    const filtered = await north!.account.send('GET', '/items/countries?filter[clients][name][_starts_with]=s');
    expect(filtered.status).toBe(403);

    for (const path of ['/users', '/roles', '/activity', '/revisions', '/comments', '/presets']) {
      const answer = await north!.account.send('GET', `${path}?limit=-1`);
      expect(JSON.stringify(answer.data ?? null), path).not.toMatch(/south/i);
    }
  });

  it('lets members log in, refresh and learn who they are', async () => {
    const [north] = owners;
    const me = await must<{ tenant: { id: string }; level: string }>(north!.account, 'GET', '/tenancy/me');
    expect(me).toMatchObject({ tenant: { id: north!.id }, level: 'owner' });
    expect((await north!.account.send('GET', '/users/me')).status).toBe(200);
  });

  it('knows the tenant behind a session cookie, a refreshed token and a static token', async () => {
    const [north] = owners;
    const credentials = { email: north!.account.email, password: PASSWORD };
    const me = async (options: RequestOptions): Promise<string | undefined> =>
      (await send<{ tenant: { id: string } | null }>(host.url, 'GET', '/tenancy/me', options)).data.tenant?.id;

    const session = await send(host.url, 'POST', '/auth/login', { body: { ...credentials, mode: 'session' } });
    expect(await me({ headers: { Cookie: session.headers.get('set-cookie')!.split(';')[0]! } })).toBe(north!.id);

    const { refreshToken } = await login(host.url, credentials);
    const refreshed = await send<{ access_token: string }>(host.url, 'POST', '/auth/refresh', {
      body: { refresh_token: refreshToken, mode: 'json' },
    });
    expect(await me({ token: refreshed.data.access_token })).toBe(north!.id);

    // A program needs no seat in the Data Studio.
    const person = await createPerson(host.url, superAdmin, { role: north!.id, policies: [POLICIES.api] });
    await must(superAdmin, 'PATCH', `/users/${person.id}`, { token: 'static-token-of-north' });
    const rows = await send(host.url, 'GET', '/items/projects', { token: 'static-token-of-north' });
    expect(rows).toMatchObject({ status: 403, errors: [{ message: expect.stringContaining('licence') as string }] });
  });

  it('gives nothing to a flow that runs as the role of a tenant', async () => {
    const trigger = await createReadingFlow(superAdmin, owners[0]!.id);

    const answer = await send(host.url, 'GET', trigger);
    expect(JSON.stringify(answer)).not.toMatch(/north-project|south-project/);
  });

  it('ends the token of a moved user there too', async () => {
    const person = await createPerson(host.url, superAdmin, { role: owners[0]!.id, policies: [POLICIES.api] });
    const member = { email: person.email, level: 'api' };
    await must(superAdmin, 'POST', `/tenancy/tenants/${owners[1]!.id}/members`, member);
    await must(superAdmin, 'PATCH', `/users/${person.id}`, { role: owners[1]!.id });
    expect(await person.send('GET', '/items/countries')).toMatchObject({
      status: 401,
      errors: [{ extensions: { code: 'TOKEN_EXPIRED' } }],
    });
  });

  it('keeps to the seats of the licence, and leaves nothing behind when they are full', async () => {
    const answer = await superAdmin.send('POST', '/tenancy/tenants', {
      name: 'West',
      owner: { email: 'owner@west.example.com', password: PASSWORD },
    });
    expect(answer).toMatchObject({ status: 403, errors: [{ extensions: { code: 'LIMIT_EXCEEDED' } }] });

    const users = await must<unknown[]>(superAdmin, 'GET', '/users?filter[email][_contains]=west');
    const roles = await must<unknown[]>(superAdmin, 'GET', '/roles?filter[name][_eq]=West');
    expect([users, roles]).toEqual([[], []]);
    expect((await superAdmin.send('GET', '/tenancy/tenants/west')).status).toBe(404);
  });

  it('stores no rule and marks no row as the system’s', async () => {
    const rows = await must<{ permissions: object | null; system?: boolean }[]>(
      superAdmin,
      'GET',
      '/permissions?limit=-1',
    );
    expect(rows.filter(({ system }) => system)).toEqual(rows.filter((row) => !('id' in row)));
  });
});
