import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { inEveryCell } from '../support/cells.ts';
import { accountWithToken, login, send, type Account } from '../support/client.ts';
import { Mailbox } from '../support/mailbox.ts';
import { createPolicy } from '../support/people.ts';
import { createTenant, must, type WorldTenant } from '../support/world.ts';

const PASSWORD = 'correct horse battery';

const mailbox = new Mailbox();

afterAll(() => mailbox.remove());

type Tenant = Pick<WorldTenant, 'id' | 'slug' | 'owner' | 'editor' | 'viewer'>;

let count = 0;

inEveryCell(
  'The life of a tenant',
  (world) => {
    let tenant: Tenant;
    let project: number;

    const set = (action: 'suspend' | 'resume' | 'archive', slug = tenant.slug): Promise<{ status: string }> =>
      must(world().superAdmin, 'POST', `/tenancy/tenants/${slug}/${action}`);

    const tenantOf = async (account: Account): Promise<string | undefined> =>
      (await must<{ tenant: { slug: string } | null }>(account, 'GET', '/tenancy/me')).tenant?.slug;

    const again = ({ email }: Account): Promise<Account> => login(world().url, { email, password: PASSWORD });

    beforeEach(async () => {
      const { url, superAdmin } = world();
      count += 1;
      tenant = await createTenant(url, superAdmin, `Life${count}`);
      project = (await must<{ id: number }>(tenant.owner, 'POST', '/items/projects', { title: `life${count}-project` }))
        .id;
    });

    describe('when it is suspended', () => {
      it('ends every way in, at the next request, and no way into another tenant', async () => {
        const { url, superAdmin, south } = world();
        const { owner, editor, viewer } = tenant;

        const session = await send(url, 'POST', '/auth/login', {
          body: { email: viewer.email, password: PASSWORD, mode: 'session' },
        });
        const cookie = session.headers.get('set-cookie')!.split(';')[0]!;
        const { id: editorId } = await must<{ id: string }>(editor, 'GET', '/users/me?fields=id');
        await must(superAdmin, 'PATCH', `/users/${editorId}`, { token: `static-${tenant.slug}` });
        const program = accountWithToken(url, `static-${tenant.slug}`);
        expect(await must<unknown[]>(program, 'GET', '/items/projects')).toHaveLength(1);

        expect(await set('suspend')).toMatchObject({ status: 'suspended', slug: tenant.slug });

        for (const account of [owner, editor, viewer, program]) {
          for (const [method, path, body] of [
            ['GET', '/items/projects'],
            ['GET', '/users/me'],
            ['GET', '/tenancy/me'],
            ['POST', '/graphql', { query: '{ projects { id } }' }],
            ['PATCH', `/items/projects/${project}`, { title: 'x' }],
          ] as const) {
            expect((await account.send(method, path, body)).status, path).toBe(403);
          }
        }

        expect((await send(url, 'GET', '/items/projects', { headers: { Cookie: cookie } })).status).toBe(401);
        for (const account of [owner, editor]) {
          const body = { refresh_token: account.refreshToken, mode: 'json' };
          expect((await send(url, 'POST', '/auth/refresh', { body })).status).toBe(401);
        }
        const answer = await send(url, 'POST', '/auth/login', { body: { email: owner.email, password: PASSWORD } });
        expect(answer.status).toBe(403);
        expect(answer.errors[0]?.message).toContain('not active');

        expect(await must<unknown[]>(south.owner, 'GET', '/items/projects')).toHaveLength(3);
        expect(await must<unknown[]>(superAdmin, 'GET', `/items/projects?filter[id]=${project}`)).toHaveLength(1);
      });

      it('closes its shares', async () => {
        const { url, superAdmin } = world();
        const policy = await createPolicy(superAdmin, [
          { collection: 'directus_shares', action: 'create' },
          { collection: 'directus_shares', action: 'read' },
        ]);
        const { id } = await must<{ id: string }>(tenant.owner, 'GET', '/users/me?fields=id');
        await must(superAdmin, 'POST', '/access', { user: id, policy });
        const share = await must<{ id: string }>(tenant.owner, 'POST', '/shares', {
          name: 'share',
          collection: 'projects',
          item: String(project),
          role: tenant.id,
        });
        const open = async (): Promise<Account> => {
          const { data } = await send<{ access_token: string }>(url, 'POST', '/shares/auth', {
            body: { share: share.id },
          });
          return accountWithToken(url, data.access_token);
        };

        const guest = await open();
        expect((await guest.send('GET', `/items/projects/${project}`)).status).toBe(200);
        await set('suspend');
        expect((await guest.send('GET', `/items/projects/${project}`)).status).toBe(403);
        await set('resume');
        expect((await (await open()).send('GET', `/items/projects/${project}`)).status).toBe(200);
      });

      it('resets no password, with a link from before, and sends none', async () => {
        const { url } = world();
        const { owner, viewer } = tenant;
        const ask = (email: string): Promise<unknown> =>
          send(url, 'POST', '/auth/password/request', { body: { email } });

        await ask(viewer.email);
        await expect.poll(() => mailbox.tokensTo(viewer.email)).toHaveLength(1);
        const [token] = mailbox.tokensTo(viewer.email);
        const reset = (): ReturnType<typeof send> =>
          send(url, 'POST', '/auth/password/reset', { body: { token, password: PASSWORD } });

        await set('suspend');
        expect((await reset()).status).toBe(403);
        await ask(owner.email);
        await ask(world().south.viewer.email);
        await expect.poll(() => mailbox.tokensTo(world().south.viewer.email).length).toBeGreaterThan(0);
        expect(mailbox.tokensTo(owner.email)).toHaveLength(0);

        await set('resume');
        expect((await reset()).status).toBeLessThan(300);
      });

      it('is as it was after it was resumed', async () => {
        const { url } = world();
        await set('suspend');
        await set('suspend');
        expect(await set('resume')).toMatchObject({ status: 'active' });
        await set('resume');

        for (const account of [tenant.owner, tenant.editor, tenant.viewer]) {
          const back = await again(account);
          expect(await must<unknown[]>(back, 'GET', '/items/projects')).toHaveLength(1);
          expect(await tenantOf(back)).toBe(tenant.slug);
        }
        expect(
          (
            await send(url, 'PATCH', `/items/projects/${project}`, {
              token: (await again(tenant.viewer)).token,
              body: {},
            })
          ).status,
        ).toBe(403);
      });
    });

    describe('when it is archived', () => {
      it('is read by its owners, and written by nobody', async () => {
        await set('archive');
        const owner = await again(tenant.owner);

        for (const [method, path, body] of [
          ['GET', '/items/projects'],
          ['SEARCH', '/items/projects', { query: {} }],
          ['POST', '/graphql', { query: '{ projects { id } }' }],
          ['GET', '/users/me'],
          ['GET', `/tenancy/tenants/${tenant.slug}/members`],
          ['PATCH', '/users/me/track/page', { last_page: '/content' }],
        ] as const) {
          expect((await owner.send(method, path, body)).status, path).toBeLessThan(300);
        }

        for (const [method, path, body] of [
          ['POST', '/items/projects', { title: 'x' }],
          ['PATCH', `/items/projects/${project}`, { title: 'x' }],
          ['DELETE', `/items/projects/${project}`],
          ['POST', '/graphql', { query: `mutation { delete_projects_item(id: ${project}) { id } }` }],
          ['PATCH', '/users/me', { first_name: 'x' }],
          ['POST', '/utils/sort/projects', { item: project, to: project }],
          ['POST', `/tenancy/tenants/${tenant.slug}/members`, { email: 'x@example.com', level: 'owner' }],
        ] as const) {
          const answer = await owner.send(method, path, body);
          expect(answer.status, path).toBe(403);
          expect(answer.errors[0]?.message, path).toContain('archived');
        }

        for (const account of [tenant.editor, tenant.viewer]) {
          expect((await account.send('GET', '/items/projects')).status).toBe(403);
        }
        await set('resume');
        expect(
          (await (await again(tenant.editor)).send('PATCH', `/items/projects/${project}`, { title: 'y' })).status,
        ).toBe(200);
      });
    });

    describe('for who belongs to several tenants', () => {
      let person: Account;

      beforeEach(async () => {
        const { superAdmin } = world();
        person = tenant.editor;
        const added = await must<{ level: string; active: boolean }>(
          superAdmin,
          'POST',
          '/tenancy/tenants/north/members',
          {
            email: person.email,
            level: 'viewer',
          },
        );
        expect(added).toMatchObject({ level: 'viewer', active: false });
      });

      it('goes on in the next one while this is closed, and comes back', async () => {
        await set('suspend');
        expect(await person.send('GET', '/items/projects')).toMatchObject({
          status: 401,
          errors: [{ extensions: { code: 'TOKEN_EXPIRED' } }],
        });

        const elsewhere = await again(person);
        expect(await tenantOf(elsewhere)).toBe('north');
        expect(await must<unknown[]>(elsewhere, 'GET', '/items/projects')).toHaveLength(3);
        expect((await elsewhere.send('POST', '/items/projects', { title: 'x' })).status).toBe(403);

        await set('resume');
        expect((await elsewhere.send('GET', '/items/projects')).status).toBe(401);
        expect(await tenantOf(await again(person))).toBe(tenant.slug);
        expect((await (await again(person)).send('POST', '/items/projects', { title: 'x' })).status).toBe(200);
      });

      it('stays where the person chose to be', async () => {
        await set('suspend');
        await must(await again(person), 'POST', '/tenancy/me/tenant', { tenant: 'north' });
        await set('resume');
        expect(await tenantOf(await again(person))).toBe('north');
      });

      it('goes on twice, and comes back to where it began', async () => {
        const { superAdmin, url } = world();
        const other = await createTenant(url, superAdmin, `Another${count}`);
        await must(superAdmin, 'POST', `/tenancy/tenants/${other.slug}/members`, {
          email: person.email,
          level: 'viewer',
        });

        await set('suspend');
        expect(await tenantOf(await again(person))).toBe(other.slug);
        await set('suspend', other.slug);
        expect(await tenantOf(await again(person))).toBe('north');
        await set('resume');
        await set('resume', other.slug);
        expect(await tenantOf(await again(person))).toBe(tenant.slug);
      });

      it('switches, and acts with the level of each', async () => {
        const { data } = await person.send<{ access_token: string; expires: number }>('POST', '/tenancy/me/tenant', {
          tenant: 'north',
        });
        expect(data.expires).toBeGreaterThan(0);
        expect((await person.send('GET', '/items/projects')).status).toBe(401);

        const there = accountWithToken(world().url, data.access_token);
        expect(await tenantOf(there)).toBe('north');
        expect(await must<unknown[]>(there, 'GET', '/items/projects')).toHaveLength(3);
        expect((await there.send('POST', '/items/projects', { title: 'x' })).status).toBe(403);

        const back = await must<{ access_token: string }>(there, 'POST', '/tenancy/me/tenant', { tenant: tenant.id });
        const here = accountWithToken(world().url, back.access_token);
        expect(await must<unknown[]>(here, 'GET', '/items/projects')).toHaveLength(1);
        expect((await here.send('POST', '/items/projects', { title: 'x' })).status).toBe(200);
      });

      it('keeps the session of the Data Studio in the new tenant', async () => {
        const { url } = world();
        const cookieOf = ({ headers }: { headers: Headers }): string => headers.get('set-cookie')!.split(';')[0]!;
        const session = await send(url, 'POST', '/auth/login', {
          body: { email: person.email, password: PASSWORD, mode: 'session' },
        });
        const switched = await send(url, 'POST', '/tenancy/me/tenant', {
          body: { tenant: 'north' },
          headers: { Cookie: cookieOf(session) },
        });
        expect(switched.status).toBe(200);
        expect(switched.headers.get('set-cookie')).toMatch(/HttpOnly/i);

        const rows = await send<unknown[]>(url, 'GET', '/items/projects', { headers: { Cookie: cookieOf(switched) } });
        expect(rows.data).toHaveLength(3);
        expect((await send(url, 'GET', '/items/projects', { headers: { Cookie: cookieOf(session) } })).status).toBe(
          401,
        );
      });

      it('switches into no tenant of others, none that is closed, and none that is not there', async () => {
        const { south } = world();
        const answers = [];
        for (const name of [south.slug, south.id, 'nobody', crypto.randomUUID()]) {
          answers.push(await person.send('POST', '/tenancy/me/tenant', { tenant: name }));
        }
        await set('suspend', 'north');
        answers.push(await person.send('POST', '/tenancy/me/tenant', { tenant: 'north' }));
        await set('resume', 'north');

        for (const { status, errors } of answers) {
          expect(status).toBe(400);
          expect(errors).toEqual(answers[0]!.errors);
        }
        expect(await tenantOf(person)).toBe(tenant.slug);
      });
    });

    it('is the business of super-admins alone', async () => {
      const { north, south, superAdmin, url } = world();
      for (const action of ['suspend', 'resume', 'archive']) {
        for (const account of [north.owner, north.viewer]) {
          for (const slug of ['north', 'south', 'nobody']) {
            expect((await account.send('POST', `/tenancy/tenants/${slug}/${action}`)).status).toBe(403);
          }
        }
        expect((await send(url, 'POST', `/tenancy/tenants/south/${action}`)).status).toBe(403);
        expect((await superAdmin.send('POST', `/tenancy/tenants/nobody/${action}`)).status).toBe(404);
      }
      expect((await south.owner.send('GET', '/items/projects')).status).toBe(200);
    });
  },
  { env: mailbox.env },
);
