import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startHost, type Host } from '../../scripts/hosts/host.ts';
import { onEveryDatabase } from '../support/cells.ts';
import { login, send, type Account, type Answer } from '../support/client.ts';
import { startTestHost } from '../support/host.ts';
import { Mailbox } from '../support/mailbox.ts';
import { must } from '../support/world.ts';

const PASSWORD = 'correct horse battery';

interface Tenant {
  id: string;
  slug: string;
  name: string;
  owner: { email: string } | null;
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

describe('An import that ends with Directus', () => {
  let host: Host;

  beforeAll(async () => {
    host = await startTestHost({ directus: '11', database: 'postgres' });
  });

  afterAll(async () => {
    await host?.stop();
    await host?.database.drop();
  });

  it('leaves whole tenants behind, and goes on where it was', async () => {
    const total = 60;
    const lines = Array.from({ length: total }, (_, index) =>
      JSON.stringify({
        name: `Line ${index}`,
        owner: { email: `owner-${index}@lines.example.com`, password: PASSWORD },
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
