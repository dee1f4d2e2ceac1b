import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startHost, type Host } from '../../scripts/hosts/host.ts';
import { onEveryDatabase } from '../support/cells.ts';
import { login, send, type Account, type Answer } from '../support/client.ts';
import { startTestHost, useHost } from '../support/host.ts';
import { Mailbox } from '../support/mailbox.ts';
import { createPerson, createPolicy } from '../support/people.ts';
import { must } from '../support/world.ts';

const PASSWORD = 'correct horse battery';

interface Tenant {
  id: string;
  slug: string;
  name: string;
  owner: { id: string; email: string } | null;
}

interface LineResult {
  line: number;
  status: number;
  data?: Tenant;
  errors?: { extensions: { code: string; field?: string } }[];
}

const provisionAs = (
  url: string,
  { token }: Account,
  body: object,
  headers: Record<string, string> = {},
): Promise<Answer<Tenant>> => send<Tenant>(url, 'POST', '/tenancy/tenants', { token, body, headers });

/** Sends an import, and resolves to its answer as it comes. */
const startImport = (url: string, { token }: Account, lines: string, headers: Record<string, string> = {}) =>
  fetch(`${url}/tenancy/tenants/import`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/x-ndjson', ...headers },
    body: lines,
  });

const resultsIn = (text: string): LineResult[] =>
  text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as LineResult);

const slugs = async (superAdmin: Account): Promise<string[]> =>
  (await must<Tenant[]>(superAdmin, 'GET', '/tenancy/tenants?limit=-1')).map(({ slug }) => slug);

const mailbox = new Mailbox();

afterAll(() => mailbox.remove());

