import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import type * as Client from '../../src/client/index.ts';
import { accountWithToken, login, outcome, type Account } from '../support/client.ts';
import { useHost } from '../support/host.ts';
import { createCollection } from '../support/collections.ts';
import { createPolicy } from '../support/people.ts';

/** What `directus-extension-tenancy/client` is to a project that has installed the package: the built file, by its exports. */
const installed = createRequire(import.meta.url).resolve('directus-extension-tenancy/client');

describe('The commands for the SDK', () => {
  const host = useHost({ directus: '11' });
  let client: typeof Client;
  let admin: Account['sdk'];

  beforeAll(async () => {
    client = (await import(pathToFileURL(installed).href)) as typeof Client;
    admin = (await login(host().url, host().superAdmin)).sdk;
  });

  it('run the whole life of a tenant', async () => {
    const north = await admin.request(
      client.provisionTenant(
        { name: 'North', owner: { email: 'owner@north.example.com', password: 'correct horse battery' } },
        { idempotencyKey: 'north' },
      ),
    );
    expect(north).toMatchObject({ slug: 'north', status: 'active', usage: { members: 1 } });
    const again = await outcome(admin.request(client.provisionTenant({ name: 'Other' }, { idempotencyKey: 'north' })));
    expect(again).toMatchObject({ refused: true, status: 409 });

    const changed = await admin.request(client.updateTenant(north.id, { settings: { plan: 'gold' } }));
    expect(changed.settings).toEqual({ plan: 'gold' });
    expect(await admin.request(client.readTenant('north'))).toEqual(changed);
    expect(await admin.request(client.readTenants({ search: 'nor', sort: '-members' }))).toEqual([changed]);

    expect((await admin.request(client.suspendTenant('north'))).status).toBe('suspended');
    expect((await admin.request(client.archiveTenant('north'))).status).toBe('archived');
    expect((await admin.request(client.resumeTenant('north'))).status).toBe('active');
  });

  it('import many tenants, and tell what became of each', async () => {
    const tenants = [{ name: 'East' }, { name: 'North' }, { name: 'West' }];
    const command = client.importTenants(tenants, { idempotencyKey: 'many' });
    const results = await admin.request(command);
    expect(results).toMatchObject([
      { line: 1, status: 201, data: { slug: 'east', usage: { members: 0 } } },
      { line: 2, status: 400, errors: [{ extensions: { code: 'RECORD_NOT_UNIQUE', field: 'slug' } }] },
      { line: 3, status: 201, data: { slug: 'west' } },
    ]);
    expect(await admin.request(client.importTenants(tenants, { idempotencyKey: 'many' }))).toEqual(results);
    for (const slug of ['east', 'west']) await admin.request(client.eraseTenant(slug));
  });

  it('manage members', async () => {
    const member = await admin.request(
      client.addTenantMember('north', {
        email: 'new@north.example.com',
        level: 'viewer',
        password: 'correct horse battery',
      }),
    );
    expect(await admin.request(client.updateTenantMember('north', member.id, { level: 'editor' }))).toMatchObject({
      level: 'editor',
    });
    expect(await outcome(admin.request(client.inviteTenantMember('north', member.id)))).toMatchObject({
      refused: true,
      status: 409,
    });
    expect(await admin.request(client.readTenantMembers('north'))).toHaveLength(2);
    await admin.request(client.removeTenantMember('north', member.id));
    expect(await admin.request(client.readTenantMembers('north'))).toHaveLength(1);
  });

  it('hand a tenant over, make tokens and levels, and leave', async () => {
    const [owner] = await admin.request(client.readTenantMembers('north'));
    const email = 'next@north.example.com';
    const next = await admin.request(
      client.addTenantMember('north', { email, level: 'viewer', password: 'correct horse battery' }),
    );
    expect(await admin.request(client.transferTenant('north', { member: next.id }))).toMatchObject({ level: 'owner' });
    await admin.request(client.transferTenant('north', { member: owner!.id, from: next.id, level: 'viewer' }));

    const { token, ...listed } = await admin.request(client.createTenantToken('north', { name: 'Shop' }));
    const program = accountWithToken(host().url, token).sdk;
    expect(await program.request(client.readTenancyMe())).toMatchObject({ level: 'api' });
    expect(await admin.request(client.readTenantTokens('north'))).toEqual([listed]);
    await admin.request(client.revokeTenantToken('north', listed.id));
    expect(await outcome(program.request(client.readTenancyMe()))).toMatchObject({ refused: true, status: 401 });

    const policy = await createPolicy(await login(host().url, host().superAdmin), []);
    await admin.request(client.addTenancyLevel(policy));
    expect((await admin.request(client.readTenancyLevels())).map(({ level }) => level)).toContain(policy);
    await admin.request(client.removeTenancyLevel(policy));
    expect(await admin.request(client.readTenancyLevels())).toHaveLength(4);

    const person = await login(host().url, { email, password: 'correct horse battery' });
    await person.sdk.request(client.leaveTenant('north'));
    const [entry] = await admin.request(client.readTenantAudit('north', { limit: 1 }));
    expect(entry).toMatchObject({ action: 'member.left', user: { email } });
  });

  it('decide what collections are, and ask the doctor', async () => {
    const superAdmin = await login(host().url, host().superAdmin);
    await createCollection(superAdmin, 'articles', [{ field: 'slug', type: 'string', schema: {} }]);

    expect(await admin.request(client.setCollectionScope('articles', { scope: 'tenant' }))).toMatchObject({
      scope: 'tenant',
      adopted: 0,
    });
    expect(await admin.request(client.setFieldUniqueness('articles', 'slug', 'tenant'))).toEqual({
      collection: 'articles',
      field: 'slug',
      unique: 'tenant',
    });
    const scopes = await admin.request(client.readCollectionScopes());
    expect(scopes.find(({ collection }) => collection === 'articles')?.unique).toEqual([
      { field: 'slug', within: 'tenant' },
    ]);

    const report = await admin.request(client.readTenancyDoctor());
    expect(report.checks.map(({ id }) => id)).toContain('walls');
    expect(await admin.request(client.fixTenancy(['missing-indexes']))).toHaveProperty('checks');
  });

  it('tell members where they are, and let them go elsewhere', async () => {
    await admin.request(client.provisionTenant({ name: 'South' }));
    await admin.request(client.addTenantMember('south', { email: 'owner@north.example.com', level: 'viewer' }));

    const owner = (await login(host().url, { email: 'owner@north.example.com', password: 'correct horse battery' }))
      .sdk;
    expect(await owner.request(client.readTenancyMe())).toMatchObject({
      tenant: { slug: 'north' },
      level: 'owner',
      memberships: expect.arrayContaining([expect.objectContaining({ level: 'viewer', active: false })]) as unknown,
    });

    const elsewhere = await admin.request(client.provisionTenant({ name: 'East' }));
    expect(await admin.request(client.eraseTenant(elsewhere.slug))).toMatchObject({
      tenant: { slug: 'east' },
      left: [],
    });

    const session = await owner.request(client.switchTenant('south'));
    const there = accountWithToken(host().url, session.access_token).sdk;
    expect(await there.request(client.readTenancyMe())).toMatchObject({ tenant: { slug: 'south' }, level: 'viewer' });
  });
});
