import { beforeEach, describe, expect, it } from 'vitest';
import { POLICIES } from '../../src/tenancy/managed.ts';
import { onEveryDatabase } from '../support/cells.ts';
import type { Account } from '../support/client.ts';
import { createPerson, createPolicy, createRole, logInAgain } from '../support/people.ts';
import { must } from '../support/world.ts';

interface Member {
  id: string;
  level: string;
  policy: string;
  additional_policies: string[];
  active: boolean;
  user: { id: string; email: string };
}

onEveryDatabase('Users to whom the project gave roles', (world) => {
  /** The policies of the role and of the one above it: writing tags, writing countries, reading clients. */
  let policies: [string, string, string];
  let role: string;
  let person: Account & { id: string };

  const members = '/tenancy/tenants/south/members';

  const memberOf = async ({ email }: Account): Promise<Member | undefined> =>
    (await must<Member[]>(world().superAdmin, 'GET', members)).find(({ user }) => user.email === email);

  const roleOf = async ({ id }: { id: string }): Promise<string | null> =>
    (await must<{ role: string | null }>(world().superAdmin, 'GET', `/users/${id}?fields=role`)).role;

  beforeEach(async () => {
    const { superAdmin, url } = world();
    policies = [
      await createPolicy(superAdmin, [{ collection: 'tags', action: 'create' }], { appAccess: true }),
      await createPolicy(superAdmin, [{ collection: 'countries', action: 'create' }]),
      await createPolicy(superAdmin, [{ collection: 'clients', action: 'update' }]),
    ];
    const parent = await createRole(superAdmin, [policies[2]]);
    role = await createRole(superAdmin, [policies[0], policies[1]], { parent });
    person = await createPerson(url, superAdmin, { role });
  });

  describe('become members with what the role gave them', () => {
    it('in the own tenant alone where rows have tenants, and as before where they have none', async () => {
      const { superAdmin, north, south, url } = world();
      const added = await must<Member>(superAdmin, 'POST', members, { email: person.email });
      expect(added).toMatchObject({ level: policies[0], policy: policies[0], active: true });
      expect(added.additional_policies).toEqual([policies[1], policies[2]]);
      expect(await roleOf(person)).toBe(south.id);
      expect((await person.send('GET', '/items/tags')).status).toBe(401);

      const member = await logInAgain(url, person);
      const tag = await must<{ id: number }>(member, 'POST', '/items/tags', { name: 'south-x' });
      expect(await must(superAdmin, 'GET', `/items/tags/${tag.id}`)).toMatchObject({ tenant_id: south.id });
      await must(superAdmin, 'DELETE', `/items/tags/${tag.id}`);

      const country = await must<{ id: number }>(member, 'POST', '/items/countries', { name: 'x' });
      await must(superAdmin, 'DELETE', `/items/countries/${country.id}`);

      await must(member, 'PATCH', `/items/clients/${south.clients[0]}`, { name: 'south-client-1' });
      expect((await member.send('PATCH', `/items/clients/${north.clients[0]}`, { name: 'taken' })).status).toBe(403);
      expect((await member.send('POST', '/items/projects', { title: 'x' })).status).toBe(403);
      expect(await must(member, 'GET', '/tenancy/me')).toMatchObject({ tenant: { slug: 'south' }, level: policies[0] });
    });

    it('there, and nowhere else', async () => {
      const { superAdmin, url } = world();
      await must(superAdmin, 'POST', members, { email: person.email });
      await must(superAdmin, 'POST', '/tenancy/tenants/north/members', { email: person.email, level: 'viewer' });
      const here = await logInAgain(url, person);
      await must(here, 'POST', '/tenancy/me/tenant', { tenant: 'north' });

      const there = await logInAgain(url, person);
      for (const collection of ['tags', 'countries']) {
        expect((await there.send('POST', `/items/${collection}`, { name: 'x' })).status).toBe(403);
      }

      await must(there, 'POST', '/tenancy/me/tenant', { tenant: 'south' });
      const back = await logInAgain(url, person);
      const country = await must<{ id: number }>(back, 'POST', '/items/countries', { name: 'x' });
      await must(superAdmin, 'DELETE', `/items/countries/${country.id}`);
    });

    it('until they get another level, or leave', async () => {
      const { superAdmin, url } = world();
      const { id } = await must<Member>(superAdmin, 'POST', members, { email: person.email });
      const changed = await must<Member>(superAdmin, 'PATCH', `${members}/${id}`, { level: 'viewer' });
      expect(changed).toMatchObject({ level: 'viewer', additional_policies: [] });
      const member = await logInAgain(url, person);
      for (const collection of ['tags', 'countries']) {
        expect((await member.send('POST', `/items/${collection}`, { name: 'x' })).status).toBe(403);
      }
    });

    it('all of a role at once, or none', async () => {
      const { superAdmin, south, url } = world();
      const second = await createPerson(url, superAdmin, { role });
      const third = await createPerson(url, superAdmin, { role });
      const { data: admin } = await superAdmin.send<{ id: string }>('POST', '/policies', {
        name: 'Admins',
        admin_access: true,
      });
      const access = await must<{ id: string }>(superAdmin, 'POST', '/access', { user: third.id, policy: admin.id });

      expect((await superAdmin.send('POST', `${members}/adopt`, { role })).status).toBe(400);
      for (const each of [person, second, third]) expect(await roleOf(each)).toBe(role);

      await must(superAdmin, 'DELETE', `/access/${access.id}`);
      expect(await must(superAdmin, 'POST', `${members}/adopt`, { role })).toEqual({ adopted: 3 });
      for (const each of [person, second, third]) {
        expect(await roleOf(each)).toBe(south.id);
        expect(await memberOf(each)).toMatchObject({ level: policies[0] });
      }
      expect(await must(superAdmin, 'POST', `${members}/adopt`, { role })).toEqual({ adopted: 0 });

      for (const wrong of [south.id, crypto.randomUUID(), 'nothing']) {
        expect(await superAdmin.send('POST', `${members}/adopt`, { role: wrong })).toMatchObject({
          status: 400,
          errors: [{ extensions: { field: 'role' } }],
        });
      }
      expect((await south.owner.send('POST', `${members}/adopt`, { role })).status).toBe(403);
    });

    it('when a super-admin gives them the role of a tenant in the Users module', async () => {
      const { superAdmin, south, url } = world();
      await must(superAdmin, 'PATCH', `/users/${person.id}`, { role: south.id });
      expect(await memberOf(person)).toMatchObject({ level: policies[0], active: true });
      expect((await memberOf(person))!.additional_policies).toEqual([policies[1], policies[2]]);
      const member = await logInAgain(url, person);
      const country = await must<{ id: number }>(member, 'POST', '/items/countries', { name: 'x' });
      await must(superAdmin, 'DELETE', `/items/countries/${country.id}`);

      const plain = await createPerson(url, superAdmin);
      await must(superAdmin, 'PATCH', `/users/${plain.id}`, { role: south.id });
      expect(await memberOf(plain)).toMatchObject({ level: 'viewer', policy: POLICIES.viewer });
    });
  });

  it('become what is said instead, where a level is named', async () => {
    const { superAdmin, url } = world();
    expect(await must(superAdmin, 'POST', members, { email: person.email, level: 'viewer' })).toMatchObject({
      level: 'viewer',
      additional_policies: [],
    });
    const member = await logInAgain(url, person);
    expect((await member.send('POST', '/items/countries', { name: 'x' })).status).toBe(403);
  });

  it('become nothing by a role that gives admin access', async () => {
    const { superAdmin, south, url } = world();
    const { data: admin } = await superAdmin.send<{ id: string }>('POST', '/policies', {
      name: 'Admins',
      admin_access: true,
    });
    const admins = await createRole(superAdmin, [admin.id]);
    const chief = await createPerson(url, superAdmin, { role: await createRole(superAdmin, [], { parent: admins }) });

    for (const body of [{ email: chief.email }, { email: chief.email, level: 'viewer' }]) {
      expect(await superAdmin.send('POST', members, body)).toMatchObject({
        status: 400,
        errors: [{ extensions: { field: 'email' } }],
      });
    }
    expect((await superAdmin.send('PATCH', `/users/${chief.id}`, { role: south.id })).status).toBe(400);
    expect(await memberOf(chief)).toBeUndefined();
  });

  it('have to be given a level where no role tells it, and nobody learns by that who is there', async () => {
    const { superAdmin, south, url } = world();
    const plain = await createPerson(url, superAdmin);

    for (const [account, email] of [
      [superAdmin, plain.email],
      [superAdmin, 'nobody@example.com'],
      [south.owner, plain.email],
      [south.owner, person.email],
      [south.owner, 'nobody@example.com'],
    ] as const) {
      expect(await account.send('POST', members, { email })).toMatchObject({
        status: 400,
        errors: [{ extensions: { code: 'INVALID_PAYLOAD', field: 'level' } }],
      });
    }
    expect(await roleOf(person)).toBe(role);
  });
});