onEveryDatabase(
  'Provisioning',
  (world) => {
    const provision = (body: object, headers?: Record<string, string>): Promise<Answer<Tenant>> =>
      provisionAs(world().url, world().superAdmin, body, headers);

    const ofSlug = async (beginning: string): Promise<string[]> =>
      (await slugs(world().superAdmin)).filter((slug) => slug.startsWith(beginning));

    describe('under an Idempotency-Key', () => {
      it('is done once, and answers the same to whoever repeats it', async () => {
        const body = { name: 'Once', owner: { email: 'owner@once.example.com', password: PASSWORD } };
        const first = await provision(body, { 'Idempotency-Key': 'once-1' });
        expect(first.status).toBe(201);

        await must(world().superAdmin, 'PATCH', '/tenancy/tenants/once', { name: 'Renamed' });
        const reordered = { owner: body.owner, name: 'Once' };
        const second = await provision(reordered, { 'Idempotency-Key': 'once-1' });
        expect([second.status, second.data]).toEqual([201, first.data]);
        expect(await ofSlug('once')).toEqual(['once']);
      });

      it('is refused for another request, and changes nothing', async () => {
        await provision({ name: 'Key A' }, { 'Idempotency-Key': 'shared-key' });
        const other = await provision({ name: 'Key B' }, { 'Idempotency-Key': 'shared-key' });
        expect(other).toMatchObject({ status: 409, errors: [{ extensions: { code: 'CONFLICT' } }] });
        expect(await ofSlug('key-')).toEqual(['key-a']);
      });

      it('may be tried again after it was refused', async () => {
        const headers = { 'Idempotency-Key': 'try-again' };
        expect((await provision({ name: 'Again', slug: 'north' }, headers)).status).toBe(400);
        expect((await provision({ name: 'Again' }, headers)).status).toBe(201);
      });

      it.each(['', 'two words', 'x'.repeat(256)])('needs a key that is one (%j)', async (key) => {
        const answer = await provision({ name: 'Never' }, { 'Idempotency-Key': key });
        expect(answer.status).toBe(400);
        expect(answer.errors[0]?.extensions.field).toBe('Idempotency-Key');
        expect(await ofSlug('never')).toEqual([]);
      });

      it('makes one tenant of fifty requests at once', async () => {
        const answers = await Promise.all(
          Array.from({ length: 50 }, () => provision({ name: 'Fifty' }, { 'Idempotency-Key': 'fifty' })),
        );
        expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201]));
        expect(new Set(answers.map(({ data }) => data.id)).size).toBe(1);
        expect(await ofSlug('fifty')).toEqual(['fifty']);
      });
    });

    it('lets one of fifty have a slug, and tells the others', async () => {
      const answers = await Promise.all(
        Array.from({ length: 50 }, (_, index) => provision({ name: `Race ${index}`, slug: 'race' })),
      );
      const refused = answers.filter(({ status }) => status !== 201);
      expect(refused).toHaveLength(49);
      for (const { status, errors } of refused) {
        expect(status).toBe(400);
        expect(errors[0]?.extensions).toMatchObject({ code: 'RECORD_NOT_UNIQUE', field: 'slug' });
      }
      expect(await ofSlug('race')).toEqual(['race']);
    });

    describe('by import', () => {
      it('answers each line as it would alone, and lets no line keep another from being done', async () => {
        const { superAdmin, url, north } = world();
        const lines = [
          JSON.stringify({ name: 'Import One', owner: { email: 'one@import.example.com', password: PASSWORD } }),
          'no json',
          '',
          JSON.stringify({ name: 'Import Two', colour: 'red' }),
          JSON.stringify({ name: 'Import Three', slug: north.slug }),
          JSON.stringify({ name: 'Import Four' }),
        ];
        const response = await startImport(url, superAdmin, lines.join('\r\n'));
        expect([response.status, response.headers.get('content-type')]).toEqual([
          200,
          expect.stringContaining('application/x-ndjson'),
        ]);

        const results = resultsIn(await response.text());
        expect(results.map(({ line, status }) => [line, status])).toEqual([
          [1, 201],
          [2, 400],
          [4, 400],
          [5, 400],
          [6, 201],
        ]);
        expect(results[2]!.errors![0]!.extensions.field).toBe('colour');
        expect(results[3]!.errors![0]!.extensions).toMatchObject({ code: 'RECORD_NOT_UNIQUE', field: 'slug' });
        expect(await ofSlug('import-')).toEqual(['import-four', 'import-one']);

        const owner = await login(url, { email: 'one@import.example.com', password: PASSWORD });
        expect((await owner.send('GET', '/items/projects')).data).toEqual([]);
      });

      it('does lines that came together as one after the other, and the earlier one gets what two of them want', async () => {
        const { superAdmin, url } = world();
        const owner = (name: string): object => ({ email: `${name}@order.example.com` });
        const lines = [
          { name: 'Order A', owner: owner('a') },
          { name: 'Order B', owner: owner('b'), settings: { plan: 'large' } },
          // Directus knows which top-level domains there are.
          { name: 'Order Late', owner: { email: 'owner@order.nowhere' } },
          { name: 'Order C' },
          { name: 'Order D', slug: 'order-a' },
          { name: 'Order E', owner: owner('B') },
          { name: 'Order Late', owner: owner('late') },
          { name: 'Order F', owner: owner('f') },
          { name: 'Order G', owner: owner('g') },
        ];
        const response = await startImport(url, superAdmin, lines.map((line) => JSON.stringify(line)).join('\n'));
        const results = resultsIn(await response.text());

        expect(results.map(({ line }) => line)).toEqual(lines.map((_, index) => index + 1));
        expect(
          results.map(({ status, data, errors }) => [
            status,
            data?.slug ?? errors?.map(({ extensions }) => extensions.field),
            data?.owner?.email,
          ]),
        ).toEqual([
          [201, 'order-a', 'a@order.example.com'],
          [201, 'order-b', 'b@order.example.com'],
          [400, ['owner.email'], undefined],
          [201, 'order-c', undefined],
          [400, ['slug'], undefined],
          [400, ['owner.email'], undefined],
          [201, 'order-late', 'late@order.example.com'],
          [201, 'order-f', 'f@order.example.com'],
          [201, 'order-g', 'g@order.example.com'],
        ]);

        for (const { data } of results) {
          if (!data) continue;
          expect(await must(superAdmin, 'GET', `/tenancy/tenants/${data.id}`)).toEqual(data);

          expect(await must(superAdmin, 'GET', `/tenancy/tenants/${data.id}/audit`)).toMatchObject([
            {
              action: 'provisioned',
              user: { email: superAdmin.email },
              ip: expect.stringContaining('127.0.0.1') as unknown,
              details: { slug: data.slug, owner: data.owner?.id ?? null },
            },
          ]);
        }
      });

      it('makes one tenant of what two imports want at once', async () => {
        const { superAdmin, url } = world();
        const lines = Array.from({ length: 40 }, (_, index) =>
          JSON.stringify({ name: `Both ${index}`, owner: { email: `owner-${index}@both.example.com` } }),
        );
        const answers = await Promise.all(
          [lines, lines.toReversed()].map(async (each) => (await startImport(url, superAdmin, each.join('\n'))).text()),
        );
        const results = answers.flatMap(resultsIn);

        expect(results.filter(({ status }) => status === 201)).toHaveLength(40);
        for (const { status, errors } of results.filter((each) => each.status !== 201)) {
          expect(status).toBe(400);
          expect(errors![0]!.extensions).toMatchObject({ code: 'RECORD_NOT_UNIQUE' });
        }
        expect(await ofSlug('both-')).toHaveLength(40);
      });

      it('answers a line without waiting for another one to come', async () => {
        const { superAdmin, url } = world();
        const sending = request(`${url}/tenancy/tenants/import`, {
          method: 'POST',
          headers: { Authorization: `Bearer ${superAdmin.token}`, 'Content-Type': 'application/x-ndjson' },
        });
        const answer = once(sending, 'response') as Promise<[IncomingMessage]>;
        sending.write('{ "name": "Slow A" }\n');

        const [response] = await answer;
        const answered = createInterface({ input: response })[Symbol.asyncIterator]();
        expect(resultsIn(String((await answered.next()).value))).toMatchObject([{ line: 1, status: 201 }]);

        sending.write('{ "name": "Slow B" }\n{ "name": "Slow');
        expect(resultsIn(String((await answered.next()).value))).toMatchObject([{ line: 2, status: 201 }]);

        sending.end(' C" }');
        expect(resultsIn(String((await answered.next()).value))).toMatchObject([{ line: 3, status: 201 }]);
        expect((await answered.next()).done).toBe(true);
      });

      it('ends soon when nobody waits for its answer any more', async () => {
        const { superAdmin, url } = world();
        const total = 1000;
        const lines = Array.from({ length: total }, (_, index) => JSON.stringify({ name: `Left ${index}` }));
        const { body } = await startImport(url, superAdmin, lines.join('\n'));
        const reader = body!.getReader();
        await reader.read();
        await reader.cancel();

        let done = -1;
        await expect
          .poll(
            async () => {
              const before = done;
              done = (await ofSlug('left-')).length;
              return done === before;
            },
            { timeout: 30_000, interval: 500 },
          )
          .toBe(true);
        expect(done).toBeGreaterThan(0);
        expect(done).toBeLessThan(total);
      });

      it('does under its key what was not done, and refuses what was another line', async () => {
        const { superAdmin, url } = world();
        const run = async (names: string[]): Promise<LineResult[]> => {
          const lines = names.map((name) => JSON.stringify({ name })).join('\n');
          return resultsIn(await (await startImport(url, superAdmin, lines, { 'Idempotency-Key': 'grown' })).text());
        };

        const [first, , third] = await run(['Grown A', 'Grown B', 'Grown C']);
        const again = await run(['Grown A', 'Grown Other', 'Grown C', 'Grown D', 'Grown E']);
        expect([again[0], again[2]]).toEqual([first, third]);
        expect(again.map(({ status }) => status)).toEqual([201, 409, 201, 201, 201]);
        expect(await ofSlug('grown-')).toEqual(['grown-a', 'grown-b', 'grown-c', 'grown-d', 'grown-e']);
      });

      it('is sent twice at once under its key, and done once', async () => {
        const { superAdmin, url } = world();
        const lines = Array.from({ length: 40 }, (_, index) => JSON.stringify({ name: `Same ${index}` })).join('\n');
        const [one, other] = await Promise.all(
          [0, 1].map(async () =>
            resultsIn(await (await startImport(url, superAdmin, lines, { 'Idempotency-Key': 'same' })).text()),
          ),
        );
        expect(one).toEqual(other);
        expect(new Set(one!.map(({ status }) => status))).toEqual(new Set([201]));
        expect(await ofSlug('same-')).toHaveLength(40);
      });

      it('is sent again as it is under its key', async () => {
        const { superAdmin, url } = world();
        const lines = ['Twice A', 'Twice B'].map((name) => JSON.stringify({ name })).join('\n');
        const run = async (): Promise<LineResult[]> =>
          resultsIn(await (await startImport(url, superAdmin, lines, { 'Idempotency-Key': 'import' })).text());

        const first = await run();
        expect(await run()).toEqual(first);
        expect(first.map(({ status }) => status)).toEqual([201, 201]);
      });

      it('is the super-admin’s, and needs lines', async () => {
        const { superAdmin, url, north } = world();
        expect((await startImport(url, north.owner, '{"name":"Mine"}')).status).toBe(403);
        const answer = await superAdmin.send('POST', '/tenancy/tenants/import', { name: 'One' });
        expect(answer).toMatchObject({ status: 400, errors: [{ extensions: { field: 'Content-Type' } }] });
      });
    });

    describe('with an invitation', () => {
      const accept = (token: string | undefined): Promise<Answer> =>
        send(world().url, 'POST', '/users/invite/accept', { body: { token, password: PASSWORD } });

      it('lets the owner choose a password, and in when that is done', async () => {
        const email = `invited-${Date.now()}@example.com`;
        const tenant = await provision({ name: `Invited ${Date.now()}`, owner: { email, invite: true } });
        expect(tenant).toMatchObject({ status: 201, data: { owner: { email } } });

        await expect.poll(() => mailbox.tokensTo(email)).toHaveLength(1);
        await expect(login(world().url, { email, password: PASSWORD })).rejects.toBeDefined();
        expect((await accept(mailbox.tokensTo(email)[0])).status).toBeLessThan(300);

        const owner = await login(world().url, { email, password: PASSWORD });
        expect(await must(owner, 'GET', '/tenancy/me')).toMatchObject({
          tenant: { id: tenant.data.id },
          level: 'owner',
        });
      });

      it('is what an owner sends to members, and sends once more', async () => {
        const { north, south } = world();
        const email = `member-${Date.now()}@example.com`;
        const member = await must<{ id: string; user: { status: string } }>(
          north.owner,
          'POST',
          '/tenancy/tenants/north/members',
          { email, level: 'editor', invite: true },
        );
        expect(member.user.status).toBe('invited');
        await expect.poll(() => mailbox.tokensTo(email)).toHaveLength(1);

        const path = `/members/${member.id}/invitation`;
        expect((await south.owner.send('POST', `/tenancy/tenants/south${path}`)).status).toBe(403);
        expect((await north.editor.send('POST', `/tenancy/tenants/north${path}`)).status).toBe(403);
        expect((await north.owner.send('POST', `/tenancy/tenants/north${path}`)).status).toBe(204);
        await expect.poll(() => mailbox.tokensTo(email)).toHaveLength(2);

        expect((await accept(mailbox.tokensTo(email)[1])).status).toBeLessThan(300);
        const editor = await login(world().url, { email, password: PASSWORD });
        expect((await editor.send('POST', '/items/tags', { name: 'north-invited' })).status).toBe(200);
        expect((await north.owner.send('POST', `/tenancy/tenants/north${path}`)).status).toBe(409);
      });

      it('is sent for each line of an import that asks for it', async () => {
        const { superAdmin, url } = world();
        const emails = ['a', 'b', 'c'].map((name) => `${name}-${Date.now()}@invitations.example.com`);
        const lines = emails.map((email, index) =>
          JSON.stringify({ name: `Invitations ${index}`, owner: { email, ...(index !== 1 && { invite: true }) } }),
        );
        const results = resultsIn(await (await startImport(url, superAdmin, lines.join('\n'))).text());
        expect(results.map(({ status }) => status)).toEqual([201, 201, 201]);

        await expect.poll(() => emails.map((email) => mailbox.tokensTo(email).length)).toEqual([1, 0, 1]);
      });

      it('goes into no tenant that is closed meanwhile', async () => {
        const { superAdmin } = world();
        const email = `late-${Date.now()}@example.com`;
        const { data } = await provision({ name: `Late ${Date.now()}`, owner: { email, invite: true } });
        await expect.poll(() => mailbox.tokensTo(email)).toHaveLength(1);

        await must(superAdmin, 'POST', `/tenancy/tenants/${data.slug}/suspend`);
        expect((await accept(mailbox.tokensTo(email)[0])).status).toBe(403);
        await must(superAdmin, 'POST', `/tenancy/tenants/${data.slug}/resume`);
        expect((await accept(mailbox.tokensTo(email)[0])).status).toBeLessThan(300);
      });

      it('goes without a password', async () => {
        const body = { name: 'Both', owner: { email: 'both@example.com', invite: true, password: PASSWORD } };
        const answer = await provision(body);
        expect(answer).toMatchObject({ status: 400, errors: [{ extensions: { field: 'owner.password' } }] });
      });
    });

    describe('of members whom the project knows', () => {
      it('adds them without changing them, and refuses what it would change', async () => {
        const { superAdmin, south, north } = world();
        const path = '/tenancy/tenants/north/members';
        const { email } = south.viewer;

        const named = await superAdmin.send('POST', path, { email, level: 'viewer', first_name: 'Other' });
        expect(named).toMatchObject({ status: 400, errors: [{ extensions: { field: 'first_name' } }] });
        // Who else is a user of the project is nothing to an owner.
        expect((await north.owner.send('POST', path, { email, level: 'viewer' })).status).toBe(400);

        expect((await superAdmin.send('POST', path, { email: email.toUpperCase(), level: 'viewer' })).status).toBe(201);
        expect((await superAdmin.send('POST', path, { email, level: 'viewer' })).errors[0]?.extensions).toMatchObject({
          code: 'RECORD_NOT_UNIQUE',
          field: 'email',
        });

        const viewer = await login(world().url, { email, password: PASSWORD });
        expect(await must(viewer, 'GET', '/tenancy/me')).toMatchObject({ tenant: { slug: 'south' }, level: 'viewer' });
      });

      it('refuses super-admins, and takes in others with the level that is named, whatever role they had', async () => {
        const { superAdmin, url, north } = world();
        const add = (email: string): Promise<Answer> =>
          superAdmin.send('POST', '/tenancy/tenants/north/members', { email, level: 'viewer' });
        const { id: role } = await must<{ id: string }>(superAdmin, 'POST', '/roles', { name: 'Staff' });
        await must(superAdmin, 'POST', '/users', { email: 'staff@example.com', password: PASSWORD, role });
        await must(superAdmin, 'POST', '/users', { email: 'free@example.com', password: PASSWORD });

        const refused = await add(superAdmin.email);
        expect(refused).toMatchObject({ status: 400, errors: [{ extensions: { field: 'email' } }] });

        for (const email of ['staff@example.com', 'free@example.com']) {
          expect((await add(email)).status).toBe(201);
          const person = await login(url, { email, password: PASSWORD });
          expect(await must(person, 'GET', '/tenancy/me')).toMatchObject({
            tenant: { slug: 'north' },
            level: 'viewer',
          });
          expect(await must(person, 'GET', '/users/me?fields=role')).toEqual({ role: north.id });
        }
      });
    });
  },
  { env: mailbox.env },
);

