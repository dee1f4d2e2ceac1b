import { readItems } from '@directus/sdk';
import { expect, it } from 'vitest';
import { inEveryCell } from '../support/cells.ts';

inEveryCell('No path of relations leads into another tenant', (world) => {
  const everything = async (path: string): Promise<string> => {
    const answer = await world().north.owner.send('GET', path);
    expect(answer.status, JSON.stringify(answer.errors)).toBe(200);
    return JSON.stringify(answer.data);
  };

  it('expands every field three levels deep without meeting a foreign row', async () => {
    for (const collection of ['clients', 'projects', 'tasks', 'tags', 'projects_tags', 'countries']) {
      const text = await everything(`/items/${collection}?fields=*.*.*&limit=-1`);
      expect(text, collection).not.toContain('south');
      expect(text, collection).not.toContain(world().south.id);
      expect(text, collection).toContain('north');
    }
  });

  it('nests from the row to what it belongs to', async () => {
    const rows = await world().north.owner.sdk.request(
      readItems('tasks', {
        fields: ['title', { project: ['title', { client: ['name', { country: ['name'] }] }] }],
        limit: -1,
      }),
    );

    expect(rows).toHaveLength(6);
    expect(JSON.stringify(rows)).toContain('north-client-1');
    expect(JSON.stringify(rows)).not.toContain('south');
  });

  it('nests from the row to what belongs to it', async () => {
    const text = await everything(
      '/items/clients?fields=name,projects.title,projects.tasks.title,projects.tags.tags_id.name',
    );
    expect(text).toContain('north-task-0a');
    expect(text).toContain('north-tag-1');
    expect(text).not.toContain('south');
  });

  it('goes through a shared collection and comes back into the own tenant only', async () => {
    // Both tenants have clients in both countries.
    const seenByAll = await world().superAdmin.send('GET', '/items/countries?fields=name,clients.name');
    expect(JSON.stringify(seenByAll.data)).toContain('north-client-1');
    expect(JSON.stringify(seenByAll.data)).toContain('south-client-1');

    const text = await everything('/items/countries?fields=name,clients.name,clients.projects.title');
    expect(text).toContain('north-client-1');
    expect(text).not.toContain('south');

    const roundTrip = await everything('/items/clients?fields=name,country.clients.name');
    expect(roundTrip).not.toContain('south');
  });

  it('does not let deep queries or aliases reach further', async () => {
    const deep = await everything(
      '/items/countries?fields=name,clients.name&deep[clients][_filter][name][_contains]=client&deep[clients][_limit]=-1',
    );
    expect(deep).toContain('north-client-1');
    expect(deep).not.toContain('south');

    const aliased = await everything('/items/countries?alias[customers]=clients&fields=name,customers.name');
    expect(aliased).toContain('north-client-1');
    expect(aliased).not.toContain('south');
  });

  it('counts related rows of the own tenant only', async () => {
    const answer = await world().north.owner.send<{ clients_count: unknown }[]>(
      'GET',
      '/items/countries?fields=name,count(clients)',
    );
    // PostgreSQL answers counts as text.
    expect(answer.data.map(({ clients_count }) => Number(clients_count))).toEqual([1, 1]);
  });
});
