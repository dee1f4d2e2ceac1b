import { beforeAll, expect, it } from 'vitest';
import type { Host } from '../../scripts/hosts/host.ts';
import type { TenantOverview } from '../../src/client/index.ts';
import { onEveryDatabase } from '../support/cells.ts';
import { send, type Account } from '../support/client.ts';
import { createCollection } from '../support/collections.ts';
import { runSql } from '../support/sql.ts';
import { createTenant, must, uploadFile } from '../support/world.ts';

const DAY = 86_400_000;

const creationDate = (field: string, type: 'timestamp' | 'dateTime' | 'date'): object => ({
  field,
  type,
  meta: { special: ['date-created'] },
  schema: {},
});

onEveryDatabase('The overview of a tenant', (world, host) => {
  let superAdmin: Account;

  const overviewOf = (tenant: string): Promise<TenantOverview> =>
    must<TenantOverview>(superAdmin, 'GET', `/tenancy/tenants/${tenant}/overview`);

  /** The days with new rows. */
  const grownOf = async (tenant: string): Promise<Record<string, number>> =>
    Object.fromEntries(
      (await overviewOf(tenant)).growth.days.filter(({ items }) => items > 0).map(({ date, items }) => [date, items]),
    );

  const itemsOf = async (tenant: string): Promise<Record<string, number>> =>
    Object.fromEntries((await overviewOf(tenant)).collections.map(({ collection, items }) => [collection, items]));

  beforeAll(async () => {
    superAdmin = world().superAdmin;

    for (const [collection, fields] of [
      ['moments', [creationDate('noticed', 'timestamp')]],
      ['clocks', [creationDate('struck', 'dateTime')]],
      ['leaves', [creationDate('fallen', 'date')]],
      // A time of day is no date.
      ['alarms', [{ field: 'rang', type: 'time', meta: { special: ['date-created'] }, schema: {} }]],
    ] as const) {
      await createCollection(superAdmin, collection, [...fields]);
      await must(superAdmin, 'PUT', `/tenancy/collections/${collection}`, { scope: 'tenant' });
    }

    await createCollection(superAdmin, 'notes');
    await must(superAdmin, 'PUT', '/tenancy/collections/notes', { scope: 'mixed' });
  });

  it('counts what the tenant has of each collection, and nothing of others', async () => {
    const { north, south } = world();
    await uploadFile(north.owner, 'north-file');
    await must(superAdmin, 'POST', '/items/notes', [{}, {}, { tenant_id: north.id }]);
    await must(south.owner, 'POST', '/items/notes', [{}, {}, {}, {}]);

    const expected = {
      alarms: 0,
      clients: 2,
      clocks: 0,
      directus_files: 1,
      leaves: 0,
      moments: 0,
      notes: 1,
      project_sections: 3,
      projects: 3,
      projects_tags: 3,
      tags: 2,
      tasks: 6,
    };

    expect(await itemsOf('north')).toEqual(expected);
    expect(await itemsOf('south')).toEqual({ ...expected, directus_files: 0, notes: 4 });

    const { collections } = await overviewOf(north.id);
    expect(collections.slice(0, 3)).toEqual([
      { collection: 'tasks', items: 6 },
      { collection: 'project_sections', items: 3 },
      { collection: 'projects', items: 3 },
    ]);
  });

  it('tells of each of the last thirty days how many rows were created then', async () => {
    const { url } = world();
    const mine = await createTenant(url, superAdmin, 'Growing');
    const other = await createTenant(url, superAdmin, 'Neighbour');

    const { since, days } = (await overviewOf('growing')).growth;
    const today = Date.parse(days.at(-1)!.date);
    const dayBefore = (count: number): string => new Date(today - count * DAY).toISOString().slice(0, 10);
    expect(days).toEqual(Array.from({ length: 30 }, (_, index) => ({ date: dayBefore(29 - index), items: 0 })));
    expect(since).toBe(days[0]!.date);

    for (const collection of ['moments', 'clocks', 'leaves']) {
      await must(other.owner, 'POST', `/items/${collection}`, [{}, {}]);
      await must(mine.owner, 'POST', `/items/${collection}`, {});
    }
    await uploadFile(mine.owner, 'new-file');
    expect(Object.values(await grownOf('growing'))).toEqual([4]);
    expect(Object.values(await grownOf('neighbour'))).toEqual([6]);

    // On both sides of midnight, in UTC.
    for (const [collection, field] of [
      ['moments', 'noticed'],
      ['clocks', 'struck'],
    ] as const) {
      for (const moment of [
        `${dayBefore(30)}T23:59:59.000Z`,
        `${dayBefore(29)}T00:00:00.000Z`,
        `${dayBefore(3)}T23:59:59.000Z`,
        `${dayBefore(2)}T00:00:00.000Z`,
        `${dayBefore(2)}T12:00:00.000Z`,
      ]) {
        const { id } = await must<{ id: number }>(mine.owner, 'POST', `/items/${collection}`, {});
        await setDate(host(), collection, field, id, moment);
      }
    }

    const grown = await grownOf(mine.id);
    expect(grown[dayBefore(29)]).toBe(2);
    expect(grown[dayBefore(3)]).toBe(2);
    expect(grown[dayBefore(2)]).toBe(4);
    expect(Object.values(grown).reduce((sum, items) => sum + items, 0)).toBe(12);
    expect(Object.values(await grownOf('neighbour'))).toEqual([6]);
  });

  it('names the collections of which nobody knows when their rows were created', async () => {
    expect((await overviewOf('north')).growth.uncounted).toEqual([
      'alarms',
      'clients',
      'notes',
      'project_sections',
      'projects',
      'projects_tags',
      'tags',
      'tasks',
    ]);
  });

  it('tells when somebody who acts in the tenant was there last', async () => {
    await must(superAdmin, 'POST', '/tenancy/tenants', { name: 'Quiet' });
    expect((await overviewOf('quiet')).last_activity).toBeNull();

    const { north } = world();
    const people = await must<{ last_access: string | null }[]>(
      superAdmin,
      'GET',
      `/users?filter[role][_eq]=${north.id}&fields=last_access&limit=-1`,
    );

    const latest = Math.max(...people.map(({ last_access }) => Date.parse(last_access ?? '')));
    const { last_activity } = await overviewOf('north');
    expect(Date.parse(last_activity!)).toBe(latest);
  });

  it('is the super-admins’ to read', async () => {
    const { url, north } = world();

    for (const slug of ['north', 'south', north.id, 'nobody']) {
      for (const { token } of [north.owner, north.viewer, { token: null }]) {
        const answer = await send(url, 'GET', `/tenancy/tenants/${slug}/overview`, { token });
        expect(answer.status).toBe(403);
      }
    }

    expect((await superAdmin.send('GET', '/tenancy/tenants/nobody/overview')).status).toBe(404);
  });
});

/** Dates a row back, as the database keeps what Directus writes. */
async function setDate(
  { database }: Host,
  collection: string,
  field: string,
  id: number,
  moment: string,
): Promise<void> {
  const value = {
    sqlite: Date.parse(moment),
    postgres: moment,
    mariadb: moment.slice(0, 19).replace('T', ' '),
  }[database.kind];

  const [table, column] = database.kind === 'mariadb' ? [collection, field] : [`"${collection}"`, `"${field}"`];
  await runSql(database, `UPDATE ${table} SET ${column} = ? WHERE id = ?`, [value, id]);
}