describe('An import into a project without tenants', () => {
  const host = useHost({
    directus: '11',
    env: { CACHE_ENABLED: 'true', CACHE_STORE: 'memory', CACHE_AUTO_PURGE: 'true', TENANCY_NEW_COLLECTIONS: 'shared' },
  });

  it('makes its first ones, of which nobody learns whom they are nothing to', async () => {
    const { url } = host();
    const superAdmin = await login(url, host().superAdmin);
    const policy = await createPolicy(
      superAdmin,
      ['directus_roles', 'directus_users', 'directus_files'].map((collection) => ({ collection, action: 'read' })),
    );
    const reader = await createPerson(url, superAdmin, { policies: [policy] });
    const upload = async (tenant?: string): Promise<string> => {
      const form = new FormData();
      if (tenant) form.append('tenant_id', tenant);
      form.append('file', new Blob(['text'], { type: 'text/plain' }), 'text.txt');
      return (await must<{ id: string }>(superAdmin, 'POST', '/files', form)).id;
    };
    // What is stored of a file is looked at by rules alone, which Directus keeps.
    const statusOfFile = async (file: string): Promise<number> => (await reader.send('GET', `/assets/${file}`)).status;
    const seen = async (): Promise<string> =>
      JSON.stringify([
        (await reader.send('GET', '/roles?fields=name')).data,
        (await reader.send('GET', '/users?fields=email')).data,
      ]);
    expect(await seen()).toContain(superAdmin.email);
    expect(await statusOfFile(await upload())).toBe(200);

    // With an owner Directus would empty its caches by itself, for the policy that an owner gets.
    const lines = ['Early A', 'Early B', 'Early C'].map((name) => JSON.stringify({ name }));
    const results = resultsIn(await (await startImport(url, superAdmin, lines.join('\n'))).text());
    expect(results.map(({ status }) => status)).toEqual([201, 201, 201]);

    expect(await seen()).not.toMatch(/early/i);
    expect(await statusOfFile(await upload(results[0]!.data!.id))).toBe(403);
    expect(await statusOfFile(await upload())).toBe(200);
    expect(await must(superAdmin, 'GET', '/fields/directus_files/tenant_id')).toMatchObject({
      meta: { hidden: false },
    });
  });
});

