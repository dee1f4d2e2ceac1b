import { beforeAll, describe, expect, it } from 'vitest';
import { inEveryCell } from '../support/cells.ts';
import { must, type World } from '../support/world.ts';

interface Row {
  id: string | number;
}

/**
 * What South gets of a list, by key. North's rows are there, and each question below is one that only they could answer.
 */
async function keysFor(world: World, path: string): Promise<(string | number)[]> {
  const answer = await world.south.owner.send<Row[]>('GET', path);
  expect(answer.status, JSON.stringify(answer.errors)).toBe(200);
  return answer.data.map(({ id }) => id);
}

const query = (parameters: Record<string, unknown>): string =>
  new URLSearchParams(
    Object.entries(parameters).map(([key, value]) => [key, typeof value === 'string' ? value : JSON.stringify(value)]),
  ).toString();

inEveryCell('A hop over a relation', (world) => {
  beforeAll(async () => {
    // The shared row knows both tenants, and the super-admin sees as much.
    const seen = await must<Row[]>(
      world().superAdmin,
      'GET',
      `/items/countries?${query({ filter: { clients: { name: { _starts_with: 'north' } } } })}`,
    );
    expect(seen.length).toBeGreaterThan(0);
  });

  describe('in a filter', () => {
    it('meets the own related rows', async () => {
      const own = { client: { name: { _starts_with: 'south' } } };
      expect(await keysFor(world(), `/items/projects?${query({ filter: own })}`)).toHaveLength(3);

      const through = { clients: { name: { _eq: 'south-client-1' } } };
      expect(await keysFor(world(), `/items/countries?${query({ filter: through })}`)).toEqual([world().countries[0]]);

      const deep = { project: { tags: { tags_id: { name: { _eq: 'south-tag-1' } } } } };
      expect(await keysFor(world(), `/items/tasks?${query({ filter: deep })}`)).toHaveLength(6);
    });

    const oracles: [string, string, object][] = [
      ['from a shared row', 'countries', { clients: { name: { _starts_with: 'north' } } }],
      ['two steps from a shared row', 'countries', { clients: { projects: { title: { _starts_with: 'north' } } } }],
      ['back through a shared row', 'clients', { country: { clients: { name: { _starts_with: 'north' } } } }],
      [
        'in a branch of "_or"',
        'countries',
        { _or: [{ id: { _lt: 0 } }, { clients: { name: { _contains: 'north' } } }] },
      ],
      [
        'with several conditions',
        'countries',
        { clients: { _and: [{ name: { _contains: 'north' } }, { id: { _nnull: true } }] } },
      ],
      ['by its key', 'countries', { clients: { id: { _in: ['%north%'] } } }],
      ['in "_some"', 'countries', { clients: { _some: { name: { _starts_with: 'north' } } } }],
      [
        'in "_some" over another relation',
        'countries',
        { clients: { _some: { projects: { title: { _contains: 'north' } } } } },
      ],
      [
        'through the people of a tenant',
        'clients',
        { country: { clients: { tenant_id: { owner: { first_name: { _eq: 'North' } } } } } },
      ],
      ['that the query makes up', 'countries', { '$FOLLOW(clients,country)': { name: { _starts_with: 'north' } } }],
      [
        'that the query makes up over any column',
        'projects',
        { '$FOLLOW(projects,budget)': { title: { _contains: 'north' } } },
      ],
      [
        'that the query makes up, with a collection',
        'countries',
        { '$FOLLOW(clients,country):clients': { name: { _starts_with: 'north' } } },
      ],
    ];

    it.each(oracles)('%s meets no row of another tenant', async (_name, collection, filter) => {
      const text = JSON.stringify(filter).replace('%north%', world().north.clients[0]!);
      const path = `/items/${collection}?${query({ filter: text, meta: 'filter_count' })}`;
      const answer = await world().south.owner.send<Row[]>('GET', path);

      if (answer.status === 200) expect(answer).toMatchObject({ data: [], meta: { filter_count: 0 } });
      else expect([400, 403]).toContain(answer.status);

      // The same question about rows that nobody has gets the same answer.
      const nobody = path.replaceAll('north', 'nobody').replace(world().north.clients[0]!, crypto.randomUUID());
      expect((await world().south.owner.send('GET', nobody)).status).toBe(answer.status);
    });

    it('is counted as it is listed, in a body as well', async () => {
      const filter = { clients: { name: { _starts_with: 'north' } } };

      for (const asked of [filter, JSON.stringify(filter)]) {
        const answer = await world().south.owner.send('SEARCH', '/items/countries', {
          query: { filter: asked, meta: ['filter_count', 'total_count'] },
        });
        expect(answer).toMatchObject({ status: 200, data: [], meta: { filter_count: 0, total_count: 2 } });
      }
    });

    it('that asks for nothing tells of the own rows only', async () => {
      // North has clients in both countries; South leaves the second one.
      const { south } = world();
      const there = { country: { _eq: world().countries[1] } };
      const [second] = await keysFor(world(), `/items/clients?${query({ filter: there })}`);
      await must(south.owner, 'PATCH', `/items/clients/${second}`, { country: world().countries[0] });

      const without = { clients: { id: { _null: true } } };
      expect(await keysFor(world(), `/items/countries?${query({ filter: without })}`)).toEqual([world().countries[1]]);

      const none = { clients: { _none: { name: { _nnull: true } } } };
      expect(await keysFor(world(), `/items/countries?${query({ filter: none })}`)).toEqual([world().countries[1]]);

      await must(south.owner, 'PATCH', `/items/clients/${second}`, { country: world().countries[1] });
    });

    it('that asks for nothing finds own rows that refer to nothing', async () => {
      const { id } = await must<Row>(world().south.owner, 'POST', '/items/tasks', { title: 'south-task-alone' });

      const alone = { project: { title: { _null: true } } };
      expect(await keysFor(world(), `/items/tasks?${query({ filter: alone })}`)).toEqual([id]);
      await must(world().south.owner, 'DELETE', `/items/tasks/${id}`);
    });

    it('that asks for nothing behind another hop is refused, and the path is named', async () => {
      const filter = { country: { clients: { id: { _null: true } } } };
      const answer = await world().south.owner.send('GET', `/items/clients?${query({ filter })}`);
      expect(answer.status).toBe(403);
      expect(answer.errors[0]!.message).toContain('country.clients.id');
    });

    it('to any collection stays in the tenant', async () => {
      const own = { sections: { 'item:clients': { name: { _starts_with: 'south' } } } };
      expect(await keysFor(world(), `/items/projects?${query({ filter: own })}`)).toHaveLength(3);

      const foreign = { sections: { 'item:clients': { name: { _starts_with: 'north' } } } };
      expect(await keysFor(world(), `/items/projects?${query({ filter: foreign })}`)).toEqual([]);

      const through = { sections: { 'item:countries': { clients: { name: { _starts_with: 'north' } } } } };
      expect(await keysFor(world(), `/items/projects?${query({ filter: through })}`)).toEqual([]);
    });

    it('of a nested list meets no row of another tenant', async () => {
      const nested = (mark: string): string =>
        `/items/clients?${query({
          fields: 'id,country.id,country.clients.id',
          deep: {
            country: { clients: { _filter: { country: { clients: { name: { _starts_with: mark } } } } } },
          },
        })}`;

      const counts = async (mark: string): Promise<number> => {
        const rows = await must<{ country: { clients: Row[] } }[]>(world().south.owner, 'GET', nested(mark));
        return rows.reduce((sum, { country }) => sum + country.clients.length, 0);
      };

      expect(await counts('south')).toBeGreaterThan(0);
      expect(await counts('north')).toBe(0);
    });

    it('of a nested list under another name meets no row of another tenant', async () => {
      const path = (mark: string): string =>
        `/items/projects?${query({
          fields: 'id,mine.id',
          alias: { mine: 'tasks' },
          deep: {
            mine: { _filter: { project: { client: { country: { clients: { name: { _starts_with: mark } } } } } } },
          },
        })}`;

      const south = await must<{ mine: Row[] }[]>(world().south.owner, 'GET', path('south'));
      expect(south.flatMap(({ mine }) => mine)).toHaveLength(6);
      const north = await must<{ mine: Row[] }[]>(world().south.owner, 'GET', path('north'));
      expect(north.flatMap(({ mine }) => mine)).toEqual([]);
    });

    it('in GraphQL meets no row of another tenant', async () => {
      const ask = (mark: string): Promise<{ countries: Row[] }> =>
        must(world().south.owner, 'POST', '/graphql', {
          query: `{ countries(filter: { clients: { name: { _starts_with: "${mark}" } } }) { id } }`,
        });

      expect((await ask('south')).countries).toHaveLength(2);
      expect((await ask('north')).countries).toEqual([]);
    });

    it('that repeats a row once for each related row of others is not counted', async () => {
      // Found by the hunt: Directus joins the related rows of everybody, and counts the row as often.
      const some = { clients: { _some: { name: { _starts_with: 'south' } } } };
      const either = { _or: [{ name: { _eq: 'Norway' } }, { clients: { name: { _eq: 'south-client-1' } } }] };

      for (const filter of [some, either, { clients: { id: { _null: true } } }]) {
        for (const name of ['count', 'sum']) {
          const path = `/items/countries?${query({ [`aggregate[${name}]`]: 'id', filter })}`;
          const answer = await world().south.owner.send('GET', path);
          expect(answer.status, path).toBe(403);
          expect(answer.errors[0]!.message).toContain('clients');
        }

        const distinct = `/items/countries?${query({ 'aggregate[countDistinct]': 'id', filter })}`;
        expect((await world().south.owner.send('GET', distinct)).status).toBe(200);
      }
    });

    it('that is refused beside a count does not end Directus', async () => {
      // Found by the hunt.
      const filter = { country: { clients: { id: { _null: true } } } };
      const path = `/items/clients?${query({ filter, meta: '*' })}`;
      expect((await world().south.owner.send('GET', path)).status).toBe(403);
      const body = { query: { filter, meta: '*' } };
      expect((await world().south.owner.send('SEARCH', '/items/clients', body)).status).toBe(403);
      expect((await world().south.owner.send('GET', '/items/clients')).status).toBe(200);
    });

    it('in an aggregate meets no row of another tenant', async () => {
      const count = async (mark: string): Promise<number> => {
        const [row] = await must<{ count: number | string }[]>(
          world().south.owner,
          'GET',
          `/items/countries?${query({ 'aggregate[count]': '*', filter: { clients: { name: { _starts_with: mark } } } })}`,
        );
        return Number(row!.count);
      };

      expect(await count('south')).toBeGreaterThan(0);
      expect(await count('north')).toBe(0);
    });
  });

  describe('in a sort', () => {
    it('goes to the one row that an own row refers to', async () => {
      const rows = await must<{ client: { name: string } }[]>(
        world().south.owner,
        'GET',
        `/items/projects?${query({ fields: 'client.name', sort: 'client.name' })}`,
      );
      const names = rows.map(({ client }) => client.name);
      expect(names).toHaveLength(3);
      expect(names).toEqual([...names].sort());
    });

    it('keeps rows that refer to nothing', async () => {
      const { id } = await must<Row>(world().south.owner, 'POST', '/items/tasks', { title: 'south-task-alone' });
      expect(await keysFor(world(), `/items/tasks?${query({ sort: 'project.client.name' })}`)).toHaveLength(7);
      await must(world().south.owner, 'DELETE', `/items/tasks/${id}`);
    });

    it.each([
      ['countries', 'clients.name'],
      ['countries', '-clients.projects.title'],
      ['clients', 'country.clients.name'],
      ['users', 'role.users.email'],
    ])('of %s by %s is refused, and the path is named', async (collection, sort) => {
      const path = collection === 'users' ? '/users' : `/items/${collection}`;
      const answer = await world().south.owner.send('GET', `${path}?${query({ sort })}`);
      expect(answer.status).toBe(403);
      expect(answer.errors[0]!.message).toContain(sort.replace('-', ''));
    });

    it('of a nested list is refused as well', async () => {
      const deep = { country: { clients: { _sort: ['country.clients.name'] } } };
      const answer = await world().south.owner.send(
        'GET',
        `/items/clients?${query({ fields: 'id,country.clients.id', deep })}`,
      );
      expect(answer.status).toBe(403);
    });
  });

  describe('in a count', () => {
    it('counts own related rows', async () => {
      const filter = { 'count(tasks)': { _eq: 2 } };
      expect(await keysFor(world(), `/items/projects?${query({ filter })}`)).toHaveLength(3);
    });

    it.each([
      ['filter', { filter: { 'count(clients)': { _gt: 1 } } }],
      ['groupBy', { 'groupBy[]': 'count(clients)', 'aggregate[count]': '*' }],
      ['filter', { filter: { clients: { 'count(projects)': { _gte: 0 } } }, at: 'inside' }],
    ])('of a shared row in "%s" tells nothing of other tenants', async (_parameter, parameters) => {
      const ask = async (): Promise<unknown> => {
        const { status, data, errors } = await world().south.owner.send('GET', `/items/countries?${query(parameters)}`);
        return { status, data, errors };
      };

      const before = await ask();
      const { id } = await must<Row>(world().north.owner, 'POST', '/items/clients', {
        name: 'north-client-more',
        country: world().countries[1],
      });
      expect(await ask()).toEqual(before);
      await must(world().north.owner, 'DELETE', `/items/clients/${id}`);
    });

    it('as a field counts own related rows', async () => {
      const rows = await must<{ clients_count: number | string }[]>(
        world().south.owner,
        'GET',
        `/items/countries?${query({ fields: 'count(clients)' })}`,
      );
      expect(rows.map(({ clients_count }) => Number(clients_count))).toEqual([1, 1]);
    });
  });

  describe('through Directus’ own collections', () => {
    it('meets no people of other tenants', async () => {
      const mail = 'owner@north.example.com';

      for (const path of [
        `/roles?${query({ filter: { users: { email: { _eq: mail } } } })}`,
        `/users?${query({ filter: { role: { users: { email: { _eq: mail } } } } })}`,
        `/users?${query({ filter: { role: { parent: { children: { users: { email: { _eq: mail } } } } } } })}`,
        `/items/tenants?${query({ filter: { owner: { email: { _eq: mail } } } })}`,
        `/folders?${query({ filter: { tenant_id: { owner: { email: { _eq: mail } } } } })}`,
        `/files?${query({ filter: { uploaded_by: { email: { _eq: mail } } } })}`,
      ]) {
        const answer = await world().south.owner.send<Row[]>('GET', path);
        if (answer.status === 200) expect(answer.data, path).toEqual([]);
        else expect(answer.status, path).toBe(403);
      }
    });

    it('refuses the way into collections that are closed to members', async () => {
      for (const path of [
        `/users?${query({ filter: { policies: { policy: { name: { _nnull: true } } } } })}`,
        `/roles?${query({ sort: 'policies.policy.name' })}`,
        `/items/tasks?${query({ filter: { '$FOLLOW(directus_versions,item)': { delta: { _nnull: true } } } })}`,
      ]) {
        expect((await world().south.owner.send('GET', path)).status, path).toBe(403);
      }
    });
  });
});
