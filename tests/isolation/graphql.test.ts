import { beforeAll, expect, it } from 'vitest';
import { inEveryCell } from '../support/cells.ts';
import { accountWithToken, send, type Account } from '../support/client.ts';
import { must } from '../support/world.ts';

inEveryCell('GraphQL obeys the same laws', (world) => {
  let owner: Account;
  const query = <Data>(text: string): Promise<Data> => owner.sdk.query<Data & object>(text);

  beforeAll(() => {
    owner = world().north.owner;
  });

  it('lists own rows, nested both ways and through the shared collection', async () => {
    const text = JSON.stringify(
      await query(`{
        projects(limit: -1) { id title tenant_id { id name } client { name projects { title } } tasks { title } tags { tags_id { name } } }
        countries { name clients { name projects { title } } }
        clients { name country { clients { name } } }
      }`),
    );

    expect(text).toContain('north-project-1');
    expect(text).toContain('north-task-0a');
    expect(text).not.toContain('south');
    expect(text).not.toContain(world().south.id);
  });

  it('finds no foreign row by id', async () => {
    const [own, foreign] = [world().north.projects[0]!, world().south.projects[0]!];
    expect(await query(`{ projects_by_id(id: ${own}) { title } }`)).toEqual({
      projects_by_id: { title: 'north-project-1' },
    });

    const answer = await owner.send<{ projects_by_id: unknown }>('POST', '/graphql', {
      query: `{ projects_by_id(id: ${foreign}) { title } }`,
    });
    expect(answer.data.projects_by_id ?? null).toBeNull();
    expect(JSON.stringify(answer)).not.toContain('south');
  });

  it('aggregates own rows only', async () => {
    expect(await query('{ projects_aggregated { count { id } sum { budget } } }')).toEqual({
      projects_aggregated: [{ count: { id: 3 }, sum: { budget: 600 } }],
    });
  });

  it('stamps what a mutation creates, and refuses a forged tenant with an error that names the field', async () => {
    const created = await query<{ create_tags_item: { id: string; tenant_id: { id: string } } }>(
      'mutation { create_tags_item(data: { name: "north-graphql" }) { id tenant_id { id } } }',
    );
    expect(created.create_tags_item.tenant_id.id).toBe(world().north.id);

    const forged = await owner.send<{ create_tags_item: unknown } | null>('POST', '/graphql', {
      query: `mutation { create_tags_item(data: { name: "forged", tenant_id: "${world().south.id}" }) { id } }`,
    });
    expect(JSON.stringify(forged.errors)).toContain('tenant_id');
    const rows = await world().superAdmin.send<unknown[]>('GET', '/items/tags?filter[name][_eq]=forged');
    expect(rows.data).toEqual([]);

    await world().superAdmin.send('DELETE', `/items/tags/${created.create_tags_item.id}`);
  });

  it('does not update or delete a foreign row', async () => {
    const foreign = world().south.projects[0]!;

    for (const mutation of [
      `update_projects_item(id: ${foreign}, data: { title: "stolen" }) { id }`,
      `update_projects_items(ids: [${foreign}], data: { title: "stolen" }) { id }`,
      `delete_projects_item(id: ${foreign}) { id }`,
    ]) {
      const answer = await owner.send('POST', '/graphql', { query: `mutation { ${mutation} }` });
      expect(answer.errors, mutation).not.toEqual([]);
    }

    const row = await world().superAdmin.send<{ title: string }>('GET', `/items/projects/${foreign}`);
    expect(row.data.title).toBe('south-project-1');
  });

  // Directus keeps a GraphQL schema by role and user, with the rights of whoever built it: a share has neither, as the public.
  it('answers no share, so that nobody else is answered with the rows of a share', async () => {
    const { superAdmin, south, url } = world();
    const share = await must<{ id: string }>(superAdmin, 'POST', '/shares', {
      name: 'share',
      collection: 'projects',
      item: String(south.projects[0]),
      role: south.id,
    });
    const session = await send<{ access_token: string }>(url, 'POST', '/shares/auth', { body: { share: share.id } });
    const guest = accountWithToken(url, session.data.access_token);
    expect((await guest.send('GET', `/items/projects/${south.projects[0]}`)).status).toBe(200);

    for (const [path, text] of [
      ['/graphql', '{ projects { title } }'],
      ['/GraphQL', '{ projects { title } }'],
      ['/graphql/system', '{ collections { collection } }'],
    ] as const) {
      const answers = [
        await guest.send('POST', path, { query: text }),
        await guest.send('GET', `${path}?query=${encodeURIComponent(text)}`),
      ];
      expect(
        answers.map(({ status }) => status),
        path,
      ).toEqual([403, 403]);
    }

    const stranger = await send(url, 'POST', '/graphql', { body: { query: '{ projects { title } }' } });
    expect(stranger.status).toBe(400);
    expect(JSON.stringify(stranger)).not.toContain('south');
  });
});