// Lines with passwords are done one by one, others in groups.
describe.each([
  ['line by line', 60, { password: PASSWORD }],
  ['in groups', 500, {}],
])('An import that ends with Directus, %s', (_how, total, credentials) => {
  let host: Host;

  beforeAll(async () => {
    host = await startTestHost({ directus: '11', database: 'postgres' });
  });

  afterAll(async () => {
    await host?.stop();
    await host?.database.drop();
  });

  it('leaves whole tenants behind, and goes on where it was', async () => {
    const lines = Array.from({ length: total }, (_, index) =>
      JSON.stringify({
        name: `Line ${index}`,
        owner: { email: `owner-${index}@lines.example.com`, ...credentials },
      }),
    ).join('\n');
    const key = { 'Idempotency-Key': 'killed' };

    const superAdmin = await login(host.url, host.superAdmin);
    const { body } = await startImport(host.url, superAdmin, lines, key);
    const reader = body!.getReader();
    await reader.read();
    await host.kill();
    await reader.cancel().catch(() => undefined);

    const again = await startHost({ directus: '11', database: host.database });

    try {
      const back = await login(again.url, again.superAdmin);
      const { checks } = await must<{ checks: { id: string; status: string }[] }>(back, 'GET', '/tenancy/doctor');
      expect(checks.filter(({ id, status }) => /role|member|owner/.test(id) && status !== 'pass')).toEqual([]);

      const done = (await slugs(back)).length;
      expect(done).toBeGreaterThan(0);
      expect(done).toBeLessThan(total);

      const results = resultsIn(await (await startImport(again.url, back, lines, key)).text());
      expect(results.map(({ status }) => status)).toEqual(Array.from({ length: total }, () => 201));
      expect(new Set((await slugs(back)).filter((slug) => slug.startsWith('line-'))).size).toBe(total);
      const users = await must<{ count: unknown }[]>(back, 'GET', '/users?aggregate[count]=*');
      expect(Number(users[0]!.count)).toBe(total + 1);
    } finally {
      await again.stop();
    }
  });
});
