import { createHmac } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { POLICIES } from '../../src/tenancy/managed.ts';
import { inEveryCell } from '../support/cells.ts';
import { login, type Account } from '../support/client.ts';
import { createPerson } from '../support/people.ts';
import { runSql } from '../support/sql.ts';
import { must, uploadFile } from '../support/world.ts';

const PASSWORD = 'correct horse battery';

/** The code of a second factor (RFC 6238, with the usual 30 seconds and 6 digits) for a secret in Base32 (RFC 4648). */
function oneTimeCode(secret: string): string {
  const bits = Array.from(secret, (letter) =>
    'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter).toString(2).padStart(5, '0'),
  );
  const key = Buffer.from(
    bits
      .join('')
      .match(/.{8}/g)!
      .map((byte) => parseInt(byte, 2)),
  );
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000)));

  const digest = createHmac('sha1', key).update(counter).digest();
  const value = digest.readUInt32BE(digest.at(-1)! & 15) & 0x7fffffff;
  return String(value % 1_000_000).padStart(6, '0');
}

inEveryCell('Members look after their own account and no other', (world, host) => {
  const people: Record<string, Account & { id: string }> = {};

  const accounts = (): Promise<unknown[]> =>
    runSql(host().database, 'SELECT * FROM directus_users ORDER BY id').then((rows) =>
      rows.map(({ last_access: _access, last_page: _page, ...row }) => row),
    );

  beforeAll(async () => {
    const { superAdmin, north } = world();

    for (const level of ['viewer', 'editor', 'owner', 'api'] as const) {
      people[level] = await createPerson(host().url, superAdmin, { role: north.id, policies: [POLICIES[level]] });
    }
  });

  describe.each(['viewer', 'editor', 'owner'])('as %s', (level) => {
    it('who they are, and how the Data Studio looks to them', async () => {
      const changes = {
        first_name: 'Nora',
        last_name: 'North',
        title: 'Boss',
        location: 'Here',
        description: 'Somebody',
        tags: ['a'],
        language: 'de-DE',
        appearance: 'dark',
        theme_dark: 'Directus Minimal',
      };

      await must(people[level]!, 'PATCH', '/users/me', changes);
      expect(await must(people[level]!, 'GET', '/users/me')).toMatchObject(changes);

      const text = 'mutation { update_users_me(data: { location: "There" }) { location } }';
      const answer = await people[level]!.send('POST', '/graphql/system', { query: text });
      expect(answer).toMatchObject({ status: 200, data: { update_users_me: { location: 'There' } } });
    });

    it('a picture, which is a file of the own tenant', async () => {
      const { north, south } = world();
      const own = await uploadFile(north.owner, 'north-face');
      const foreign = await uploadFile(south.owner, 'south-face');

      await must(people[level]!, 'PATCH', '/users/me', { avatar: own });
      const refused = await people[level]!.send('PATCH', '/users/me', { avatar: foreign });
      const missing = await people[level]!.send('PATCH', '/users/me', { avatar: crypto.randomUUID() });
      expect(refused).toMatchObject({ status: 400, errors: [{ extensions: { field: 'avatar' } }] });
      expect(refused.errors).toEqual(missing.errors);
      expect(await must(people[level]!, 'GET', '/users/me?fields=avatar')).toEqual({ avatar: own });
    });

    it('the password and the second factor', async () => {
      const { email } = people[level]!;
      await must(people[level]!, 'PATCH', '/users/me', { password: 'another horse battery' });
      const again = await login(host().url, { email, password: 'another horse battery' });

      const { secret } = await must<{ secret: string }>(again, 'POST', '/users/me/tfa/generate', {
        password: 'another horse battery',
      });
      await must(again, 'POST', '/users/me/tfa/enable', { secret, otp: oneTimeCode(secret) });
      await expect(login(host().url, { email, password: 'another horse battery' })).rejects.toThrow();
      await must(again, 'POST', '/users/me/tfa/disable', { otp: oneTimeCode(secret) });

      await must(again, 'PATCH', '/users/me', { password: PASSWORD });
      people[level] = { ...people[level]!, ...(await login(host().url, { email, password: PASSWORD })) };
    });

    it('but not its address, its rights, or how it is logged in to', async () => {
      const before = await accounts();

      for (const changes of [
        { email: 'elsewhere@example.com' },
        { role: null },
        { policies: [{ policy: POLICIES.owner }] },
        { status: 'suspended' },
        { token: 'static' },
        { provider: 'github' },
        { external_identifier: 'x' },
        { auth_data: {} },
        { tfa_secret: 'AAAA' },
        { first_name: 'x', id: crypto.randomUUID() },
      ]) {
        const answer = await people[level]!.send('PATCH', '/users/me', changes);
        expect([400, 403], JSON.stringify(changes)).toContain(answer.status);
      }

      expect(await accounts()).toEqual(before);
    });

    it('nobody else’s, be it a colleague’s or a stranger’s', async () => {
      const colleague = people[level === 'owner' ? 'viewer' : 'owner']!.id;
      const { id: stranger } = await must<{ id: string }>(world().south.owner, 'GET', '/users/me');
      const { id: boss } = await must<{ id: string }>(world().superAdmin, 'GET', '/users/me');
      const before = await accounts();

      for (const id of [colleague, stranger, boss, crypto.randomUUID()]) {
        for (const [path, body] of [
          [`/users/${id}`, { first_name: 'x' }],
          [`/users/${id}`, { password: 'taken over' }],
          ['/users', { keys: [people[level]!.id, id], data: { first_name: 'x' } }],
          ['/users', [{ id, first_name: 'x' }]],
        ] as const) {
          const answer = await people[level]!.send('PATCH', path, body);
          expect(answer, JSON.stringify([path, body])).toMatchObject({
            status: 403,
            errors: [{ extensions: { code: 'FORBIDDEN' } }],
          });
        }

        const answer = await people[level]!.send('POST', '/graphql/system', {
          query: `mutation { update_users_item(id: "${id}", data: { first_name: "x" }) { id } }`,
        });
        expect(answer.errors[0]).toMatchObject({ extensions: { code: 'FORBIDDEN' } });
      }

      expect(await accounts()).toEqual(before);
    });
  });

  it('tokens of programs have none to look after', async () => {
    expect((await people['api']!.send('PATCH', '/users/me', { first_name: 'x' })).status).toBe(403);
  });
});
