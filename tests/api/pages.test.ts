import { beforeAll, describe, expect, it } from 'vitest';
import { login, send, type Account } from '../support/client.ts';
import { useHost } from '../support/host.ts';
import { createTenant, must } from '../support/world.ts';

const PAGES = '/tenancy/pages.js';

describe('The file with the pages of the Data Studio', () => {
  const host = useHost({ directus: '11' });
  let superAdmin: Account;

  beforeAll(async () => {
    superAdmin = await login(host().url, host().superAdmin);
  });

  const get = (headers?: Record<string, string>) => send<string>(host().url, 'GET', PAGES, headers && { headers });

  it('is a script that may come from where the Data Studio comes from', async () => {
    const { status, data, headers } = await get();
    expect(status).toBe(200);
    expect(headers.get('content-type')).toMatch(/^(?:application|text)\/javascript\b/);
    expect(headers.get('content-security-policy')).toContain("script-src 'self'");
    expect(data).toMatch(/^export default /);
  });

  it('is asked for each time, and comes again only when it has changed', async () => {
    const { headers } = await get();
    expect(headers.get('cache-control')).toBe('no-cache');
    // As a browser asks; `fetch` itself would say that it takes nothing which is known already.
    const again = await get({ 'If-None-Match': String(headers.get('etag')), 'Cache-Control': 'max-age=0' });
    expect([again.status, again.data.length]).toEqual([304, 0]);
  });

  it('is for everybody, be it with a session that has ended or with a tenant that is closed', async () => {
    const tenant = await createTenant(host().url, superAdmin, 'North');
    await must(superAdmin, 'POST', `/tenancy/tenants/${tenant.id}/suspend`);
    const headers = { Authorization: `Bearer ${tenant.owner.token}` };
    expect((await send(host().url, 'GET', '/users/me', { headers })).status).toBe(403);
    expect((await get(headers)).status).toBe(200);

    const ended = { Cookie: 'directus_session_token=ended' };
    expect((await send(host().url, 'GET', '/users/me', { headers: ended })).status).not.toBe(200);
    expect((await get(ended)).status).toBe(200);
  });

  it('is read, and nothing else', async () => {
    expect((await send(host().url, 'HEAD', PAGES)).status).toBe(200);
    for (const method of ['POST', 'PATCH', 'DELETE']) {
      expect((await superAdmin.send(method, PAGES)).status, method).toBe(404);
    }
  });

  it('is one file: no other is served from beside it', async () => {
    for (const path of ['api.js', 'pages.js/../api.js', '%2e%2e/package.json', 'texts/de-DE.json']) {
      expect((await send(host().url, 'GET', `/tenancy/${path}`)).status, path).toBe(404);
    }
  });
});
