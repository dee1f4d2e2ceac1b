import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Database } from '../../scripts/hosts/databases.ts';
import { startHost, type Host } from '../../scripts/hosts/host.ts';
import { TENANTS_ROLE } from '../../src/tenancy/managed.ts';
import { accountWithToken, login, send, type Account } from '../support/client.ts';
import { startTestHost } from '../support/host.ts';
import {
  loginThroughProvider,
  startIdentityProvider,
  type Claims,
  type IdentityProvider,
} from '../support/identity-provider.ts';
import { runSql } from '../support/sql.ts';
import { createWorld, must, TENANT_COLLECTIONS, type World } from '../support/world.ts';

const PASSWORD = 'correct horse battery';

describe('Whoever comes by themselves belongs to no tenant', () => {
  let host: Host;
  let database: Database;
  let world: World;
  let provider: IdentityProvider;
  let claims: Claims;

  beforeAll(async () => {
    provider = await startIdentityProvider(() => claims);
    host = await startTestHost({ directus: '11' });
    ({ database } = host);
    world = await createWorld(host);
  });

  afterAll(async () => {
    await host?.stop();
    await database?.drop();
    await provider?.stop();
  });

  const sql = (statement: string, ...values: string[]) => runSql(database, statement, values);

  const roleOf = async (email: string): Promise<unknown> =>
    (await sql('SELECT role FROM directus_users WHERE email = ?', email))[0]?.['role'];

  const seesNothing = async (account: Account): Promise<void> => {
    for (const collection of [...TENANT_COLLECTIONS, 'tenants', 'tenant_members']) {
      const answer = await account.send<unknown[]>('GET', `/items/${collection}`);
      expect([403, 200], collection).toContain(answer.status);
      if (answer.status === 200) expect(answer.data, collection).toEqual([]);
    }

    const { tenant } = await must<{ tenant: unknown }>(account, 'GET', '/tenancy/me');
    expect(tenant).toBeNull();
  };

  /** Starts Directus again on the same project with other variables. */
  const restart = async (env: Record<string, string>): Promise<void> => {
    await host.stop();
    host = await startHost({ directus: '11', database, env });
    world.superAdmin = await login(host.url, host.superAdmin);
  };

  describe('by registration', () => {
    it('which is never into a tenant', async () => {
      for (const role of [world.north.id, TENANTS_ROLE, { id: world.north.id }]) {
        expect(
          await world.superAdmin.send('PATCH', '/settings', {
            public_registration: true,
            public_registration_role: role,
          }),
        ).toMatchObject({ status: 400, errors: [{ extensions: { field: 'public_registration_role' } }] });
      }
    });

    it('whatever the settings say', async () => {
      const settings = { public_registration: true, public_registration_verify_email: false };
      await must(world.superAdmin, 'PATCH', '/settings', settings);
      await sql('UPDATE directus_settings SET public_registration_role = ?', world.north.id);
      await must(world.superAdmin, 'POST', '/utils/cache/clear?system');

      const email = 'registered@example.com';
      const answer = await send(host.url, 'POST', '/users/register', { body: { email, password: PASSWORD } });
      expect(answer.status).toBe(204);
      expect(await roleOf(email)).toBeNull();
      await seesNothing(await login(host.url, { email, password: PASSWORD }));
    });
  });

  describe('through an identity provider', () => {
    it.each([
      ['that gives everybody a role', 'first@provider.example.com', () => ({ defaultRole: world.north.id })],
      ['that maps groups to roles', 'second@provider.example.com', () => ({ roleMapping: { staff: world.south.id } })],
    ])('%s', async (_name, email, options) => {
      await restart(provider.environment(options()));
      claims = { email, groups: ['staff'] };

      const account = accountWithToken(host.url, await loginThroughProvider(host.url));
      expect(await roleOf(email)).toBeNull();
      await seesNothing(account);
    });

    it('and stays where it was put then, whatever the provider says', async () => {
      const email = 'member@provider.example.com';
      const staff = await must<{ id: string }>(world.superAdmin, 'POST', '/roles', { name: 'Staff' });
      await restart(provider.environment({ roleMapping: { staff: staff.id, south: world.south.id } }));

      claims = { email, groups: ['staff'] };
      await loginThroughProvider(host.url);
      expect(await roleOf(email)).toBe(staff.id);

      claims = { email, groups: ['south'] };
      await seesNothing(accountWithToken(host.url, await loginThroughProvider(host.url)));
      expect(await roleOf(email)).toBe(staff.id);

      const [user] = await sql('SELECT id FROM directus_users WHERE email = ?', email);
      await must(world.superAdmin, 'PATCH', `/users/${String(user!['id'])}`, { role: world.north.id });
      expect(await roleOf(email)).toBe(world.north.id);

      for (const groups of [['south'], ['staff']]) {
        claims = { email, groups };
        const member = accountWithToken(host.url, await loginThroughProvider(host.url));
        expect(await roleOf(email)).toBe(world.north.id);
        expect(await must(member, 'GET', '/items/projects')).toHaveLength(3);
      }
    });
  });
});
