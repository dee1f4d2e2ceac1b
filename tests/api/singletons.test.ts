import { beforeAll, expect, it } from 'vitest';
import { onEveryDatabase } from '../support/cells.ts';
import { accountWithToken, type Account } from '../support/client.ts';
import { createCollection, createRelation } from '../support/collections.ts';
import { runSql } from '../support/sql.ts';
import { must } from '../support/world.ts';

interface Settings {
  id: number;
  title: string | null;
  theme: string;
  tenant_id: string;
}

onEveryDatabase('A singleton has one row for each tenant', (world, host) => {
  let superAdmin: Account;

  const rows = (): Promise<Record<string, unknown>[]> =>
    runSql(host().database, 'SELECT title, tenant_id FROM preferences ORDER BY id');

  const read = (account: Account): Promise<Settings> => must(account, 'GET', '/items/preferences');

  beforeAll(async () => {
    ({ superAdmin } = world());

    await createCollection(
      superAdmin,
      'preferences',
      [
        { field: 'title', type: 'string', schema: {} },
        { field: 'theme', type: 'string', schema: { default_value: 'light', is_nullable: false } },
        { field: 'labels', type: 'alias', meta: { special: ['o2m'], interface: 'list-o2m' }, schema: null },
      ],
      { singleton: true },
    );
    await createCollection(superAdmin, 'labels', [
      { field: 'text', type: 'string', schema: {} },
      { field: 'preferences', type: 'integer', schema: {} },
    ]);
    await createRelation(superAdmin, 'labels', 'preferences', 'preferences', 'labels');
  });

  it('which is the defaults until somebody saves it', async () => {
    for (const { owner } of [world().north, world().south]) {
      expect(await read(owner)).toMatchObject({ id: null, theme: 'light' });
    }
  });

  it('that its members save and read', async () => {
    const { north, south } = world();
    const saved = await must<Settings>(north.editor, 'PATCH', '/items/preferences', { title: 'north-title' });
    expect(saved).toMatchObject({ title: 'north-title', tenant_id: north.id });
    expect(await read(south.owner)).toMatchObject({ id: null, theme: 'light' });

    // Its row is the second one of the table.
    await must(south.editor, 'PATCH', '/items/preferences', {
      title: 'south-title',
      labels: [{ text: 'south-label' }],
    });
    await must(south.editor, 'PATCH', '/items/preferences', { theme: 'dark' });
    await must(north.editor, 'PATCH', '/items/preferences', { title: 'north-again' });

    expect(await read(north.viewer)).toMatchObject({ title: 'north-again', theme: 'light', tenant_id: north.id });
    expect(await read(south.viewer)).toMatchObject({ title: 'south-title', theme: 'dark', tenant_id: south.id });
    expect(await rows()).toEqual([
      { title: 'north-again', tenant_id: north.id },
      { title: 'south-title', tenant_id: south.id },
    ]);
    expect(await must(south.viewer, 'GET', '/items/labels?fields=text')).toEqual([{ text: 'south-label' }]);
  });

  it('in GraphQL as well', async () => {
    const { north, south } = world();
    const save = (title: string): object => ({
      query: `mutation { update_preferences(data: { title: "${title}" }) { title } }`,
    });
    expect((await south.editor.send('POST', '/graphql', save('south-graphql'))).data).toEqual({
      update_preferences: { title: 'south-graphql' },
    });

    const query = { query: '{ preferences { title } }' };
    expect((await north.viewer.send('POST', '/graphql', query)).data).toEqual({
      preferences: { title: 'north-again' },
    });
    expect((await south.viewer.send('POST', '/graphql', query)).data).toEqual({
      preferences: { title: 'south-graphql' },
    });
  });

  it('however many save it for the first time at once', async () => {
    await must(superAdmin, 'POST', '/tenancy/tenants', { name: 'West' });
    const { user } = await must<{ user: { id: string } }>(superAdmin, 'POST', '/tenancy/tenants/west/members', {
      email: 'editor@west.example.com',
      level: 'editor',
    });
    const token = crypto.randomUUID();
    await must(superAdmin, 'PATCH', `/users/${user.id}`, { token });
    const editor = accountWithToken(host().url, token);

    const answers = await Promise.all(
      ['a', 'b', 'c', 'd'].map((title) => editor.send('PATCH', '/items/preferences', { title })),
    );
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    expect(await rows()).toHaveLength(3);
  });

  it('that viewers read only, and nobody takes for another tenant', async () => {
    const { north, south } = world();
    const before = await rows();
    expect((await north.viewer.send('PATCH', '/items/preferences', { title: 'x' })).status).toBe(403);

    const forged = await north.editor.send('PATCH', '/items/preferences', { title: 'x', tenant_id: south.id });
    expect(forged).toMatchObject({ status: 400, errors: [{ extensions: { field: 'tenant_id' } }] });
    expect(await rows()).toEqual(before);
  });

  it('of which a super-admin says whose it is', async () => {
    const { south } = world();
    const before = await rows();
    expect(await superAdmin.send('PATCH', '/items/preferences', { title: 'whose?' })).toMatchObject({
      status: 400,
      errors: [{ extensions: { field: 'tenant_id' } }],
    });
    expect(await rows()).toEqual(before);

    await must(superAdmin, 'PATCH', '/items/preferences', { title: 'south-by-admin', tenant_id: south.id });
    expect((await read(south.owner)).title).toBe('south-by-admin');
    expect((await read(world().north.owner)).title).toBe('north-again');
    expect(
      await must<Settings>(superAdmin, 'GET', `/items/preferences?filter[tenant_id][_eq]=${south.id}`),
    ).toMatchObject({ title: 'south-by-admin' });
  });
});
