import { beforeAll, describe, expect, it } from 'vitest';
import { createCollection, createRelation } from '../support/collections.ts';
import { inEveryCell } from '../support/cells.ts';
import type { Account } from '../support/client.ts';
import { createPerson, createPolicy } from '../support/people.ts';
import { must } from '../support/world.ts';

interface Row {
  id: number;
  name: string;
  tenant_id?: string | null;
}

/** Templates of the project that every tenant uses, beside those that tenants make for themselves. */
inEveryCell('A mixed collection', (world) => {
  let nobodys: number;
  let childOfNobody: number;
  let norths: number;
  let souths: number;

  const namesFor = async (account: Account, query = ''): Promise<string[]> =>
    (await must<Row[]>(account, 'GET', `/items/templates?sort=id&limit=-1${query}`)).map(({ name }) => name);

  const createTable = (collection: string, fields: object[], meta?: object): Promise<void> =>
    createCollection(world().superAdmin, collection, fields, meta);

  const create = async (account: Account, row: object): Promise<number> =>
    (await must<Row>(account, 'POST', '/items/templates', row)).id;

  beforeAll(async () => {
    const { superAdmin, north, south } = world();
    await createTable('templates', [
      { field: 'name', type: 'string', schema: {} },
      { field: 'parent', type: 'integer', schema: {} },
      { field: 'children', type: 'alias', meta: { special: ['o2m'] }, schema: null },
    ]);
    await createRelation(superAdmin, 'templates', 'parent', 'templates', 'children');
    await must(superAdmin, 'PUT', '/tenancy/collections/templates', { scope: 'mixed' });

    nobodys = await create(superAdmin, { name: 'nobody-template' });
    childOfNobody = await create(superAdmin, { name: 'nobody-child', parent: nobodys });
    norths = await create(north.editor, { name: 'north-template', parent: nobodys });
    souths = await create(south.editor, { name: 'south-template', parent: nobodys });
  });

  it('is listed as such, with the rows of tenants and of nobody', async () => {
    const found = await must<{ collection: string }[]>(world().superAdmin, 'GET', '/tenancy/collections');
    expect(found.find(({ collection }) => collection === 'templates')).toMatchObject({
      scope: 'mixed',
      rows: { owned: 2, unowned: 2 },
      findings: [],
    });
  });

  describe('for members', () => {
    it('has the own rows and those of nobody, at every level', async () => {
      const { north, south } = world();
      const own = ['nobody-template', 'nobody-child', 'south-template'];
      for (const member of [south.owner, south.editor, south.viewer]) expect(await namesFor(member)).toEqual(own);
      expect(await namesFor(north.viewer)).toEqual(['nobody-template', 'nobody-child', 'north-template']);
    });

    it('counts, aggregates, searches, filters and nests those alone', async () => {
      const { south } = world();
      const { meta } = await south.viewer.send('GET', '/items/templates?meta=*');
      expect(meta).toEqual({ total_count: 3, filter_count: 3 });

      const [counted] = await must<{ count: unknown }[]>(south.viewer, 'GET', '/items/templates?aggregate[count]=*');
      expect(Number(counted?.count)).toBe(3);
      expect(await namesFor(south.viewer, '&search=north')).toEqual([]);
      expect(await namesFor(south.viewer, '&filter[children][name][_starts_with]=north')).toEqual([]);
      expect(await namesFor(south.viewer, '&filter[children][name][_starts_with]=south')).toEqual(['nobody-template']);
      expect(await namesFor(south.viewer, '&filter[parent][name][_eq]=nobody-template')).toEqual([
        'nobody-child',
        'south-template',
      ]);

      const { children } = await must<{ children: Row[] }>(
        south.viewer,
        'GET',
        `/items/templates/${nobodys}?fields=children.name`,
      );
      expect(children.map(({ name }) => name).sort()).toEqual(['nobody-child', 'south-template']);

      const { templates } = await must<{ templates: Row[] }>(south.viewer, 'POST', '/graphql', {
        query: '{ templates(sort: ["id"]) { name children { name } } }',
      });
      expect(JSON.stringify(templates)).not.toContain('north');
      expect(templates).toHaveLength(3);
    });

    it('tells nothing about rows of others by what refers to rows of nobody', async () => {
      const { north, south } = world();
      for (const query of [
        'filter={"count(children)":{"_gt":2}}',
        'sort=children.name',
        'aggregate[count]=children.id',
        'groupBy[]=children.name&aggregate[count]=id',
      ]) {
        expect((await south.viewer.send('GET', `/items/templates?${query}`)).status, query).toBe(403);
      }

      const none = encodeURIComponent(JSON.stringify({ children: { name: { _null: true } } }));
      const before = await namesFor(south.viewer, `&filter=${none}`);
      const more = await create(north.editor, { name: 'north-more', parent: childOfNobody });
      expect(await namesFor(south.viewer, `&filter=${none}`)).toEqual(before);
      expect(before).toContain('nobody-child');
      await must(north.editor, 'DELETE', `/items/templates/${more}`);
    });

    it('takes new rows for the own tenant, whatever the payload says', async () => {
      const { north, south, superAdmin } = world();
      for (const tenant_id of [north.id, null]) {
        const answer = await south.editor.send('POST', '/items/templates', { name: 'forged', tenant_id });
        expect(answer.status).toBe(400);
        expect(JSON.stringify(answer.errors)).toContain('tenant_id');
      }

      const id = await create(south.editor, { name: 'south-new' });
      expect(await must<Row>(superAdmin, 'GET', `/items/templates/${id}?fields=tenant_id`)).toEqual({
        tenant_id: south.id,
      });
      await must(south.editor, 'DELETE', `/items/templates/${id}`);
    });

    it('changes and deletes own rows, and none of nobody or of another tenant', async () => {
      const { south } = world();
      await must(south.editor, 'PATCH', `/items/templates/${souths}`, { name: 'south-template' });

      for (const key of [nobodys, childOfNobody, norths, 999_999]) {
        for (const [method, path, body] of [
          ['PATCH', `/items/templates/${key}`, { name: 'taken' }],
          ['PATCH', `/items/templates`, { keys: [key], data: { tenant_id: south.id } }],
          ['PATCH', '/items/templates', [{ id: key, name: 'taken' }]],
          ['DELETE', `/items/templates/${key}`, undefined],
          ['DELETE', '/items/templates', [souths, key]],
          ['POST', '/utils/sort/templates', { item: key, to: souths }],
        ] as const) {
          const { status } = await south.owner.send(method, path, body);
          expect(status, `${method} ${path} ${JSON.stringify(body)}`).toBeGreaterThanOrEqual(400);
        }
      }

      const nested = await south.owner.send('PATCH', `/items/templates/${souths}`, {
        parent: { id: nobodys, name: 'taken' },
      });
      expect(nested.status).toBe(403);
      expect(await namesFor(world().superAdmin)).toEqual([
        'nobody-template',
        'nobody-child',
        'north-template',
        'south-template',
      ]);
    });

    it('refers to rows of nobody and to own ones, not to those of others', async () => {
      const { south } = world();
      await must(south.editor, 'PATCH', `/items/templates/${souths}`, { parent: childOfNobody });
      await must(south.editor, 'PATCH', `/items/templates/${souths}`, { parent: nobodys });

      const foreign = await south.editor.send('PATCH', `/items/templates/${souths}`, { parent: norths });
      const missing = await south.editor.send('PATCH', `/items/templates/${souths}`, { parent: 999_999 });
      expect(foreign.status).toBe(400);
      expect(foreign.errors).toEqual(missing.errors);
    });
  });

  describe('for people without tenant', () => {
    it('has the rows of nobody, to read where a policy grants it, and none to write', async () => {
      const { superAdmin, url } = world();
      const policy = await createPolicy(
        superAdmin,
        (['create', 'read', 'update', 'delete'] as const).map((action) => ({ collection: 'templates', action })),
      );
      const staff = await createPerson(url, superAdmin, { policies: [policy] });

      expect(await namesFor(staff)).toEqual(['nobody-template', 'nobody-child']);
      for (const [method, path, body] of [
        ['POST', '/items/templates', { name: 'staff' }],
        ['PATCH', `/items/templates/${nobodys}`, { name: 'taken' }],
        ['DELETE', `/items/templates/${nobodys}`, undefined],
        ['PATCH', `/items/templates/${souths}`, { name: 'taken' }],
      ] as const) {
        expect((await staff.send(method, path, body)).status, `${method} ${path}`).toBe(403);
      }
    });
  });

  describe('for super-admins', () => {
    it('keeps rows that all read from telling of a tenant’s', async () => {
      const { superAdmin } = world();
      const answer = await superAdmin.send('PATCH', `/items/templates/${nobodys}`, { parent: souths });
      expect(answer.status).toBe(400);
      expect(JSON.stringify(answer.errors)).toContain('parent');
    });

    it('gives a row of nobody to a tenant only where nobody else refers to it', async () => {
      const { superAdmin, north, south } = world();
      const taken = await superAdmin.send('PATCH', `/items/templates/${nobodys}`, { tenant_id: north.id });
      expect(taken.status).toBe(400);
      expect(taken.errors[0]?.message).toMatch(/"tenant_id".*2 rows of "templates".*"parent"/);

      const free = await create(superAdmin, { name: 'free' });
      const child = await create(superAdmin, { name: 'free-child', parent: free });
      await must(superAdmin, 'PATCH', '/items/templates', { keys: [free, child], data: { tenant_id: north.id } });
      expect(await namesFor(north.viewer)).toContain('free-child');
      expect(await namesFor(south.viewer)).not.toContain('free');
      await must(superAdmin, 'DELETE', '/items/templates', [child, free]);
    });

    it('makes the row of the tenant whose rows it refers to', async () => {
      const { superAdmin, south } = world();
      const id = await create(superAdmin, { name: 'south-by-reference', parent: souths });
      expect(await must<Row>(superAdmin, 'GET', `/items/templates/${id}?fields=tenant_id`)).toEqual({
        tenant_id: south.id,
      });
      await must(superAdmin, 'DELETE', `/items/templates/${id}`);
    });
  });

  describe('by its scope', () => {
    const put = (collection: string, body: object) =>
      world().superAdmin.send<{ scope: string; rows: object; adopted: number }>(
        'PUT',
        `/tenancy/collections/${collection}`,
        body,
      );

    it('becomes the tenants’ only when no row is nobody’s any more', async () => {
      const answer = await put('templates', { scope: 'tenant' });
      expect(answer.status).toBe(409);
      expect(await namesFor(world().south.viewer)).toContain('nobody-template');
    });

    it('shows rows that only super-admins saw after a confirmation alone', async () => {
      const { superAdmin, south } = world();
      await createTable('drafts', [{ field: 'name', type: 'string', schema: {} }]);
      await must(superAdmin, 'PUT', '/tenancy/collections/drafts', { scope: 'mixed' });
      await must(superAdmin, 'POST', '/items/drafts', [
        { name: 'of nobody' },
        { name: 'north', tenant_id: world().north.id },
      ]);
      const read = async (): Promise<unknown> =>
        (await must<Row[]>(south.viewer, 'GET', '/items/drafts')).map(({ name }) => name);

      expect(await read()).toEqual(['of nobody']);
      expect((await put('drafts', { scope: 'mixed' })).data).toMatchObject({
        adopted: 0,
        rows: { owned: 1, unowned: 1 },
      });

      await must(superAdmin, 'PUT', '/tenancy/collections/drafts', { scope: 'shared', confirm: true });
      expect(await read()).toEqual(['of nobody', 'north']);
      const back = await put('drafts', { scope: 'mixed', assign: { by: 'name', tenants: { north: 'north' } } });
      expect(back.data).toMatchObject({ scope: 'mixed', adopted: 1, rows: { owned: 1, unowned: 1 } });
      expect(await read()).toEqual(['of nobody']);

      const without = await put('drafts', { scope: 'shared' });
      expect(without.status).toBe(400);
      expect(JSON.stringify(without.errors)).toContain('confirm');
    });

    it('is refused where rows of nobody would tell of a tenant’s rows', async () => {
      const { superAdmin, south } = world();
      await createTable('pinned', [{ field: 'project', type: 'integer', schema: {} }]);
      await must(superAdmin, 'PUT', '/tenancy/collections/pinned', { scope: 'shared' });
      await must(superAdmin, 'POST', '/relations', {
        collection: 'pinned',
        field: 'project',
        related_collection: 'projects',
      });
      await must(superAdmin, 'POST', '/items/pinned', { project: south.projects[0] });

      const answer = await put('pinned', { scope: 'mixed' });
      expect(answer.status).toBe(409);
      expect(JSON.stringify(answer.errors)).toContain('project');
      expect((await put('pinned', { scope: 'mixed', assign: { through: 'project' } })).data).toMatchObject({
        adopted: 1,
      });
    });

    it('is refused for a singleton, which then stays one per tenant', async () => {
      await createTable('site', [{ field: 'name', type: 'string', schema: {} }], { singleton: true });
      const answer = await put('site', { scope: 'mixed' });
      expect(answer.status).toBe(400);
      expect(JSON.stringify(answer.errors)).toContain('scope');
    });
  });
});
