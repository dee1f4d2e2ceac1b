import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Database } from '../../scripts/hosts/databases.ts';
import { startHost, type Host } from '../../scripts/hosts/host.ts';
import { POLICIES, TENANTS_ROLE } from '../../src/tenancy/managed.ts';
import { UNCACHED } from '../support/cells.ts';
import { accountWithToken, login, send, type Account } from '../support/client.ts';
import {
  loginThroughProvider,
  startIdentityProvider,
  type Claims,
  type IdentityProvider,
} from '../support/identity-provider.ts';
import { Mailbox } from '../support/mailbox.ts';
import { startOpenIdProvider } from '../support/openid-provider.ts';
import { runSql } from '../support/sql.ts';
import { createTenant, must, TENANT_COLLECTIONS, type World } from '../support/world.ts';
import { startWorld } from '../support/worlds.ts';

const PASSWORD = 'correct horse battery';

describe.each(UNCACHED)('Whoever comes by themselves (Directus $directus, $database)', (cell) => {
  const mailbox = new Mailbox();
  const env = {
    ...mailbox.env,
    RATE_LIMITER_REGISTRATION_ENABLED: 'false',
    REGISTER_STALL_TIME: '0',
    LOGIN_STALL_TIME: '0',
  };
  let host: Host;
  let database: Database;
  let world: World;
  let provider: IdentityProvider;
  let openId: IdentityProvider;
  let claims: Claims | undefined;

  beforeAll(async () => {
    provider = await startIdentityProvider(() => claims);
    openId = await startOpenIdProvider(() => claims);
    ({ host, world } = await startWorld({ ...cell, env }));
    ({ database } = host);
  });

  afterAll(async () => {
    await host?.stop();
    await database?.drop();
    await provider?.stop();
    await openId?.stop();
    mailbox.remove();
  });

  const sql = (statement: string, ...values: string[]) => runSql(database, statement, values);

  const userOf = async (email: string): Promise<{ id: string; role: string | null; status: string }> => {
    const [row] = await sql('SELECT id, role, status FROM directus_users WHERE email = ?', email);
    if (!row) throw new Error(`Nobody has the address ${email}.`);
    return row as never;
  };

  const roleOf = async (email: string): Promise<unknown> => (await userOf(email)).role;

  /** Where somebody is a member, and as what. */
  const membershipsOf = async (email: string): Promise<Record<string, unknown>> => {
    const rows = await sql('SELECT tenant_id, policy FROM tenant_members WHERE user_id = ?', (await userOf(email)).id);
    return Object.fromEntries(rows.map((row) => [row['tenant_id'], row['policy']]));
  };

  const policiesOf = async (email: string): Promise<unknown[]> => {
    const user = database.kind === 'mariadb' ? '`user`' : '"user"';
    const rows = await sql(`SELECT policy FROM directus_access WHERE ${user} = ?`, (await userOf(email)).id);
    return rows.map(({ policy }) => policy);
  };

  /** What the audit trail of a tenant says of a user. */
  const auditOf = async (tenant: string, email: string): Promise<string[]> => {
    const { id } = await userOf(email);
    const entries = await must<{ action: string; details: { member?: string } }[]>(
      world.superAdmin,
      'GET',
      `/tenancy/tenants/${tenant}/audit?limit=1000`,
    );
    return entries.filter(({ details }) => details.member === id).map(({ action }) => action);
  };

  const seesNothing = async (account: Account): Promise<void> => {
    for (const collection of [...TENANT_COLLECTIONS, 'tenants', 'tenant_members']) {
      const answer = await account.send<unknown[]>('GET', `/items/${collection}`);
      expect([403, 200], collection).toContain(answer.status);
      if (answer.status === 200) expect(answer.data, collection).toEqual([]);
    }

    const { tenant } = await must<{ tenant: unknown }>(account, 'GET', '/tenancy/me');
    expect(tenant).toBeNull();
  };

  /** Is a member who may read, and write if it is an editor, and meets nobody else's rows. */
  const actsIn = async (
    account: Account,
    tenant: 'north' | 'south',
    email: string,
    level: 'viewer' | 'editor' = 'viewer',
  ): Promise<void> => {
    expect(await roleOf(email)).toBe(world[tenant].id);
    expect((await membershipsOf(email))[world[tenant].id]).toBe(POLICIES[level]);
    expect(await policiesOf(email)).toEqual([POLICIES[level]]);

    const me = await must<{ tenant: { slug: string }; level: string }>(account, 'GET', '/tenancy/me');
    expect(me).toMatchObject({ tenant: { slug: tenant }, level });

    const projects = await must<{ title: string }[]>(account, 'GET', '/items/projects');
    expect(projects.length).toBeGreaterThan(0);
    for (const { title } of projects) expect(title).toMatch(new RegExp(`^${tenant}`));

    const write = await account.send<{ id: number }>('POST', '/items/tags', { name: `${tenant}-landed` });
    expect(write.status).toBe(level === 'editor' ? 200 : 403);
    if (write.status === 200) await must(account, 'DELETE', `/items/tags/${write.data.id}`);
  };

  /** Starts Directus again on the same project with other variables. */
  const restart = async (more: Record<string, string>): Promise<void> => {
    await host.stop();
    host = await startHost({ directus: cell.directus, database, env: { ...env, ...more } });
    world.superAdmin = await login(host.url, host.superAdmin);
    world.north.owner = await login(host.url, { email: world.north.owner.email, password: PASSWORD });
  };

  const comeAs = async (email: string, ...groups: string[]): Promise<Account> => {
    claims = { email, groups };
    return accountWithToken(host.url, await loginThroughProvider(host.url));
  };

  const register = async (email: string, body: object = {}): Promise<void> => {
    const answer = await send(host.url, 'POST', '/users/register', { body: { email, password: PASSWORD, ...body } });
    expect(answer.status).toBe(204);
  };

  describe('by registration', () => {
    const open = (role: string | null, verify = false): Promise<unknown> =>
      must(world.superAdmin, 'PATCH', '/settings', {
        public_registration: true,
        public_registration_verify_email: verify,
        public_registration_role: role,
      });

    it('never gets the role that is the parent of all tenants', async () => {
      for (const role of [TENANTS_ROLE, TENANTS_ROLE.toUpperCase(), { id: TENANTS_ROLE }]) {
        const settings = { public_registration: true, public_registration_role: role };
        expect(await world.superAdmin.send('PATCH', '/settings', settings)).toMatchObject({
          status: 400,
          errors: [{ extensions: { field: 'public_registration_role' } }],
        });
      }

      await open(null);
      await sql('UPDATE directus_settings SET public_registration_role = ?', TENANTS_ROLE);
      await must(world.superAdmin, 'POST', '/utils/cache/clear?system');
      const email = 'parent@example.com';
      const body = { email, password: PASSWORD };
      expect((await send(host.url, 'POST', '/users/register', { body })).status).toBe(400);
      expect(await sql('SELECT id FROM directus_users WHERE email = ?', email)).toEqual([]);
    });

    it('belongs to no tenant where the settings name none', async () => {
      const email = 'nowhere@example.com';
      await open(null);
      await register(email);
      expect(await roleOf(email)).toBeNull();
      expect(await membershipsOf(email)).toEqual({});
      await seesNothing(await login(host.url, { email, password: PASSWORD }));
    });

    it('becomes a member of the tenant that the settings name, with the least level', async () => {
      const email = 'registered@example.com';
      await open(world.north.id);
      await register(email, { first_name: 'Nora' });
      await actsIn(await login(host.url, { email, password: PASSWORD }), 'north', email);
      expect(await membershipsOf(email)).toEqual({ [world.north.id]: POLICIES.viewer });
      await expect.poll(() => auditOf('north', email)).toEqual(['member.added']);

      const members = await must<{ user: { email: string }; level: string }[]>(
        world.north.owner,
        'GET',
        '/tenancy/tenants/north/members',
      );
      expect(members.find(({ user }) => user.email === email)).toMatchObject({ level: 'viewer' });
    });

    it('says nothing else of itself', async () => {
      const email = 'greedy@example.com';
      const body = { email, password: PASSWORD, role: world.south.id, policies: [{ policy: POLICIES.owner }] };
      expect((await send(host.url, 'POST', '/users/register', { body })).status).toBe(400);
      expect(await sql('SELECT id FROM directus_users WHERE email = ?', email)).toEqual([]);
    });

    it('does not get in before the address is verified', async () => {
      const email = 'verified@example.com';
      await open(world.north.id, true);
      await register(email);
      expect(await userOf(email)).toMatchObject({ status: 'unverified', role: world.north.id });
      const credentials = { email, password: PASSWORD };
      expect((await send(host.url, 'POST', '/auth/login', { body: credentials })).status).toBe(401);

      await expect.poll(() => mailbox.tokensTo(email)).toHaveLength(1);
      const verify = `${host.url}/users/register/verify-email?token=${mailbox.tokensTo(email)[0]}`;
      expect((await fetch(verify, { redirect: 'manual' })).status).toBe(302);
      await actsIn(await login(host.url, credentials), 'north', email);
    });

    it('once more changes nothing for a member', async () => {
      const email = world.south.editor.email;
      await open(world.north.id);
      await register(email);
      expect(await membershipsOf(email)).toEqual({ [world.south.id]: POLICIES.editor });
      expect(await roleOf(email)).toBe(world.south.id);
    });

    it.each(['suspend', 'archive'])('gets nowhere when the tenant is closed (%s)', async (action) => {
      const email = `${action}@example.com`;
      await open(world.north.id);
      await must(world.superAdmin, 'POST', `/tenancy/tenants/north/${action}`);

      try {
        await register(email);
        expect(await roleOf(email)).toBeNull();
        expect(await membershipsOf(email)).toEqual({});
        expect(await policiesOf(email)).toEqual([]);
        expect(host.logs()).toContain('resume it, or name another role');
      } finally {
        await must(world.superAdmin, 'POST', '/tenancy/tenants/north/resume');
      }

      await seesNothing(await login(host.url, { email, password: PASSWORD }));
    });

    it('all or nothing', async () => {
      const email = 'half@example.com';
      await open(world.north.id);
      // Whoever books memberships cannot, as when the connection breaks at this moment.
      await sql('ALTER TABLE tenant_members RENAME TO tenant_members_away');

      try {
        const answer = await send(host.url, 'POST', '/users/register', { body: { email, password: PASSWORD } });
        expect(answer.status).toBeGreaterThanOrEqual(500);
        expect(await sql('SELECT id FROM directus_users WHERE email = ?', email)).toEqual([]);
      } finally {
        await sql('ALTER TABLE tenant_members_away RENAME TO tenant_members');
      }
    });
  });

  describe('through an identity provider', () => {
    it('that gives everybody a tenant, with the level of the environment (OpenID Connect)', async () => {
      const email = 'openid@provider.example.com';
      await restart({
        ...openId.environment({ defaultRole: world.north.id }),
        TENANCY_LANDING_LEVEL: 'editor',
      });

      await actsIn(await comeAs(email), 'north', email, 'editor');
      await expect.poll(() => auditOf('north', email)).toEqual(['member.added']);
      await actsIn(await comeAs(email), 'north', email, 'editor');
    });

    it('that maps groups to tenants, by its signed word (OpenID Connect)', async () => {
      const email = 'mapped@provider.example.com';
      await restart(openId.environment({ roleMapping: { north: world.north.id, south: world.south.id } }));
      await actsIn(await comeAs(email, 'north'), 'north', email);
      await actsIn(await comeAs(email, 'south'), 'south', email);
      expect(Object.keys(await membershipsOf(email)).sort()).toEqual([world.north.id, world.south.id].sort());

      const stranger = 'stranger@provider.example.com';
      await seesNothing(await comeAs(stranger, 'west'));
      expect(await membershipsOf(stranger)).toEqual({});
    });

    describe('that maps groups to roles', () => {
      let staff: string;
      let admins: string;
      let closed: { id: string; slug: string; owner: Account };

      const groups = (): Record<string, string> => ({
        staff,
        admins,
        north: world.north.id,
        south: world.south.id,
        closed: closed.id,
        parent: TENANTS_ROLE,
      });

      beforeAll(async () => {
        ({ id: staff } = await must<{ id: string }>(world.superAdmin, 'POST', '/roles', { name: 'Staff' }));
        const policy = { name: 'All', admin_access: true, app_access: true };
        ({ id: admins } = await must<{ id: string }>(world.superAdmin, 'POST', '/roles', {
          name: 'Provided admins',
          policies: { create: [{ policy }], update: [], delete: [] },
        }));
        closed = await createTenant(host.url, world.superAdmin, 'Closed');
        await must(world.superAdmin, 'POST', '/tenancy/tenants/closed/suspend');
        await restart(provider.environment({ roleMapping: groups() }));
      });

      it('lands where the mapping says, and is a member elsewhere when it says something else', async () => {
        const email = 'wanders@provider.example.com';
        await actsIn(await comeAs(email, 'south'), 'south', email);
        const old = await comeAs(email, 'south');
        await actsIn(await comeAs(email, 'north'), 'north', email);

        // The token from before is worth nothing in either tenant.
        expect((await old.send('GET', '/items/projects')).status).toBe(401);
        expect(await membershipsOf(email)).toEqual({
          [world.north.id]: POLICIES.viewer,
          [world.south.id]: POLICIES.viewer,
        });
        await expect.poll(() => auditOf('south', email)).toEqual(['member.added']);
        await expect.poll(() => auditOf('north', email)).toEqual(['member.added']);
      });

      it('keeps the level that an owner gave', async () => {
        const email = 'promoted@provider.example.com';
        await comeAs(email, 'north');
        const members = await must<{ id: string; user: { email: string } }[]>(
          world.north.owner,
          'GET',
          '/tenancy/tenants/north/members',
        );
        const { id } = members.find(({ user }) => user.email === email)!;
        await must(world.north.owner, 'PATCH', `/tenancy/tenants/north/members/${id}`, { level: 'editor' });

        await actsIn(await comeAs(email, 'north'), 'north', email, 'editor');
        await comeAs(email, 'south');
        await actsIn(await comeAs(email, 'north'), 'north', email, 'editor');
      });

      it.each([
        ['another role', ['staff'], () => staff],
        ['no role', [], () => null],
        ['the role of all tenants', ['parent'], () => null],
        ['a tenant that is closed', ['closed'], () => null],
      ])('leaves when the mapping says %s, and does not come back alone', async (name, said, role) => {
        const email = `${name.replaceAll(' ', '-')}@provider.example.com`;
        const member = await comeAs(email, 'north');
        await actsIn(member, 'north', email);

        const outside = await comeAs(email, ...said);
        expect(await roleOf(email)).toBe(role());
        expect(await policiesOf(email)).toEqual([]);
        await seesNothing(outside);
        expect((await member.send('GET', '/items/projects')).status).toBe(401);

        // The owner still has the person on the list; the person does not get in by that.
        expect(await membershipsOf(email)).toEqual({ [world.north.id]: POLICIES.viewer });
        expect(await outside.send('POST', '/tenancy/me/tenant', { tenant: 'north' })).toMatchObject({
          status: 400,
          errors: [{ extensions: { field: 'tenant' } }],
        });
        await seesNothing(outside);
        await actsIn(await comeAs(email, 'north'), 'north', email);
      });

      it('never gets into a tenant that is closed', async () => {
        const email = 'late@provider.example.com';
        await seesNothing(await comeAs(email, 'closed'));
        expect(await roleOf(email)).toBeNull();
        expect(await membershipsOf(email)).toEqual({});

        await comeAs(email, 'staff');
        expect(await roleOf(email)).toBe(staff);
        await comeAs(email, 'closed');
        expect(await membershipsOf(email)).toEqual({});
        await must(world.superAdmin, 'POST', '/tenancy/tenants/closed/resume');

        try {
          await comeAs(email, 'closed');
          expect(await membershipsOf(email)).toEqual({ [closed.id]: POLICIES.viewer });
        } finally {
          await must(world.superAdmin, 'POST', '/tenancy/tenants/closed/suspend');
        }

        // A member of a closed tenant waits for it.
        await expect(comeAs(email, 'closed')).rejects.toThrow('FORBIDDEN');
        expect(await roleOf(email)).toBe(closed.id);
      });

      it('goes on elsewhere while the mapped tenant is closed', async () => {
        const email = 'detour@provider.example.com';
        await comeAs(email, 'south');
        await actsIn(await comeAs(email, 'north'), 'north', email);
        await must(world.superAdmin, 'POST', '/tenancy/tenants/north/suspend');

        try {
          await actsIn(await comeAs(email, 'north'), 'south', email);
        } finally {
          await must(world.superAdmin, 'POST', '/tenancy/tenants/north/resume');
        }

        await actsIn(await comeAs(email, 'north'), 'north', email);
      });

      it('gets no role where the mapping says the role of all tenants', async () => {
        const email = 'parent@provider.example.com';
        await seesNothing(await comeAs(email, 'parent'));
        expect(await roleOf(email)).toBeNull();
        expect(host.logs()).toContain('puts a new user into the role');
      });

      it('stays in a tenant that the mapping does not name', async () => {
        const email = 'byhand@provider.example.com';
        const elsewhere = await createTenant(host.url, world.superAdmin, 'Elsewhere');
        await comeAs(email, 'staff');
        expect(await roleOf(email)).toBe(staff);
        await must(world.superAdmin, 'PATCH', `/users/${(await userOf(email)).id}`, { role: elsewhere.id });

        for (const said of [['staff'], [], ['parent'], ['closed'], ['admins']]) {
          const member = await comeAs(email, ...said);
          expect(await roleOf(email)).toBe(elsewhere.id);
          expect(await must(member, 'GET', '/tenancy/me')).toMatchObject({ tenant: { slug: 'elsewhere' } });
        }

        await actsIn(await comeAs(email, 'south'), 'south', email);
      });

      it('becomes no super-admin as a member of a tenant', async () => {
        const email = 'climbs@provider.example.com';
        await comeAs(email, 'north');
        await actsIn(await comeAs(email, 'admins'), 'north', email);
        expect(host.logs()).toContain('role with admin access, which was refused');

        // Nor by way of no tenant at all, as long as there is a membership.
        await comeAs(email, 'staff');
        await seesNothing(await comeAs(email, 'admins'));
        expect(await roleOf(email)).toBe(staff);
      });

      it('belongs to no tenant as a super-admin, and is none any more by a role that the mapping took', async () => {
        const byRole = 'former@provider.example.com';
        const boss = await comeAs(byRole, 'admins');
        expect((await boss.send('GET', '/tenancy/tenants')).status).toBe(200);
        const member = await comeAs(byRole, 'north');
        await actsIn(member, 'north', byRole);
        expect((await member.send('GET', '/tenancy/tenants')).status).toBe(403);

        const byPolicy = 'boss@provider.example.com';
        await comeAs(byPolicy, 'staff');
        const [row] = await sql('SELECT policy FROM directus_access WHERE role = ?', admins);
        const { id } = await userOf(byPolicy);
        await must(world.superAdmin, 'POST', '/access', { user: id, policy: row!['policy'] });

        await comeAs(byPolicy, 'north');
        expect(await roleOf(byPolicy)).toBe(staff);
        expect(await membershipsOf(byPolicy)).toEqual({});
        expect(host.logs()).toContain('super-admins belong to none');
      });

      it('who is suspended lands nowhere', async () => {
        const email = 'suspended@provider.example.com';
        await comeAs(email, 'staff');
        await must(world.superAdmin, 'PATCH', `/users/${(await userOf(email)).id}`, { status: 'suspended' });
        await expect(comeAs(email, 'north')).rejects.toThrow('INVALID_CREDENTIALS');
        expect(await roleOf(email)).toBe(staff);
        expect(await membershipsOf(email)).toEqual({});
      });

      it('moves nobody whom another provider brought', async () => {
        const email = 'others@provider.example.com';
        await comeAs(email, 'south');
        await sql(`UPDATE directus_users SET provider = 'other' WHERE email = ?`, email);

        for (const group of ['north', 'staff']) {
          await expect(comeAs(email, group)).rejects.toThrow('INVALID_CREDENTIALS');
          expect(await roleOf(email)).toBe(world.south.id);
          expect(await membershipsOf(email)).toEqual({ [world.south.id]: POLICIES.viewer });
        }
      });
    });
  });

  it.each(['owner', 'Editor'])('lands with no level beyond the two (%s)', async (level) => {
    await restart({ TENANCY_LANDING_LEVEL: level }).catch(() => undefined);
    const answer = await send(host.url, 'GET', '/server/info');
    expect(answer.status).toBe(503);
    expect(answer.errors[0]!.message).toContain('TENANCY_LANDING_LEVEL must be one of viewer, editor');
  });
});
