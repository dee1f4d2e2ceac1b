import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Host } from '../../scripts/hosts/host.ts';
import { accountWithToken, login, type Account } from '../support/client.ts';
import { createCollection } from '../support/collections.ts';
import { documentedRoutes, UNDOCUMENTED_ROUTES } from '../support/escalation/routes.ts';
import { startTestHost } from '../support/host.ts';
import { createPerson, createPolicy, everythingOn } from '../support/people.ts';
import { must } from '../support/world.ts';

const NOBODY = '00000000-0000-4000-8000-00000000dead';

type Part = Record<string, unknown>;

const SQLITE_ORDER = 'SQLite lists a table last that was changed last';

/** The same whatever the order in which Directus comes upon tables. */
function inFixedOrder(data: unknown): unknown {
  if (typeof data === 'string') return data.split('\n').sort();
  if (Array.isArray(data)) return data.map((each) => JSON.stringify(inFixedOrder(each))).sort();
  if (typeof data !== 'object' || data === null) return data;
  return Object.fromEntries(
    Object.entries(data)
      .map(([key, value]): [string, unknown] => [key, inFixedOrder(value)])
      .sort(([one], [other]) => one.localeCompare(other)),
  );
}

/** The SQL of the tables for files and folders, which SQLite gives away, has the column of the bundle. */
const COLLECTIONS = {
  because: 'SQLite tells the SQL of its tables',
  compare: (data: unknown) =>
    (data as Part[]).map((row) =>
      ['directus_files', 'directus_folders'].includes(String(row['collection'])) ? { ...row, schema: null } : row,
    ),
};

/** Where the two answers differ, and what of them is compared nevertheless. Anything else has to be the same to the letter. */
const EXCEPTIONS: Record<string, { because: string; compare(data: unknown): unknown }> = {
  'GET /permissions/me': {
    because: 'the fields of files and folders are listed, all but `tenant_id`, where there was a star',
    compare: (data) => ({ ...(data as Part), directus_files: null, directus_folders: null }),
  },
  'GET /settings': {
    because: 'the module bar has the modules for tenants, which Directus shows to super-admins and to members',
    compare: (data) => ({ ...(data as Part), module_bar: null }),
  },
  'GET /fields': {
    because: `what is no column is not among the listed fields: two lines that divide the form of a file; ${SQLITE_ORDER}`,
    compare: (data) =>
      inFixedOrder(
        (data as Part[]).filter(({ field }) => field !== 'storage_divider' && field !== 'focal_point_divider'),
      ),
  },
  'GET /collections': COLLECTIONS,
  'SEARCH /collections': COLLECTIONS,
  'GET /relations': { because: SQLITE_ORDER, compare: inFixedOrder },
  'GET /server/specs/graphql': { because: SQLITE_ORDER, compare: inFixedOrder },
  'GET /server/specs/graphql/{scope}': { because: SQLITE_ORDER, compare: inFixedOrder },
  'GET /server/specs/oas': { because: SQLITE_ORDER, compare: inFixedOrder },
  'GET /extensions/sources/{chunk}': { because: 'it is the code of the module', compare: () => null },
  'GET /utils/random/string': { because: 'it is random', compare: (data) => String(data).length },
};

