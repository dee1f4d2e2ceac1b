import { aggregate, readItem, readItems, withSearch } from '@directus/sdk';
import { beforeAll, describe, expect, it } from 'vitest';
import { outcome, type Account } from '../support/client.ts';
import { inEveryCell } from '../support/cells.ts';
import { TENANT_COLLECTIONS } from '../support/world.ts';

inEveryCell('A member reads the rows of the own tenant and no other', (world) => {
  let reader: Account;
  let foreign: number;

  beforeAll(async () => {
    const { superAdmin, north, south } = world();
    reader = north.viewer;
    foreign = south.projects[0]!;

    // The laws below would hold in an empty project too.
    const rows = await superAdmin.sdk.request(readItems('projects', { fields: ['id'], limit: -1 }));
    const ids = rows.map(({ id }) => id as number);
    expect(ids).toEqual(expect.arrayContaining([...north.projects, ...south.projects]));
  });

  it('lists own rows only', async () => {
    const rows = await reader.sdk.request(readItems('projects', { limit: -1 }));
    expect(rows.map(({ id }) => id as number).sort()).toEqual([...world().north.projects].sort());
  });

  it.each(TENANT_COLLECTIONS)('finds nothing of another tenant in %s', async (collection) => {
    const rows = await reader.sdk.request(readItems(collection, { limit: -1 }));
    expect(rows.length).toBeGreaterThan(0);
    expect(new Set(rows.map(({ tenant_id }) => tenant_id as string))).toEqual(new Set([world().north.id]));
  });

  it('reads an own row by id', async () => {
    const id = world().north.projects[0]!;
    expect(await reader.sdk.request(readItem('projects', id))).toMatchObject({ id, title: 'north-project-1' });
  });

  it('answers a foreign id as it answers an id that does not exist', async () => {
    const foreignAnswer = await reader.send('GET', `/items/projects/${foreign}`);
    const missingAnswer = await reader.send('GET', '/items/projects/987654');

    expect(foreignAnswer.status).toBe(403);
    expect(foreignAnswer.errors).toEqual(missingAnswer.errors);
  });

  it('does not select foreign rows by filter, by list of ids or by search', async () => {
    const byFilter = await reader.sdk.request(readItems('projects', { filter: { title: { _starts_with: 'south' } } }));
    const byIds = await reader.sdk.request(readItems('projects', { filter: { id: { _in: world().south.projects } } }));
    const bySearch = await reader.sdk.request(readItems('projects', { search: 'south' }));
    expect([byFilter, byIds, bySearch]).toEqual([[], [], []]);

    const ownBySearch = await reader.sdk.request(readItems('projects', { search: 'north-project-1' }));
    expect(ownBySearch).toHaveLength(1);
  });

  it('cannot ask for another tenant by naming it', async () => {
    const filter = { tenant_id: { _eq: world().south.id } };
    expect(await reader.sdk.request(readItems('projects', { filter }))).toEqual([]);

    const either = { _or: [{ tenant_id: { _eq: world().south.id } }, { id: { _nnull: true } }] };
    const rows = await reader.sdk.request(readItems('projects', { filter: either, limit: -1 }));
    expect(rows).toHaveLength(world().north.projects.length);
  });

  it('obeys the SEARCH method as it obeys GET', async () => {
    const rows = await reader.sdk.request(withSearch(readItems('projects', { limit: -1 })));
    expect(rows).toHaveLength(world().north.projects.length);

    const foreignRows = await reader.sdk.request(
      withSearch(readItems('projects', { filter: { id: { _eq: foreign } } })),
    );
    expect(foreignRows).toEqual([]);
  });

  it('counts and sums own rows only', async () => {
    const [result] = (await reader.sdk.request(
      aggregate('projects', { aggregate: { count: '*', sum: ['budget'] } }),
    )) as { count: unknown; sum: { budget: unknown } }[];
    // PostgreSQL answers big numbers as text.
    expect([Number(result?.count), Number(result?.sum.budget)]).toEqual([3, 600]);

    const groups = await reader.send<unknown[]>('GET', '/items/projects?aggregate[count]=id&groupBy[]=tenant_id');
    expect(groups.data).toHaveLength(1);
  });

  it('tells counts in meta that agree with what is visible', async () => {
    const all = await reader.send('GET', '/items/projects?meta=*');
    expect(all.meta).toMatchObject({ total_count: 3, filter_count: 3 });

    const filtered = await reader.send('GET', '/items/projects?meta=*&filter[title][_starts_with]=south');
    expect(filtered.meta).toMatchObject({ total_count: 3, filter_count: 0 });
  });

  it('sorts and pages among own rows only', async () => {
    const pages = await Promise.all(
      [1, 2, 3, 4].map((page) => reader.sdk.request(readItems('projects', { sort: ['-budget'], limit: 1, page }))),
    );

    expect(pages.map((rows) => rows[0]?.['title'] as string | undefined)).toEqual([
      'north-project-3',
      'north-project-2',
      'north-project-1',
      undefined,
    ]);
  });

  it('exports own rows only', async () => {
    const answer = await reader.send<string>('GET', '/items/projects?export=csv&limit=-1');
    expect(answer.data).toContain('north-project-1');
    expect(answer.data).not.toContain('south');
  });

  describe('in the collections of the bundle', () => {
    it('sees the own tenant, and of its members nothing unless the level says so', async () => {
      const tenants = await reader.sdk.request(readItems('tenants'));
      expect(tenants.map(({ id }) => id as string)).toEqual([world().north.id]);

      expect(await outcome(reader.sdk.request(readItems('tenant_members')))).toMatchObject({ status: 403 });

      const members = await world().north.owner.sdk.request(readItems('tenant_members'));
      expect(members).toHaveLength(3);
      expect(new Set(members.map(({ tenant_id }) => tenant_id as string))).toEqual(new Set([world().north.id]));
    });

    it('sees colleagues and nobody else', async () => {
      const users = await reader.send<{ email: string }[]>('GET', '/users?fields=email&limit=-1');
      expect(users.data.map(({ email }) => email).sort()).toEqual([
        'editor@north.example.com',
        'owner@north.example.com',
        'viewer@north.example.com',
      ]);
    });

    it('sees the role of the own tenant and not its parent', async () => {
      const roles = await reader.send<{ id: string }[]>('GET', '/roles?limit=-1');
      expect(roles.data.map(({ id }) => id)).toEqual([world().north.id]);
    });
  });
});
