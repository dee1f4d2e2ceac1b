import { createDirectus, authentication, readItems, rest } from '@directus/sdk';
import { beforeAll, describe, expect, it } from 'vitest';
import { inEveryCell } from '../support/cells.ts';
import { accountWithToken, login, send, type Account } from '../support/client.ts';
import { createPerson, createPolicy, logInAgain } from '../support/people.ts';
import { runSql } from '../support/sql.ts';
import { createReadingFlow, createTenant, must } from '../support/world.ts';

const PASSWORD = 'correct horse battery';

inEveryCell('The tenant is the one in which the user acts now', (world, host) => {
  const tenantsSeenBy = async (account: Account): Promise<Set<string>> => {
    const rows = await account.sdk.request(readItems('projects', { fields: ['tenant_id'], limit: -1 }));
    return new Set(rows.map(({ tenant_id }) => tenant_id as string));
  };

  it('for a login, a refreshed token and a static token', async () => {
    const { north, superAdmin, url } = world();
    expect(await tenantsSeenBy(north.owner)).toEqual(new Set([north.id]));

    const refreshed = await send<{ access_token: string }>(url, 'POST', '/auth/refresh', {
      body: {
        refresh_token: (await login(url, { email: north.owner.email, password: PASSWORD })).refreshToken,
        mode: 'json',
      },
    });
    expect(await tenantsSeenBy(accountWithToken(url, refreshed.data.access_token))).toEqual(new Set([north.id]));

    const person = await createPerson(url, superAdmin, { role: north.id });
    await must(superAdmin, 'PATCH', `/users/${person.id}`, { token: 'static-token-of-north' });
    expect(await tenantsSeenBy(accountWithToken(url, 'static-token-of-north'))).toEqual(new Set([north.id]));
  });

  it('for a session cookie', async () => {
    const { north, url } = world();
    const answer = await send(url, 'POST', '/auth/login', {
      body: { email: north.owner.email, password: PASSWORD, mode: 'session' },
    });
    const cookie = answer.headers.get('set-cookie')!.split(';')[0]!;
    const rows = await send<{ tenant_id: string }[]>(url, 'GET', '/items/projects', { headers: { Cookie: cookie } });
    expect(new Set(rows.data.map(({ tenant_id }) => tenant_id))).toEqual(new Set([north.id]));
  });

  describe('after a super-admin has moved a user to another tenant', () => {
    let before: Account & { id: string };

    beforeAll(async () => {
      const { north, south, superAdmin, url } = world();
      before = await createPerson(url, superAdmin, { role: north.id });
      expect(await tenantsSeenBy(before)).toEqual(new Set([north.id]));
      await must(superAdmin, 'PATCH', `/users/${before.id}`, { role: south.id });
    });

    it('the old token ends at the next request, in a way that makes clients refresh', async () => {
      for (const [method, path, body] of [
        ['GET', '/items/projects'],
        ['GET', '/users/me'],
        ['POST', '/graphql', { query: '{ projects { id } }' }],
        ['GET', '/tenancy/me'],
      ] as const) {
        expect(await before.send(method, path, body), path).toMatchObject({
          status: 401,
          errors: [{ extensions: { code: 'TOKEN_EXPIRED' } }],
        });
      }
    });

    it('a read is refused as what is checked first, and tells nothing of what it would have read', async () => {
      const { url } = world();
      const headers = { Authorization: `Bearer ${before.token}` };

      const refusalOf = async (path: string): Promise<unknown> => {
        const answer = await fetch(url + path, { headers });
        const all = [...answer.headers].filter(([name]) => name !== 'date');
        return { status: answer.status, headers: Object.fromEntries(all), body: await answer.text() };
      };

      const refusal = await refusalOf('/collections');
      const paths = ['/items/projects', '/items/projects/1', '/files', '/items/projects?export=csv', '/items/nothing'];
      for (const path of paths) expect(await refusalOf(path), path).toEqual(refusal);
    });

    it('the refreshed token acts in the new tenant', async () => {
      const { south, url } = world();
      const refreshed = await send<{ access_token: string }>(url, 'POST', '/auth/refresh', {
        body: { refresh_token: before.refreshToken, mode: 'json' },
      });
      expect(await tenantsSeenBy(accountWithToken(url, refreshed.data.access_token))).toEqual(new Set([south.id]));
    });
  });

  it('after a user was taken out of the tenant, the old token ends and a new one sees nothing', async () => {
    const { north, superAdmin, url } = world();
    const person = await createPerson(url, superAdmin, { role: north.id });
    await must(superAdmin, 'PATCH', `/users/${person.id}`, { role: null });

    expect((await person.send('GET', '/items/projects')).status).toBe(401);
    expect((await (await logInAgain(url, person)).send('GET', '/items/projects')).status).toBe(403);
  });

  it('a suspended user’s token ends at once, and a deleted user’s too', async () => {
    const { north, superAdmin, url } = world();
    const suspended = await createPerson(url, superAdmin, { role: north.id });
    await must(superAdmin, 'PATCH', `/users/${suspended.id}`, { status: 'suspended' });
    expect((await suspended.send('GET', '/items/projects')).status).toBe(401);

    const deleted = await createPerson(url, superAdmin, { role: north.id });
    await must(superAdmin, 'DELETE', `/users/${deleted.id}`);
    expect((await deleted.send('GET', '/items/projects')).status).toBe(401);
  });

  describe('for a share', () => {
    it('is the tenant of the role it was made with', async () => {
      const { north, south, superAdmin, url } = world();
      const policy = await createPolicy(superAdmin, [
        { collection: 'directus_shares', action: 'create' },
        { collection: 'directus_shares', action: 'read' },
        { collection: 'projects', action: 'share' },
      ]);
      const person = await createPerson(url, superAdmin, { role: north.id, policies: [policy] });
      const [own] = north.projects;

      const readWith = async (role: string | null): Promise<Account> => {
        const share = await must<{ id: string }>(person, 'POST', '/shares', {
          name: 'share',
          collection: 'projects',
          item: String(own),
          role,
        });
        const session = await send<{ access_token: string }>(url, 'POST', '/shares/auth', {
          body: { share: share.id },
        });
        return accountWithToken(url, session.data.access_token);
      };

      const guest = await readWith(north.id);
      expect(await guest.send('GET', `/items/projects/${own!}`)).toMatchObject({
        status: 200,
        data: { title: 'north-project-1' },
      });
      expect((await guest.send('GET', `/items/projects/${north.projects[1]!}`)).status).toBe(403);
      expect((await guest.send('GET', `/items/projects/${south.projects[0]!}`)).status).toBe(403);

      // Directus opens to a share what the row is related to as well, such as other projects of its client.
      const rows = await guest.send<{ title: string }[]>('GET', '/items/projects?limit=-1');
      const titles = rows.data.map(({ title }) => title);
      expect(titles).toContain('north-project-1');
      expect(titles.filter((title) => !title.startsWith(north.mark))).toEqual([]);

      const answer = await person.send('POST', '/shares', {
        name: 'share',
        collection: 'projects',
        item: String(own),
        role: south.id,
      });
      expect(answer.status).toBe(400);
    });
  });

  it('for a flow that runs as the role of a tenant', async () => {
    const { north, south, superAdmin, url } = world();
    const trigger = await createReadingFlow(superAdmin, north.id);

    const rows = await send<{ title: string }[]>(url, 'GET', trigger);
    expect(rows.data.map(({ title }) => title).sort()).toEqual([1, 2, 3].map((count) => `north-project-${count}`));
    expect(JSON.stringify(rows.data)).not.toContain(south.mark);
  });

  describe('when the tenant is not active', () => {
    it('refuses its members’ tokens, logins and refreshes, and says why', async () => {
      const { superAdmin, url } = world();
      const tenant = await createTenant(url, superAdmin, 'Closing');
      const { owner } = tenant;
      expect((await owner.send('GET', '/users/me')).status).toBe(200);

      const client = createDirectus(url)
        .with(authentication('json', { autoRefresh: false }))
        .with(rest());
      await client.login({ email: owner.email, password: PASSWORD });

      await runSql(host().database, `UPDATE tenants SET status = 'suspended' WHERE id = ?`, [tenant.id]);

      expect(await owner.send('GET', '/users/me')).toMatchObject({
        status: 403,
        errors: [{ extensions: { code: 'FORBIDDEN' } }],
      });
      await expect(client.refresh()).rejects.toMatchObject({ errors: [{ extensions: { code: 'FORBIDDEN' } }] });
      await expect(login(url, { email: owner.email, password: PASSWORD })).rejects.toMatchObject({
        errors: [{ message: expect.stringContaining('not active') as string }],
      });
    });
  });
});