/** A project without tenants and with nothing scoped works for its users as it did before the bundle came. */
describe('A user of a project that has no tenants', () => {
  let hosts: { plain: Host; bundled: Host };
  let users: { plain: Account; bundled: Account };

  const prepare = async (host: Host): Promise<Account> => {
    const superAdmin = await login(host.url, host.superAdmin);
    await createCollection(superAdmin, 'articles', [{ field: 'title', type: 'string', schema: {} }]);
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
  const comparable = async (
    account: Account,
    method: string,
    path: string,
    body?: unknown,
    look?: (data: unknown) => void,
  ): Promise<unknown> => {
    const { status, data, meta, errors } = await account.send(method, path, body);
    look?.(data);
    const text = JSON.stringify({ status, data, meta, errors })
      .replace(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, '<id>')
      .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z?/g, '<time>')
      .replace(/127\.0\.0\.1:\d+/g, '<host>')
      // The OpenAPI document has a hash of the moment as its version.
      .replace(/"version":"[0-9a-f]{40}"/, '"version":"<hash>"');

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

  /** What a part of a path in braces stands for, by the route in front of it. */
  const KEYS: Record<string, string> = {
    '/auth/oauth': 'github',
    '/collections': 'articles',
    '/deployments': 'vercel',
    '/extensions/sources': 'index.js',
    '/fields': 'articles',
    '/fields/articles': 'title',
    '/items/articles': '1',
    '/permissions/me': 'articles',
    '/permissions/me/articles': '1',
    '/relations': 'articles',
    '/relations/articles': 'title',
    '/server/specs/graphql': 'items',
  };

  const filled = (template: string): string => {
    let path = '';
    for (const part of template.split('/').slice(1)) path += `/${part.startsWith('{') ? (KEYS[path] ?? NOBODY) : part}`;
    return path;
  };

  const strangers = (): { plain: Account; bundled: Account } => ({
    plain: accountWithToken(hosts.plain.url, ''),
    bundled: accountWithToken(hosts.bundled.url, ''),
  });

  it('and a stranger get the same answer from every route that reads', async () => {
    const superAdmin = await login(hosts.plain.url, hosts.plain.superAdmin);
    const document = await must<{ paths: Record<string, object> }>(superAdmin, 'GET', '/server/specs/oas');
    const names = [...new Set([...documentedRoutes(document), ...UNDOCUMENTED_ROUTES])].filter((name) =>
      /^(?:GET|SEARCH) /.test(name),
    );

    const differing: unknown[] = [];
    const excepted = new Set<string>();

    for (const name of names) {
      const [method = '', template = ''] = name.split(' ');
      // Users have random keys, by which Directus sorts.
      const sort = template === '/users' ? 'first_name' : undefined;
      const path = filled(template) + (method === 'GET' && sort ? `?sort=${sort}` : '');
      const body = method === 'SEARCH' ? { query: { limit: -1, sort } } : undefined;

      for (const { plain, bundled } of [users, strangers()]) {
        const without = (await comparable(plain, method, path, body)) as Part;
        const within = (await comparable(bundled, method, path, body)) as Part;
        if (JSON.stringify(without) === JSON.stringify(within)) continue;

        const { compare } = EXCEPTIONS[name] ?? {};
        if (compare) excepted.add(name);
        const [expected, found] = [without, within].map((answer) =>
          compare ? { ...answer, data: compare(answer['data']) } : answer,
        );
        if (JSON.stringify(expected) !== JSON.stringify(found)) differing.push({ name, expected, found });
      }
    }

    expect(differing).toEqual([]);
    expect(Object.keys(EXCEPTIONS).filter((name) => !excepted.has(name))).toEqual([]);
    process.stdout.write(`Unnoticed: ${names.length} routes that read, ${excepted.size} known exceptions.\n`);
  });

  it('and a stranger get the same answer whatever they write', async () => {
    const own = { collection: 'articles', item: '1', comment: 'first' };
    const steps: [string, string, unknown?][] = [
      ['POST', '/folders', { name: 'Drafts' }],
      ['PATCH', '/folders/{last}', { name: 'Sketches' }],
      ['POST', '/files', { title: 'Note', type: 'text/plain', filename_download: 'note.txt' }],
      ['PATCH', '/files/{last}', { title: 'Second note' }],
      ['DELETE', '/files/{last}'],
      ['POST', '/comments', own],
      ['PATCH', '/comments/{last}', { comment: 'second' }],
      ['DELETE', '/comments/{last}'],
      ['POST', '/presets', { collection: 'articles', bookmark: 'Mine', user: '{user}' }],
      ['PATCH', '/presets/{last}', { bookmark: 'Still mine' }],
      ['DELETE', '/presets/{last}'],
      ['POST', '/shares', { collection: 'articles', item: '1', name: 'Share' }],
      ['POST', '/notifications', { recipient: '{user}', subject: 'Hello' }],
      ['PATCH', '/users/me', { location: 'Oslo' }],
      ['PATCH', '/users/me/track/page', { last_page: '/content' }],
      ['POST', '/users', { email: 'somebody@example.com' }],
      ['PATCH', '/settings', { project_name: 'Mine' }],
      ['POST', '/items/articles', [{ title: 'four' }, { title: 'five', unknown: 1 }]],
      ['PATCH', '/items/articles', { keys: [1], data: { title: 'again' } }],
      ['DELETE', '/items/articles', [1]],
      ['PATCH', '/items/articles', { query: { filter: { title: { _eq: 'four' } } }, data: { title: 'by query' } }],
      ['DELETE', '/items/articles', { query: { filter: { title: { _eq: 'by query' } } } }],
      ['DELETE', '/users', [NOBODY]],
      ['DELETE', '/flows', [NOBODY]],
      ['POST', '/settings/owner', { project_owner: 'somebody@example.com', org_name: 'x', project_usage: 'personal' }],
      ['POST', '/utils/sort/articles', { item: 1, to: 2 }],
      ['POST', '/graphql/system', { query: 'mutation { utils_sort(collection: "articles", item: "1", to: "2") }' }],
      ['POST', '/graphql/system', { query: 'mutation { import_file(url: "http://127.0.0.1:9/x", data: {}) { id } }' }],
      ['POST', '/utils/hash/verify', { string: 'a', hash: 'b' }],
      ['POST', '/utils/cache/clear', {}],
      ['POST', '/collections', { collection: 'mine', schema: {}, meta: {} }],
      ['POST', '/graphql', { query: 'mutation { create_articles_item(data: { title: "six" }) { title } }' }],
    ];

    for (const accounts of [users, strangers()]) {
      const say = async (account: Account): Promise<unknown[]> => {
        const me = await account.send<{ id?: string }>('GET', '/users/me?fields=id');
        let last = NOBODY;
        const answers: unknown[] = [];

        for (const [method, path, body] of steps) {
          const filledBody: unknown = body && JSON.parse(JSON.stringify(body).replace('{user}', me.data.id ?? NOBODY));
          const answer = await comparable(account, method, path.replace('{last}', last), filledBody, (data) => {
            const { id } = (data ?? {}) as { id?: string | number };
            if (method === 'POST' && id !== undefined) last = String(id);
          });

          answers.push(answer);
        }
        return answers;
      };

      expect(await say(accounts.bundled)).toEqual(await say(accounts.plain));
    }
  });
});
