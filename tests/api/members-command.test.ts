import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { accountWithToken, login, type Account } from '../support/client.ts';
import { useHost } from '../support/host.ts';
import { Mailbox } from '../support/mailbox.ts';
import { createPolicy } from '../support/people.ts';
import { createTenant, must } from '../support/world.ts';

const PASSWORD = 'correct horse battery';

const mailbox = new Mailbox();

afterAll(() => mailbox.remove());

describe('directus tenancy members, tokens and levels', { timeout: 240_000 }, () => {
  const host = useHost({ directus: '11', env: mailbox.env });
  let superAdmin: Account;
  let owner: Account;

  const run = (...options: string[]): Promise<string> => host().run('tenancy', ...options);
  const failure = (...options: string[]): Promise<string> => run(...options).then(String, String);
  const json = (output: string): unknown => JSON.parse(output.trim().split('\n').at(-1)!);

  beforeAll(async () => {
    superAdmin = await login(host().url, host().superAdmin);
    ({ owner } = await createTenant(host().url, superAdmin, 'North'));
  });

  it('list, add, change and remove members', async () => {
    expect(await run('members', 'list', 'north')).toMatch(/^owner@north\.example\.com +owner +active /m);

    const email = 'new@north.example.com';
    const added = await host().runWithInput(
      `${PASSWORD}\n`,
      ...['tenancy', 'members', 'add', 'north', email, '--level', 'viewer', '--password-stdin', '--json'],
    );
    expect(json(added)).toMatchObject({ level: 'viewer', user: { email } });
    const person = await login(host().url, { email, password: PASSWORD });
    expect(await must(person, 'GET', '/tenancy/me')).toMatchObject({ level: 'viewer' });

    expect(await run('members', 'level', 'north', email.toUpperCase(), 'editor')).toContain('is editor.');
    expect(await must(person, 'GET', '/tenancy/me')).toMatchObject({ level: 'editor' });

    expect(await run('members', 'remove', 'north', email)).toContain('is a member no more.');
    expect(await run('members', 'list', 'north')).not.toContain(email);
  });

  it('send an invitation before they end', async () => {
    const address = 'soon@north.example.com';
    expect(await run('members', 'add', 'north', address, '--level', 'editor', '--invite')).toContain('as editor.');
    expect(await run('members', 'invite', 'north', address)).toContain('is invited again.');
    expect(mailbox.tokensTo(address)).toHaveLength(2);
    const [token] = mailbox.tokensTo(address);
    await must(superAdmin, 'POST', '/users/invite/accept', { token, password: PASSWORD });
    const person = await login(host().url, { email: address, password: PASSWORD });
    expect(await must(person, 'GET', '/tenancy/me')).toMatchObject({ level: 'editor' });
  });

  it('hand a tenant over', async () => {
    expect(await run('members', 'transfer', 'north', 'editor@north.example.com', '--level', 'viewer')).toContain(
      'is the owner.',
    );
    expect(await must(owner, 'GET', '/tenancy/me')).toMatchObject({ level: 'viewer' });
    await run('members', 'transfer', 'north', owner.email);
    expect(await must(owner, 'GET', '/tenancy/me')).toMatchObject({ level: 'owner' });
  });

  it('make, list and revoke tokens', async () => {
    const token = (await run('tokens', 'create', 'north', 'Shop')).trim().split('\n').at(-1)!;
    const program = accountWithToken(host().url, token);
    expect(await must(program, 'GET', '/tenancy/me')).toMatchObject({ level: 'api' });
    expect(await run('tokens', 'list', 'north')).toMatch(/^Shop +[0-9a-f-]{36}$/m);

    const [{ id }] = json(await run('tokens', 'list', 'north', '--json')) as [{ id: string }];
    await run('tokens', 'revoke', 'north', id);
    expect((await program.send('GET', '/tenancy/me')).status).toBe(401);
  });

  it('make a policy a level, and take that back', async () => {
    const policy = await createPolicy(superAdmin, [], { appAccess: true });
    await run('levels', 'add', policy);
    expect(await run('levels', 'list')).toMatch(new RegExp(`^${policy} .*yes$`, 'm'));
    await run('members', 'level', 'north', 'viewer@north.example.com', policy);

    await run('levels', 'remove', policy);
    expect(await failure('members', 'level', 'north', 'editor@north.example.com', policy)).toMatch(
      /exit code 2[^]*"level" must be one of/,
    );
    expect(json(await run('members', 'list', 'north', '--json'))).toContainEqual(
      expect.objectContaining({ level: policy }),
    );
  });

  it('do nothing that is not as it must be', async () => {
    const before = await run('members', 'list', 'north', '--json');
    for (const [options, said] of [
      [['members', 'add', 'north', 'x@example.com'], /exit code 2[^]*"level" is required/],
      [['members', 'add', 'north', 'no address', '--level', 'viewer'], /exit code 2[^]*"email" must be/],
      [
        ['members', 'add', 'north', 'x@example.com', '--level', 'viewer', '--invite', '--password-stdin'],
        /exit code 2[^]*Choose one/,
      ],
      [['members', 'remove', 'north', 'nobody@example.com'], /exit code 2[^]*no member "nobody@example.com"/],
      [['members', 'remove', 'north', 'owner@north.example.com'], /exit code 1[^]*only owner/],
      [['members', 'list', 'nobody'], /exit code 2[^]*There is no tenant "nobody"/],
      [['tokens', 'revoke', 'north', 'nothing'], /exit code 2[^]*no member "nothing"/],
      [['levels', 'add', 'nothing'], /exit code 2[^]*There is no policy "nothing"/],
    ] as const) {
      expect(await failure(...options), options.join(' ')).toMatch(said);
    }
    expect(await run('members', 'list', 'north', '--json')).toBe(before);
  });
});
