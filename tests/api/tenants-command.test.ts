import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { useHost } from '../support/host.ts';
import { login, type Account } from '../support/client.ts';
import { Mailbox } from '../support/mailbox.ts';
import { createCollections, createTenant, must } from '../support/world.ts';

const PASSWORD = 'correct horse battery';

const mailbox = new Mailbox();

afterAll(() => mailbox.remove());

describe('directus tenancy tenants', { timeout: 240_000 }, () => {
  const host = useHost({ directus: '11', env: mailbox.env });
  let superAdmin: Account;

  const run = (...options: string[]): Promise<string> => host().run('tenancy', 'tenants', ...options);
  const failure = (...options: string[]): Promise<string> => run(...options).then(String, String);
  const json = (output: string): unknown => JSON.parse(output.trim().split('\n').at(-1)!);

  beforeAll(async () => {
    superAdmin = await login(host().url, host().superAdmin);
    await createCollections(superAdmin);
    const { owner } = await createTenant(host().url, superAdmin, 'North');
    await must(owner, 'POST', '/items/projects', [{ title: 'north-1' }, { title: 'north-2' }]);
  });

  it('lists them', async () => {
    expect(await run('list')).toMatch(/^north +North +active +3 +2 +0$/m);
    expect(json(await run('list', '--json'))).toMatchObject([{ slug: 'north', usage: { members: 3, items: 2 } }]);
  });

  it('creates one, with an owner whose password comes from standard input', async () => {
    const owner = { email: 'owner@west.example.com', password: PASSWORD };
    const created = await host().runWithInput(
      `${PASSWORD}\n`,
      ...['tenancy', 'tenants', 'create', '--name', 'West', '--slug', 'far-west', '--json'],
      ...['--owner-email', owner.email, '--owner-password-stdin'],
    );
    expect(json(created)).toMatchObject({ name: 'West', slug: 'far-west', owner: { email: owner.email } });
    expect(await must(await login(host().url, owner), 'GET', '/tenancy/me')).toMatchObject({
      tenant: { slug: 'far-west' },
    });
  });

  it('creates one, and sends its owner an invitation before it ends', async () => {
    const address = 'owner@east.example.com';
    expect(await run('create', '--name', 'East', '--owner-email', address, '--invite')).toContain(
      'Created "East": east',
    );
    const [token] = mailbox.tokensTo(address);
    await must(superAdmin, 'POST', '/users/invite/accept', { token, password: PASSWORD });
    expect(
      await must(await login(host().url, { email: address, password: PASSWORD }), 'GET', '/tenancy/me'),
    ).toMatchObject({ tenant: { slug: 'east' } });
  });

  it('creates one for each line of standard input, each once', async () => {
    const lines = '{"name":"Line 1"}\n{"name":"North"}\n{"name":"Line 3"}\n';
    const command = ['tenancy', 'tenants', 'import', '--key', 'first'];
    const failed = await host()
      .runWithInput(lines, ...command)
      .then(String, String);
    expect(failed).toMatch(/exit code 1/);
    for (const slug of ['line-1', 'line-3']) await must(superAdmin, 'GET', `/tenancy/tenants/${slug}`);

    await run('update', 'line-3', '--slug', 'line-4');
    const again = await host().runWithInput('{"name":"Line 1"}\n\n{"name":"Line 3"}\n', ...command);
    expect(again).toMatch(/"line":1,"status":201[^]*"line":3,"status":201/);
    expect((await superAdmin.send('GET', '/tenancy/tenants/line-3')).status).toBe(404);
    for (const slug of ['line-1', 'line-4']) await run('erase', slug, '--confirm', slug);
  });

  it('changes name and slug, and tells what was done', async () => {
    expect(await run('update', 'far-west', '--name', 'West End', '--slug', 'west-end')).toContain(
      '"West End" (west-end)',
    );
    expect(await failure('update', 'west-end')).toMatch(/exit code 2[^]*--name or --slug/);
    expect(await failure('update', 'west-end', '--slug', 'north')).toMatch(/exit code 1[^]*slug of another tenant/);
    expect(await run('audit', 'west-end')).toMatch(/^\S+Z +updated +{"fields":\["name","slug"\]}[^]* provisioned /m);
    await run('update', 'west-end', '--slug', 'far-west');
  });

  it('creates nothing that is not as it must be', async () => {
    const before = await run('list', '--json');
    expect(await failure('create')).toMatch(/exit code 2[^]*"name" is required/);
    expect(await failure('create', '--name', 'X', '--slug', 'Not One')).toMatch(/exit code 2[^]*"slug" may have/);
    expect(await failure('create', '--name', 'North')).toMatch(/exit code 1[^]*"slug" is the slug of another tenant/);
    expect(await failure('create', '--name', 'X', '--invite')).toMatch(/exit code 2[^]*--owner-email/);
    expect(await failure('create', '--name', 'X', '--owner-email', 'a@b.example.com')).toMatch(
      /exit code 2[^]*Choose one/,
    );
    expect(await run('list', '--json')).toBe(before);
  });

  it('suspends, resumes and archives', async () => {
    for (const [action, status] of [
      ['suspend', 'suspended'],
      ['resume', 'active'],
      ['archive', 'archived'],
    ] as const) {
      expect(await run(action, 'north')).toContain(`"North" (north) is ${status}.`);
      expect(await must(superAdmin, 'GET', '/tenancy/tenants/north')).toMatchObject({ status });
    }
    expect(await failure('suspend', 'nobody')).toMatch(/exit code 2[^]*There is no tenant "nobody"/);
  });

  it('erases one, whose slug has to be said twice', async () => {
    expect(await failure('erase', 'north')).toMatch(/exit code 1[^]*--confirm north/);
    expect(await failure('erase', 'north', '--confirm', 'east')).toMatch(/exit code 1[^]*--confirm north/);
    expect(await must(superAdmin, 'GET', '/items/projects')).toHaveLength(2);

    expect(await run('erase', 'north', '--confirm', 'north')).toMatch(/^projects +2$[^]*"North" \(north\) is erased/m);
    expect(json(await run('erase', 'east', '--confirm', 'east', '--json'))).toMatchObject({
      tenant: { slug: 'east' },
      erased: { directus_users: 1, projects: 0 },
      left: [],
    });
    expect(await must(superAdmin, 'GET', '/items/projects')).toEqual([]);
    expect(json(await run('list', '--json'))).toMatchObject([{ slug: 'far-west' }]);
    expect(await failure('erase', 'north', '--confirm', 'north')).toMatch(/exit code 2[^]*There is no tenant "north"/);
  });
});
