import { beforeEach, describe, expect, it } from 'vitest';
import { onEveryDatabase } from '../support/cells.ts';
import { accountWithToken, login, type Account } from '../support/client.ts';
import { createPolicy } from '../support/people.ts';
import { runSql } from '../support/sql.ts';
import { createTenant, must, type WorldTenant } from '../support/world.ts';
import { POLICIES } from '../../src/tenancy/managed.ts';

const PASSWORD = 'correct horse battery';

interface Member {
  id: string;
  level: string;
  user: { id: string; email: string | null; first_name: string | null };
}

interface Level {
  level: string;
  policy: string;
  name: string;
  app_access: boolean;
}

let count = 0;

onEveryDatabase('Who may do what in a tenant', (world, host) => {
  let tenant: Pick<WorldTenant, 'id' | 'slug' | 'owner' | 'editor' | 'viewer'>;

  const path = (...steps: string[]): string => ['/tenancy/tenants', tenant.slug, ...steps].join('/');
  const again = ({ email }: Account): Promise<Account> => login(world().url, { email, password: PASSWORD });

  const memberOf = async ({ email }: Account, slug = tenant.slug): Promise<Member> => {
    const members = await must<Member[]>(world().superAdmin, 'GET', `/tenancy/tenants/${slug}/members`);
    return members.find(({ user }) => user.email === email)!;
  };

  const ownerOf = async (): Promise<string | undefined> =>
    (await must<{ owner: { email: string } | null }>(world().superAdmin, 'GET', path())).owner?.email;

  const actions = async (): Promise<string[]> =>
    (await must<{ action: string }[]>(world().superAdmin, 'GET', path('audit'))).map(({ action }) => action);

  const policiesOf = async ({ email }: Account): Promise<string[]> => {
    const rows = await runSql(
      host().database,
      'SELECT policy FROM directus_access a JOIN directus_users u ON u.id = a.user WHERE u.email = ?'.replaceAll(
        'a.user',
        host().database.kind === 'mariadb' ? 'a.`user`' : 'a."user"',
      ),
      [email],
    );
    return rows.map((row) => String(row['policy'])).sort();
  };

  beforeEach(async () => {
    const { url, superAdmin } = world();
    count += 1;
    tenant = await createTenant(url, superAdmin, `Level${count}`);
  });

  describe('by a policy of the project that is a level', () => {
    let policy: string;

    beforeEach(async () => {
      const { superAdmin } = world();
      policy = await createPolicy(
        superAdmin,
        [
          { collection: 'tags', action: 'create' },
          { collection: 'tags', action: 'update' },
        ],
        { appAccess: true },
      );
      await must(superAdmin, 'PUT', `/tenancy/levels/${policy}`);
    });

    it('can be given by owners, and gives what the policy says in the own tenant alone', async () => {
      const { superAdmin, north } = world();
      const levels = await must<Level[]>(tenant.owner, 'GET', '/tenancy/levels');
      expect(levels.slice(0, 4).map(({ level }) => level)).toEqual(['owner', 'editor', 'viewer', 'api']);
      expect(levels.find(({ level }) => level === policy)).toMatchObject({ policy, app_access: true });

      const { id } = await memberOf(tenant.viewer);
      expect((await tenant.viewer.send('POST', '/items/tags', { name: 'x' })).status).toBe(403);
      const changed = await must<Member>(tenant.owner, 'PATCH', path('members', id), { level: policy });
      expect(changed).toMatchObject({ level: policy, policy, additional_policies: [] });
      expect(await must(tenant.viewer, 'GET', '/tenancy/me')).toMatchObject({ level: policy });

      const tag = await must<{ id: number }>(tenant.viewer, 'POST', '/items/tags', { name: 'x' });
      expect(await must(superAdmin, 'GET', `/items/tags/${tag.id}`)).toMatchObject({ tenant_id: tenant.id });
      expect((await tenant.viewer.send('PATCH', `/items/tags/${north.tags[0]}`, { name: 'taken' })).status).toBe(403);
      expect((await tenant.viewer.send('POST', '/items/projects', { title: 'x' })).status).toBe(403);
      expect(await must<unknown[]>(tenant.viewer, 'GET', '/items/tags')).toHaveLength(1);

      await must(tenant.owner, 'PATCH', path('members', id), { level: 'viewer' });
      expect((await tenant.viewer.send('PATCH', `/items/tags/${tag.id}`, { name: 'y' })).status).toBe(403);
      expect(await policiesOf(tenant.viewer)).toEqual([POLICIES.viewer]);
    });

    it('goes with the tenant in which somebody acts', async () => {
      const { superAdmin, url } = world();
      const other = await createTenant(url, superAdmin, `Elsewhere${count}`);
      await must(superAdmin, 'POST', `/tenancy/tenants/${other.slug}/members`, {
        email: tenant.viewer.email,
        level: policy,
      });
      expect(await policiesOf(tenant.viewer)).toEqual([POLICIES.viewer]);

      const there = await must<{ access_token: string }>(tenant.viewer, 'POST', '/tenancy/me/tenant', {
        tenant: other.slug,
      });
      expect(await policiesOf(tenant.viewer)).toEqual([policy]);
      const person = accountWithToken(url, there.access_token);
      await must(person, 'POST', '/items/tags', { name: 'x' });

      const { id } = await memberOf(tenant.viewer, other.slug);
      await must(superAdmin, 'DELETE', `/tenancy/tenants/${other.slug}/members/${id}`);
      expect(await policiesOf(tenant.viewer)).toEqual([POLICIES.viewer]);
      expect(await must<unknown[]>(await again(tenant.viewer), 'GET', '/items/tags')).toHaveLength(0);
    });

    it('stays with who has it when it is a level no more, and is given to nobody else', async () => {
      const { superAdmin } = world();
      await must(superAdmin, 'PATCH', path('members', (await memberOf(tenant.viewer)).id), { level: policy });
      await must(superAdmin, 'DELETE', `/tenancy/levels/${policy}`);

      await must(await again(tenant.viewer), 'POST', '/items/tags', { name: 'x' });
      expect((await must<Level[]>(superAdmin, 'GET', '/tenancy/levels')).map(({ level }) => level)).not.toContain(
        policy,
      );

      const { id } = await memberOf(tenant.editor);
      expect(await superAdmin.send('PATCH', path('members', id), { level: policy })).toMatchObject({
        status: 400,
        errors: [{ extensions: { code: 'INVALID_PAYLOAD', field: 'level' } }],
      });
      expect((await memberOf(tenant.editor)).level).toBe('editor');
    });

    it('is deleted by nobody while it is the level of a member', async () => {
      const { superAdmin } = world();
      const { id } = await memberOf(tenant.viewer);
      await must(superAdmin, 'PATCH', path('members', id), { level: policy });
      const answer = await superAdmin.send('DELETE', `/policies/${policy}`);
      expect(answer).toMatchObject({ status: 403, errors: [{ message: expect.stringContaining('is the level of') }] });

      await must(superAdmin, 'PATCH', path('members', id), { level: 'viewer' });
      await must(superAdmin, 'DELETE', `/policies/${policy}`);
      expect((await must<Level[]>(superAdmin, 'GET', '/tenancy/levels')).map(({ level }) => level)).not.toContain(
        policy,
      );
    });

    it('never gives admin access', async () => {
      const { superAdmin } = world();
      const { data: admin } = await superAdmin.send<{ id: string }>('POST', '/policies', {
        name: 'Admins',
        admin_access: true,
      });

      expect(await superAdmin.send('PUT', `/tenancy/levels/${admin.id}`)).toMatchObject({
        status: 400,
        errors: [{ extensions: { field: 'policy' } }],
      });

      // Nobody has it yet.
      expect(await superAdmin.send('PATCH', `/policies/${policy}`, { admin_access: true })).toMatchObject({
        status: 400,
        errors: [{ extensions: { field: 'admin_access' } }],
      });

      const on = host().database.kind === 'sqlite' ? '1' : 'true';
      await runSql(host().database, `UPDATE directus_policies SET admin_access = ${on} WHERE id = ?`, [policy]);
      const { id } = await memberOf(tenant.viewer);
      expect((await superAdmin.send('PATCH', path('members', id), { level: policy })).status).toBe(400);
      expect(await policiesOf(tenant.viewer)).toEqual([POLICIES.viewer]);
    });

    it('is made by super-admins alone, of policies that are there and not managed', async () => {
      const { superAdmin, url } = world();
      for (const account of [tenant.owner, tenant.viewer, accountWithToken(url, '')]) {
        for (const method of ['PUT', 'DELETE']) {
          expect((await account.send(method, `/tenancy/levels/${policy}`)).status).toBeGreaterThanOrEqual(401);
        }
      }
      for (const account of [tenant.editor, tenant.viewer]) {
        expect((await account.send('GET', '/tenancy/levels')).status).toBe(403);
      }

      expect((await superAdmin.send('PUT', `/tenancy/levels/${crypto.randomUUID()}`)).status).toBe(404);
      expect((await superAdmin.send('PUT', '/tenancy/levels/nothing')).status).toBe(404);
      expect((await superAdmin.send('PUT', `/tenancy/levels/${POLICIES.member}`)).status).toBe(400);

      const plain = await createPolicy(superAdmin, []);
      const { id } = await memberOf(tenant.viewer);
      for (const level of [plain, POLICIES.member, 'boss', '', 7]) {
        expect(await tenant.owner.send('PATCH', path('members', id), { level })).toMatchObject({
          status: 400,
          errors: [{ extensions: { field: 'level' } }],
        });
      }
    });

    it('goes with an erased tenant from who stays', async () => {
      const { superAdmin, url } = world();
      const other = await createTenant(url, superAdmin, `Closed${count}`);
      await must(superAdmin, 'POST', path('members'), { email: other.viewer.email, level: 'viewer' });
      await must(
        superAdmin,
        'PATCH',
        `/tenancy/tenants/${other.slug}/members/${(await memberOf(other.viewer, other.slug)).id}`,
        {
          level: policy,
        },
      );
      // Nobody looks for it by its being a level.
      await must(superAdmin, 'DELETE', `/tenancy/levels/${policy}`);
      // With nowhere to go on, the person acts there until the end.
      await must(superAdmin, 'POST', path('suspend'));
      await must(superAdmin, 'DELETE', `/tenancy/tenants/${other.slug}?confirm=${other.slug}`);
      await must(superAdmin, 'POST', path('resume'));
      expect(await policiesOf(other.viewer)).toEqual([POLICIES.viewer]);
    });
  });

  describe('when a tenant is handed over', () => {
    it('goes from one owner to a member in one call', async () => {
      const next = await memberOf(tenant.editor);
      expect(await ownerOf()).toBe(tenant.owner.email);
      const answer = await must<Member>(tenant.owner, 'POST', path('transfer'), { member: next.id });
      expect(answer).toMatchObject({ id: next.id, level: 'owner' });
      expect(await ownerOf()).toBe(tenant.editor.email);
      expect((await memberOf(tenant.owner)).level).toBe('editor');

      await must(tenant.editor, 'GET', path('members'));
      expect((await tenant.owner.send('GET', path('members'))).status).toBe(403);
      await must(tenant.owner, 'POST', '/items/tags', { name: 'x' });
      expect((await actions())[0]).toBe('ownership.transferred');
    });

    it('leaves the former owner the level that is named', async () => {
      const { superAdmin } = world();
      const next = await memberOf(tenant.editor);
      await must(superAdmin, 'POST', path('transfer'), { member: next.id, level: 'viewer' });
      expect((await memberOf(tenant.owner)).level).toBe('viewer');
      expect((await tenant.owner.send('POST', '/items/tags', { name: 'x' })).status).toBe(403);
    });

    it('is refused where the tenant would have no owner who can log in', async () => {
      const { superAdmin, south } = world();
      const owner = await memberOf(tenant.owner);
      const viewer = await memberOf(tenant.viewer);
      const token = await must<{ id: string }>(tenant.owner, 'POST', path('tokens'), { name: 'Shop' });
      const { id: invited } = await must<Member>(superAdmin, 'POST', path('members'), {
        email: `soon@${tenant.slug}.example.com`,
        level: 'viewer',
      });
      const { user } = await memberOf({ email: `soon@${tenant.slug}.example.com` } as Account);
      await must(superAdmin, 'PATCH', `/users/${user.id}`, { status: 'invited' });

      for (const [account, body, status, field] of [
        [tenant.owner, { member: owner.id }, 400, 'member'],
        [tenant.owner, { member: viewer.id, from: viewer.id }, 400, 'from'],
        [tenant.owner, { member: viewer.id, level: 'owner' }, 400, 'level'],
        [tenant.owner, { member: viewer.id, level: 'boss' }, 400, 'level'],
        [tenant.owner, {}, 400, 'member'],
        [tenant.owner, { member: invited }, 409, undefined],
        [tenant.owner, { member: token.id }, 409, undefined],
        [tenant.owner, { member: (await memberOf(south.owner, 'south')).id }, 403, undefined],
        [tenant.owner, { member: 'nobody' }, 403, undefined],
        [superAdmin, { member: 'nobody' }, 404, undefined],
        [tenant.editor, { member: viewer.id }, 403, undefined],
        [south.owner, { member: viewer.id }, 403, undefined],
      ] as const) {
        const answer = await account.send('POST', path('transfer'), body);
        expect([answer.status, answer.errors[0]?.extensions['field']], JSON.stringify(body)).toEqual([status, field]);
      }

      expect(await ownerOf()).toBe(tenant.owner.email);
      expect((await memberOf(tenant.owner)).level).toBe('owner');
    });

    it('is only the own ownership that an owner hands over', async () => {
      const { superAdmin } = world();
      const [second, viewer] = [await memberOf(tenant.editor), await memberOf(tenant.viewer)];
      await must(superAdmin, 'PATCH', path('members', second.id), { level: 'owner' });
      expect(await tenant.owner.send('POST', path('transfer'), { member: viewer.id, from: second.id })).toMatchObject({
        status: 400,
        errors: [{ extensions: { field: 'from' } }],
      });
      await must(superAdmin, 'POST', path('transfer'), { member: viewer.id, from: second.id });
      expect((await memberOf(tenant.editor)).level).toBe('editor');
      expect((await memberOf(tenant.owner)).level).toBe('owner');
    });

    it('names another owner when the one it names is none any more', async () => {
      const { superAdmin } = world();
      await must(superAdmin, 'PATCH', path('members', (await memberOf(tenant.editor)).id), { level: 'owner' });
      expect(await ownerOf()).toBe(tenant.owner.email);
      await must(superAdmin, 'DELETE', path('members', (await memberOf(tenant.owner)).id));
      expect(await ownerOf()).toBe(tenant.editor.email);
    });
  });

  describe('when somebody leaves', () => {
    it('goes on in another tenant, or in none', async () => {
      const { superAdmin } = world();
      await must(superAdmin, 'POST', '/tenancy/tenants/north/members', { email: tenant.viewer.email, level: 'viewer' });
      await must(tenant.viewer, 'DELETE', `/tenancy/me/memberships/${tenant.slug}`);
      expect((await tenant.viewer.send('GET', '/items/projects')).status).toBe(401);

      const person = await again(tenant.viewer);
      expect(await must(person, 'GET', '/tenancy/me')).toMatchObject({ tenant: { slug: 'north' } });
      await must(person, 'DELETE', `/tenancy/me/memberships/${world().north.id}`);
      expect(await must(await again(person), 'GET', '/tenancy/me')).toMatchObject({ tenant: null, memberships: [] });
      expect(await policiesOf(person)).toEqual([]);
      expect((await actions())[0]).toBe('member.left');
    });

    it('waits in a tenant that is closed, where there is no other', async () => {
      const { superAdmin, url } = world();
      const other = await createTenant(url, superAdmin, `Waiting${count}`);
      await must(superAdmin, 'POST', `/tenancy/tenants/${other.slug}/members`, {
        email: tenant.viewer.email,
        level: 'viewer',
      });
      await must(superAdmin, 'POST', `/tenancy/tenants/${other.slug}/suspend`);
      await must(tenant.viewer, 'DELETE', `/tenancy/me/memberships/${tenant.slug}`);
      await expect(again(tenant.viewer)).rejects.toBeDefined();

      await must(superAdmin, 'POST', `/tenancy/tenants/${other.slug}/resume`);
      expect(await must(await again(tenant.viewer), 'GET', '/tenancy/me')).toMatchObject({
        tenant: { slug: other.slug },
        level: 'viewer',
      });
    });

    it('is refused to the only owner', async () => {
      expect((await tenant.owner.send('DELETE', `/tenancy/me/memberships/${tenant.slug}`)).status).toBe(409);
      expect((await memberOf(tenant.owner)).level).toBe('owner');
    });

    it('tells nothing of tenants of others', async () => {
      const { south, superAdmin } = world();
      for (const account of [tenant.viewer, superAdmin]) {
        for (const name of [south.slug, south.id, 'nobody', crypto.randomUUID()]) {
          expect(await account.send('DELETE', `/tenancy/me/memberships/${name}`)).toMatchObject({
            status: 403,
            errors: [{ extensions: { code: 'FORBIDDEN' } }],
          });
        }
      }
    });
  });

  describe('as a program with a token', () => {
    const create = (name = 'Shop'): Promise<{ id: string; user: string; token: string }> =>
      must(tenant.owner, 'POST', path('tokens'), { name });

    it('reads and writes in the own tenant, and is told nowhere again', async () => {
      const { superAdmin, north, url } = world();
      const { id, user, token } = await create();
      const program = accountWithToken(url, token);

      const tag = await must<{ id: number }>(program, 'POST', '/items/tags', { name: 'x' });
      expect(await must(superAdmin, 'GET', `/items/tags/${tag.id}`)).toMatchObject({ tenant_id: tenant.id });
      expect(await must<unknown[]>(program, 'GET', '/items/tags')).toHaveLength(1);
      expect((await program.send('GET', `/items/tags/${north.tags[0]}`)).status).toBe(403);
      expect(await must(program, 'GET', '/tenancy/me')).toMatchObject({ tenant: { id: tenant.id }, level: 'api' });

      for (const route of [path('members'), path('tokens'), '/tenancy/levels']) {
        expect((await program.send('GET', route)).status).toBe(403);
      }
      expect((await program.send('DELETE', `/tenancy/me/memberships/${tenant.slug}`)).status).toBe(403);
      expect((await program.send('POST', path('tokens'), { name: 'Another' })).status).toBe(403);

      expect(await must(tenant.owner, 'GET', path('tokens'))).toEqual([{ id, user, name: 'Shop' }]);
      for (const [account, route] of [
        [superAdmin, path('tokens')],
        [superAdmin, path('members')],
        [superAdmin, path('audit')],
        [superAdmin, `/users/${user}`],
        [tenant.owner, `/users/${user}`],
      ] as const) {
        expect(JSON.stringify(await must(account, 'GET', route)), route).not.toContain(token);
      }
      expect(await actions()).toContain('token.created');
    });

    it('has no way into the Data Studio, and no password', async () => {
      const { url, superAdmin } = world();
      const { token, user } = await create();
      const { data } = await accountWithToken(url, token).send<{ app_access: boolean }>('GET', '/policies/me/globals');
      expect(data.app_access).toBe(false);
      expect(await must(superAdmin, 'GET', `/users/${user}?fields=email,password,status`)).toEqual({
        email: null,
        password: null,
        status: 'active',
      });
    });

    it('ends with the next request when it is revoked, and rows go on telling who wrote them', async () => {
      const { superAdmin, url } = world();
      const { id, user, token } = await create();
      const program = accountWithToken(url, token);
      await must(program, 'POST', '/items/tags', { name: 'x' });

      await must(tenant.owner, 'DELETE', path('tokens', id));
      expect((await program.send('GET', '/items/tags')).status).toBe(401);
      expect(await must(tenant.owner, 'GET', path('tokens'))).toEqual([]);
      expect(await must(superAdmin, 'GET', `/users/${user}?fields=status,token,role`)).toEqual({
        status: 'archived',
        token: null,
        role: tenant.id,
      });
      expect((await actions())[0]).toBe('token.revoked');

      const report = await must<{ checks: { id: string; status: string }[] }>(superAdmin, 'GET', '/tenancy/doctor');
      expect(report.checks.find(({ id }) => id === 'memberships')).toMatchObject({ status: 'pass' });
      expect((await tenant.owner.send('DELETE', path('tokens', id))).status).toBe(403);
    });

    it('stops while the tenant is closed', async () => {
      const { superAdmin, url } = world();
      const program = accountWithToken(url, (await create()).token);
      await must(superAdmin, 'POST', path('suspend'));
      expect((await program.send('GET', '/items/tags')).status).toBe(403);
      await must(superAdmin, 'POST', path('resume'));
      await must(program, 'GET', '/items/tags');
    });

    it('stays what it is, and is revoked as a member too', async () => {
      const { url } = world();
      const { id, token } = await create();
      expect((await tenant.owner.send('PATCH', path('members', id), { level: 'owner' })).status).toBe(409);
      await must(tenant.owner, 'DELETE', path('members', id));
      expect((await accountWithToken(url, token).send('GET', '/items/tags')).status).toBe(401);
    });

    it('is made and revoked by owners of the tenant and super-admins alone', async () => {
      const { south, superAdmin } = world();
      const { id } = await create();
      for (const account of [tenant.editor, tenant.viewer, south.owner]) {
        expect((await account.send('GET', path('tokens'))).status).toBe(403);
        expect((await account.send('POST', path('tokens'), { name: 'x' })).status).toBe(403);
        expect((await account.send('DELETE', path('tokens', id))).status).toBe(403);
      }
      expect((await south.owner.send('DELETE', `/tenancy/tenants/south/tokens/${id}`)).status).toBe(403);
      const person = await memberOf(tenant.viewer);
      expect((await superAdmin.send('DELETE', path('tokens', person.id))).status).toBe(404);
      expect((await memberOf(tenant.viewer)).level).toBe('viewer');

      for (const [body, field] of [
        [{}, 'name'],
        [{ name: ' ' }, 'name'],
        [{ name: 'x'.repeat(51) }, 'name'],
        [{ name: 'x', level: 'owner' }, 'level'],
      ] as const) {
        expect(await tenant.owner.send('POST', path('tokens'), body)).toMatchObject({
          status: 400,
          errors: [{ extensions: { field } }],
        });
      }
      await must(superAdmin, 'DELETE', path('tokens', id));
    });
  });
});
