import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Host } from '../../scripts/hosts/host.ts';
import { login, type Account } from '../support/client.ts';
import { startTestHost } from '../support/host.ts';
import { createPerson, createPolicy, everythingOn } from '../support/people.ts';
import { must } from '../support/world.ts';

/** A project without tenants and with nothing scoped works for its users as it did before the bundle came. */
describe('A user of a project that has no tenants', () => {
  let hosts: { plain: Host; bundled: Host };
  let users: { plain: Account; bundled: Account };

  const prepare = async (host: Host): Promise<Account> => {
    const superAdmin = await login(host.url, host.superAdmin);
    await must(superAdmin, 'POST', '/collections', {
      collection: 'articles',
      meta: {},
      schema: {},
      fields: [
        { field: 'id', type: 'integer', schema: { is_primary_key: true, has_auto_increment: true } },
        { field: 'title', type: 'string', schema: {} },
      ],
    });
    await must(superAdmin, 'POST', '/items/articles', [{ title: 'one' }, { title: 'two' }]);

    const policy = await createPolicy(
      superAdmin,
      everythingOn(['articles', 'directus_files', 'directus_folders', 'directus_users']),
      {
        appAccess: true,
      },
    );
    const role = await must<{ id: string }>(superAdmin, 'POST', '/roles', { name: 'Editors' });
    const user = await createPerson(host.url, superAdmin, { role: role.id, policies: [policy] });

    const form = new FormData();
    form.append('title', 'logo');
    form.append('file', new Blob(['logo'], { type: 'text/plain' }), 'logo.txt');
    await must(user, 'POST', '/files', form);
    return user;
  };

  beforeAll(async () => {
    hosts = {
      plain: await startTestHost({ directus: '11', bundle: false }),
      bundled: await startTestHost({ directus: '11', env: { TENANCY_NEW_COLLECTIONS: 'shared' } }),
    };
    users = { plain: await prepare(hosts.plain), bundled: await prepare(hosts.bundled) };
  });

  afterAll(async () => {
    for (const host of Object.values(hosts ?? {})) {
      await host.stop();
      await host.database.drop();
    }
  });

  /** An answer without what differs between any two projects: ids, counters, times, addresses. */
  const comparable = async (account: Account, method: string, path: string, body?: unknown): Promise<unknown> => {
    const { status, data, meta, errors } = await account.send(method, path, body);
    const text = JSON.stringify({ status, data, meta, errors })
      .replace(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, '<id>')
      .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z?/g, '<time>')
      .replace(/127\.0\.0\.1:\d+/g, '<host>');

    return JSON.parse(path.startsWith('/fields') ? text.replace(/"id":\d+/g, '"id":"<count>"') : text) as unknown;
  };

  it.each<[string, string, unknown?]>([
    ['GET', '/items/articles?meta=*'],
    ['GET', '/items/articles/1?fields=*.*'],
    ['POST', '/items/articles', { title: 'three' }],
    ['PATCH', '/items/articles/1', { title: 'changed' }],
    ['DELETE', '/items/articles/2'],
    ['GET', '/items/articles/999'],
    ['GET', '/files?fields=*'],
    ['GET', '/folders?fields=*'],
    ['GET', '/users?fields=email,status&sort=status&filter[email][_eq]=admin@example.com'],
    ['GET', '/users/me?fields=first_name,status,role.name'],
    ['GET', '/items/tenants'],
    ['GET', '/items/tenant_members'],
    ['POST', '/graphql', { query: '{ articles { id title } }' }],
    ['GET', '/roles?fields=name'],
    ['GET', '/collections/articles'],
    ['GET', '/fields/articles'],
  ])('gets the same answer to %s %s', async (method, path, body) => {
    expect(await comparable(users.bundled, method, path, body)).toEqual(
      await comparable(users.plain, method, path, body),
    );
  });
});
