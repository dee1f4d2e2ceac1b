import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Host } from '../../scripts/hosts/host.ts';
import { onEveryDatabase } from '../support/cells.ts';
import { login, type Account, type Answer } from '../support/client.ts';
import { createCollection } from '../support/collections.ts';
import { startTestHost } from '../support/host.ts';
import { applySchemaWithout } from '../support/schema.ts';
import { runSql } from '../support/sql.ts';
import { allowUnownedRows } from '../support/unowned.ts';
import { must } from '../support/world.ts';

interface CollectionScope {
  collection: string;
  scope: string | null;
  unique: { field: string; within: string }[];
  findings: string[];
}

interface FieldOptions {
  field: string;
  type: string;
  meta?: object;
  schema?: object | null;
}

/** What GraphQL answers; a refused mutation is told in errors alone. */
type GraphQlData = Record<string, unknown> | null;

onEveryDatabase('Values that are unique within a tenant', (world, host) => {
  let superAdmin: Account;
  let north: Account;
  let south: Account;

  beforeAll(() => {
    superAdmin = world().superAdmin;
    north = world().north.editor;
    south = world().south.editor;
  });

  const decide = (collection: string, field: string, unique: unknown): Promise<Answer> =>
    superAdmin.send('PATCH', `/tenancy/collections/${collection}/fields/${field}`, { unique });

  const scopeOf = async (collection: string): Promise<CollectionScope | undefined> =>
    (await must<CollectionScope[]>(superAdmin, 'GET', '/tenancy/collections')).find(
      (entry) => entry.collection === collection,
    );

  const uniqueIn = async (collection: string): Promise<string[] | undefined> =>
    (await scopeOf(collection))?.unique.map(({ field, within }) => `${field}: ${within}`);

  const slug = (schema: object = {}): FieldOptions => ({ field: 'slug', type: 'string', schema });

  /** A collection of the tenants with a unique field `slug`, unless other fields are named. */
  const create = (collection: string, ...fields: FieldOptions[]): Promise<unknown> =>
    createCollection(superAdmin, collection, fields.length > 0 ? fields : [slug({ is_unique: true })]);

  const add = (account: Account, collection: string, row: object): Promise<Answer<{ id: number }>> =>
    account.send('POST', `/items/${collection}`, row);

  const createWithin = async (collection: string): Promise<void> => {
    await create(collection);
    expect(await decide(collection, 'slug', 'tenant')).toMatchObject({ status: 200 });
  };

  const taken = (collection: string, value: unknown, field = 'slug'): object => ({
    message: expect.stringContaining('has to be unique') as string,
    extensions: { code: 'RECORD_NOT_UNIQUE', collection, field, value },
  });

  const indexesOf = async (collection: string): Promise<unknown[]> =>
    runSql(
      host().database,
      {
        sqlite: `SELECT name, sql AS definition FROM sqlite_master WHERE type = 'index' AND tbl_name = ? ORDER BY name`,
        postgres: `SELECT indexname AS name, indexdef AS definition FROM pg_indexes WHERE tablename = ? ORDER BY indexname`,
        mariadb: `SELECT index_name AS name, non_unique, GROUP_CONCAT(column_name ORDER BY seq_in_index) AS definition
          FROM information_schema.statistics WHERE table_schema = DATABASE() AND table_name = ?
          GROUP BY index_name, non_unique ORDER BY index_name`,
      }[host().database.kind],
      [collection],
    );

  describe('a value that another tenant has', () => {
    it('is free, and told apart from an unused one by nothing', async () => {
      await createWithin('pages');
      await must(south, 'POST', '/items/pages', [{ slug: 'home' }, { slug: 'about' }]);

      const [used, unused] = [await add(north, 'pages', { slug: 'home' }), await add(north, 'pages', { slug: 'free' })];
      expect(used.status).toBe(200);
      expect(unused.status).toBe(200);
      expect({ ...used.data, id: 0, slug: '' }).toEqual({ ...unused.data, id: 0, slug: '' });

      expect(await north.send('PATCH', `/items/pages/${unused.data.id}`, { slug: 'about' })).toMatchObject({
        status: 200,
        data: { slug: 'about' },
      });
      expect((await south.send<unknown[]>('GET', '/items/pages?sort=id')).data).toMatchObject([
        { slug: 'home' },
        { slug: 'about' },
      ]);
    });

    it('was told as taken before', async () => {
      await create('notices');
      await must(south, 'POST', '/items/notices', { slug: 'home' });
      expect(await add(north, 'notices', { slug: 'home' })).toMatchObject({ status: 400 });
      expect(await uniqueIn('notices')).toEqual(['slug: project']);

      expect(await decide('notices', 'slug', 'tenant')).toMatchObject({
        status: 200,
        data: { collection: 'notices', field: 'slug', unique: 'tenant' },
      });
      expect(await uniqueIn('notices')).toEqual(['slug: tenant']);
      expect(await add(north, 'notices', { slug: 'home' })).toMatchObject({ status: 200 });
    });
  });

  describe('a value that the own tenant has', () => {
    it('is refused with the error that Directus gives of a unique field', async () => {
      await create('posts');
      await must(north, 'POST', '/items/posts', { slug: "o'clock (1)" });
      const usual = await add(north, 'posts', { slug: "o'clock (2)" });
      expect(usual.status).toBe(200);

      await must(north, 'POST', '/items/posts', { slug: 'nine' });
      const before = await add(north, 'posts', { slug: 'nine' });
      expect(before).toMatchObject({ status: 400, errors: [taken('posts', 'nine')] });

      await decide('posts', 'slug', 'tenant');
      const after = await add(north, 'posts', { slug: 'nine' });
      expect(after.status).toBe(before.status);
      expect(after.errors).toEqual(before.errors);
      expect(await add(north, 'posts', { slug: "o'clock (1)" })).toMatchObject({
        status: 400,
        errors: [taken('posts', "o'clock (1)")],
      });
    });

    it('is refused on create, update and in batches, whoever writes it', async () => {
      await createWithin('help_articles');
      const rows = await must<{ id: number }[]>(north, 'POST', '/items/help_articles', [{ slug: 'a' }, { slug: 'b' }]);
      const [first, second] = rows.map(({ id }) => id);

      const attempts: [string, string, unknown, unknown][] = [
        ['POST', '/items/help_articles', { slug: 'a' }, 'a'],
        ['POST', '/items/help_articles', [{ slug: 'c' }, { slug: 'b' }], 'b'],
        ['POST', '/items/help_articles', [{ slug: 'd' }, { slug: 'd' }], 'd'],
        ['PATCH', `/items/help_articles/${second}`, { slug: 'a' }, 'a'],
        ['PATCH', '/items/help_articles', { keys: [first, second], data: { slug: 'e' } }, 'e'],
        ['PATCH', '/items/help_articles', [{ id: first, slug: 'b' }], 'b'],
      ];

      for (const [method, path, body, value] of attempts) {
        expect(await north.send(method, path, body), JSON.stringify(body)).toMatchObject({
          status: 400,
          errors: [taken('help_articles', value)],
        });
      }

      expect(await add(superAdmin, 'help_articles', { slug: 'a', tenant_id: world().north.id })).toMatchObject({
        status: 400,
        errors: [taken('help_articles', 'a')],
      });
      expect((await north.send<unknown[]>('GET', '/items/help_articles?sort=id&fields=slug')).data).toEqual([
        { slug: 'a' },
        { slug: 'b' },
      ]);
    });

    it('is refused over GraphQL', async () => {
      await createWithin('guides');
      await must(south, 'POST', '/items/guides', { slug: 'a' });
      const mutate = (mutation: string): Promise<Answer<GraphQlData>> =>
        north.send('POST', '/graphql', { query: `mutation { ${mutation} }` });

      const created = await mutate('create_guides_item(data: { slug: "a" }) { id }');
      expect(created).toMatchObject({ status: 200, errors: [] });
      const other = await mutate('create_guides_item(data: { slug: "b" }) { id }');
      const { id } = other.data!['create_guides_item'] as { id: string };

      for (const mutation of [
        'create_guides_item(data: { slug: "a" }) { id }',
        'create_guides_items(data: [{ slug: "a" }]) { id }',
        `update_guides_item(id: ${id}, data: { slug: "a" }) { id }`,
        `update_guides_items(ids: [${id}], data: { slug: "a" }) { id }`,
      ]) {
        expect((await mutate(mutation)).errors, mutation).toMatchObject([taken('guides', 'a')]);
      }
    });

    it('is named in names of any length and letter, and where the value is a default', async () => {
      const collection = `lists_${'x'.repeat(50)}`;
      await create(
        collection,
        { field: 'Code', type: 'string', schema: {} },
        { field: 'kind', type: 'integer', schema: { default_value: 7 } },
      );
      expect(await decide(collection, 'Code', 'tenant')).toMatchObject({ status: 200 });

      expect(await add(north, collection, { Code: 'A' })).toMatchObject({ status: 200 });
      expect(await add(south, collection, { Code: 'A' })).toMatchObject({ status: 200 });
      expect(await add(north, collection, { Code: 'A' })).toMatchObject({
        status: 400,
        errors: [taken(collection, 'A', 'Code')],
      });

      await create('levels', { field: 'rank_of', type: 'integer', schema: { default_value: 7 } });
      await decide('levels', 'rank_of', 'tenant');
      expect(await add(north, 'levels', {})).toMatchObject({ status: 200 });
      expect(await add(south, 'levels', {})).toMatchObject({ status: 200 });
      expect(await add(north, 'levels', {})).toMatchObject({
        status: 400,
        errors: [{ extensions: { code: 'RECORD_NOT_UNIQUE', collection: 'levels', field: 'rank_of' } }],
      });
    });
  });

  it('leaves other indexes over tenants to the words of Directus', async () => {
    await create('seats', slug(), { field: 'row', type: 'string', schema: {} });
    const by = host().database.kind === 'mariadb' ? '`' : '"';
    await runSql(host().database, `CREATE UNIQUE INDEX one_seat ON seats (tenant_id, slug, ${by}row${by})`);
    await add(north, 'seats', { slug: 'a', row: 'b' });
    const { errors } = await add(north, 'seats', { slug: 'a', row: 'b' });
    expect(errors).toMatchObject([{ extensions: { code: 'RECORD_NOT_UNIQUE' } }]);
    expect(errors[0]!.extensions.field).not.toBe('slug');
    expect(await uniqueIn('seats')).toEqual([]);
  });

  it('never counts null', async () => {
    await createWithin('drafts');
    for (const account of [north, north, south, south]) {
      expect(await add(account, 'drafts', { slug: null })).toMatchObject({ status: 200 });
    }
  });

  it('lets nothing slip in while the decision is carried out', async () => {
    await create('races', slug());
    const requests = Array.from({ length: 12 }, () => add(north, 'races', { slug: 'same' }));
    const [answer] = await Promise.all([decide('races', 'slug', 'tenant'), ...requests]);
    const rows = (await north.send<unknown[]>('GET', '/items/races')).data.length;

    if (answer.status === 200) expect(rows).toBe(1);
    else expect(answer).toMatchObject({ status: 409, errors: [{ extensions: { code: 'CONFLICT' } }] });
    expect(await uniqueIn('races')).toEqual(answer.status === 200 ? ['slug: tenant'] : []);
  });

  it('changes nothing when it is said twice', async () => {
    await create('twice');
    for (const unique of ['tenant', 'project', false]) {
      expect(await decide('twice', 'slug', unique)).toMatchObject({ status: 200, data: { unique } });
      const before = await indexesOf('twice');
      expect(await decide('twice', 'slug', unique)).toMatchObject({ status: 200, data: { unique } });
      expect(await indexesOf('twice')).toEqual(before);
    }
  });

  it('goes back to the project where the values allow it, and to nothing', async () => {
    await createWithin('back');
    await must(north, 'POST', '/items/back', [{ slug: 'a' }, { slug: 'b' }]);
    const { id } = await must<{ id: number }>(south, 'POST', '/items/back', { slug: 'a' });

    const before = await indexesOf('back');
    expect(await decide('back', 'slug', 'project')).toMatchObject({
      status: 409,
      errors: [
        {
          message: expect.stringMatching(/"slug".*"a".*Nothing was changed/) as string,
          extensions: { code: 'CONFLICT' },
        },
      ],
    });
    expect(await indexesOf('back')).toEqual(before);

    await must(south, 'PATCH', `/items/back/${id}`, { slug: 'c' });
    expect(await decide('back', 'slug', 'project')).toMatchObject({ status: 200 });
    expect(await uniqueIn('back')).toEqual(['slug: project']);
    expect(await must(superAdmin, 'GET', '/fields/back/slug')).toMatchObject({ schema: { is_unique: true } });
    expect(await add(north, 'back', { slug: 'c' })).toMatchObject({ status: 400, errors: [taken('back', 'c')] });

    await decide('back', 'slug', 'tenant');
    expect(await decide('back', 'slug', false)).toMatchObject({ status: 200, data: { unique: false } });
    expect(await uniqueIn('back')).toEqual([]);
    expect(await add(north, 'back', { slug: 'a' })).toMatchObject({ status: 200 });
  });

  it('refuses values that repeat within a tenant, with some of them, and changes nothing', async () => {
    await create('repeats', slug());
    const letters = ['a', 'b', 'c', 'd', 'e', 'f'];
    await must(
      north,
      'POST',
      '/items/repeats',
      [...letters, ...letters].map((letter) => ({ slug: letter })),
    );

    const before = await indexesOf('repeats');
    const answer = await decide('repeats', 'slug', 'tenant');
    expect(answer).toMatchObject({ status: 409, errors: [{ extensions: { code: 'CONFLICT' } }] });
    expect(answer.errors[0]!.message).toContain('"a", "b", "c", "d" and "e"');
    expect(await indexesOf('repeats')).toEqual(before);
  });

  it('takes numbers, dates, keys and references', async () => {
    await create(
      'bookings',
      { field: 'place', type: 'integer', schema: { is_unique: true } },
      { field: 'day', type: 'date', schema: {} },
      { field: 'code', type: 'uuid', schema: {} },
      { field: 'country', type: 'integer', schema: { is_unique: true } },
    );
    await must(superAdmin, 'POST', '/relations', {
      collection: 'bookings',
      field: 'country',
      related_collection: 'countries',
      schema: { on_delete: 'SET NULL' },
    });
    for (const field of ['place', 'day', 'code', 'country']) {
      expect(await decide('bookings', field, 'tenant'), field).toMatchObject({ status: 200 });
    }
    expect(await uniqueIn('bookings')).toEqual(['code: tenant', 'country: tenant', 'day: tenant', 'place: tenant']);

    const code = 'a2b0b0b4-4b0e-4a44-9a6f-6f1c6ed0d0c1';
    const row = { place: 1, day: '2026-01-31', code, country: world().countries[0] };
    expect(await add(north, 'bookings', row)).toMatchObject({ status: 200 });
    expect(await add(south, 'bookings', row)).toMatchObject({ status: 200 });

    for (const [field, value] of Object.entries(row)) {
      expect(await add(north, 'bookings', { [field]: value }), field).toMatchObject({
        status: 400,
        errors: [taken('bookings', value, field)],
      });
    }

    await must(
      superAdmin,
      'DELETE',
      `/items/bookings/${(await south.send<{ id: number }[]>('GET', '/items/bookings')).data[0]!.id}`,
    );
    for (const field of ['place', 'country']) expect((await decide('bookings', field, 'project')).status).toBe(200);
    expect(await uniqueIn('bookings')).toEqual(['code: tenant', 'country: project', 'day: tenant', 'place: project']);
    expect(await add(south, 'bookings', { country: row.country })).toMatchObject({
      status: 400,
      errors: [taken('bookings', row.country, 'country')],
    });

    for (const field of ['place', 'country']) expect((await decide('bookings', field, false)).status).toBe(200);
    expect(await uniqueIn('bookings')).toEqual(['code: tenant', 'day: tenant']);
    expect(await add(south, 'bookings', { country: row.country })).toMatchObject({ status: 200 });
  });

  it('replaces an index that somebody made in the database', async () => {
    await create('handmade', slug());
    await runSql(host().database, 'CREATE UNIQUE INDEX handmade_by_slug ON handmade (slug)');
    expect(await uniqueIn('handmade')).toEqual(['slug: project']);
    expect(await decide('handmade', 'slug', 'tenant')).toMatchObject({ status: 200 });
    expect(JSON.stringify(await indexesOf('handmade'))).not.toContain('handmade_by_slug');

    await decide('handmade', 'slug', false);
    await runSql(host().database, 'CREATE UNIQUE INDEX handmade_by_slug ON handmade (slug, tenant_id)');
    expect(await uniqueIn('handmade')).toEqual(['slug: tenant']);
    expect(await decide('handmade', 'slug', 'tenant')).toMatchObject({ status: 200 });
    await add(north, 'handmade', { slug: 'a' });
    expect(await add(north, 'handmade', { slug: 'a' })).toMatchObject({ errors: [taken('handmade', 'a')] });
  });

  it('gives rows of nobody to no tenant that has their values', async () => {
    await createWithin('lost');
    await allowUnownedRows(host().database, 'lost');
    await runSql(host().database, `INSERT INTO lost (slug) VALUES ('a'), ('b'), ('c')`);
    await must(north, 'POST', '/items/lost', { slug: 'a' });

    expect(
      await superAdmin.send('PUT', '/tenancy/collections/lost', { scope: 'tenant', assign: { tenant: 'north' } }),
    ).toMatchObject({
      status: 409,
      errors: [{ extensions: { code: 'CONFLICT' } }],
    });
    expect(await scopeOf('lost')).toMatchObject({ rows: { owned: 1, unowned: 3 } });
    await must(superAdmin, 'PUT', '/tenancy/collections/lost', { scope: 'tenant', assign: { tenant: 'south' } });
    expect(await scopeOf('lost')).toMatchObject({ rows: { owned: 4, unowned: 0 } });
  });

  describe('in the settings of the field', () => {
    it('stays as it is when the field is saved and changed', async () => {
      await createWithin('studio');
      await must(north, 'POST', '/items/studio', { slug: 'a' });
      const field = await must<{ schema: object }>(superAdmin, 'GET', '/fields/studio/slug');
      expect(field).toMatchObject({ schema: { is_unique: false } });

      await must(superAdmin, 'PATCH', '/fields/studio/slug', field);
      await must(superAdmin, 'PATCH', '/fields/studio/slug', { schema: { ...field.schema, max_length: 100 } });
      await must(superAdmin, 'PATCH', '/fields/studio/slug', { schema: { is_unique: false, is_nullable: false } });
      await must(superAdmin, 'PATCH', '/fields/studio', [
        { field: 'slug', meta: { note: 'x' }, schema: { is_nullable: true } },
      ]);
      await must(superAdmin, 'PATCH', '/fields/studio/tenant_id', { meta: { hidden: true } });

      expect(await uniqueIn('studio')).toEqual(['slug: tenant']);
      expect(await add(north, 'studio', { slug: 'a' })).toMatchObject({ errors: [taken('studio', 'a')] });
      expect(await add(south, 'studio', { slug: 'a' })).toMatchObject({ status: 200 });
    });

    it('becomes unique in the project where that is switched on, and within a tenant again when it is switched off', async () => {
      await createWithin('switched');
      await must(superAdmin, 'PATCH', '/fields/switched/slug', { schema: { is_unique: true } });
      expect(await uniqueIn('switched')).toEqual(['slug: project']);
      await must(superAdmin, 'PATCH', '/fields/switched/slug', { schema: { is_unique: false } });
      expect(await uniqueIn('switched')).toEqual(['slug: tenant']);
    });

    it.each(['slug', 'tenant_id'])('does not get in the way of deleting %s', async (field) => {
      const collection = `deleted_${field}`;
      await createWithin(collection);
      const rows = ['a', 'b', 'c'].map((letter) => ({ slug: letter }));
      await must(north, 'POST', `/items/${collection}`, rows);
      await must(south, 'POST', `/items/${collection}`, rows);

      // Only a schema that is applied takes the field of the tenant away.
      if (field === 'tenant_id') await applySchemaWithout(superAdmin, collection, field);
      else await must(superAdmin, 'DELETE', `/fields/${collection}/${field}`);
      expect(await must(superAdmin, 'GET', `/items/${collection}`)).toHaveLength(6);
      expect(await uniqueIn(collection)).toEqual([]);
      expect(JSON.stringify(await indexesOf(collection))).not.toContain(`${field}_unique`);
    });
  });

  it('becomes unique in the project, or not at all, when a collection is shared again', async () => {
    await create('shared_again', slug(), { field: 'code', type: 'string', schema: {} });
    for (const field of ['slug', 'code']) await decide('shared_again', field, 'tenant');
    await must(north, 'POST', '/items/shared_again', { slug: 'a', code: 'north' });
    await must(south, 'POST', '/items/shared_again', { slug: 'a', code: 'south' });

    const answer = await must<CollectionScope>(superAdmin, 'PUT', '/tenancy/collections/shared_again', {
      scope: 'shared',
      confirm: true,
    });
    expect(answer.unique).toEqual([{ field: 'code', within: 'project' }]);
    expect(answer.findings).toEqual([
      expect.stringMatching(/"code" .* unique in the project now/),
      expect.stringMatching(/"slug" .* not unique any more: "a"/),
    ]);
    expect(await add(superAdmin, 'shared_again', { slug: 'a', code: 'north' })).toMatchObject({
      status: 400,
      errors: [{ extensions: { code: 'RECORD_NOT_UNIQUE' } }],
    });
  });

  describe('refuses', () => {
    beforeAll(async () => {
      await create('refusals', slug(), { field: 'data', type: 'json', meta: { special: ['cast-json'] }, schema: {} });
      await must(superAdmin, 'POST', '/fields/refusals', {
        field: 'tags',
        type: 'alias',
        meta: { special: ['alias'] },
      });
    });

    it.each([
      ['an unknown field', 'refusals', 'nothing', 'nothing'],
      ['the primary key', 'refusals', 'id', 'id'],
      ['tenant_id', 'refusals', 'tenant_id', 'tenant_id'],
      ['an alias', 'refusals', 'tags', 'tags'],
      ['a type without index', 'refusals', 'data', 'data'],
      ['a collection that is not the tenants’', 'countries', 'name', 'name'],
    ])('%s, and names the field', async (_what, collection, field, named) => {
      const before = await indexesOf(collection);
      for (const unique of ['tenant', 'project']) {
        expect(await decide(collection, field, unique)).toMatchObject({
          status: 400,
          errors: [{ extensions: { code: 'INVALID_PAYLOAD', field: named } }],
        });
      }
      expect(await indexesOf(collection)).toEqual(before);
    });

    it('texts of any length where the database has no index for them', async () => {
      await must(superAdmin, 'POST', '/fields/refusals', { field: 'body', type: 'text', schema: {} });
      const answer = await decide('refusals', 'body', 'tenant');
      if (host().database.kind !== 'mariadb') expect(answer.status).toBe(200);
      else
        expect(answer).toMatchObject({
          status: 400,
          errors: [{ extensions: { code: 'INVALID_PAYLOAD', field: 'body' } }],
        });
    });

    it('values that are too long for an index of the database', async () => {
      await create('novels', { field: 'text', type: 'string', schema: { max_length: 15_000 } });
      const text = Array.from({ length: 400 }, () => randomUUID()).join('');
      await must(north, 'POST', '/items/novels', { text });

      const answer = await decide('novels', 'text', 'tenant');
      if (host().database.kind === 'postgres') {
        expect(answer).toMatchObject({
          status: 400,
          errors: [{ extensions: { code: 'INVALID_PAYLOAD', field: 'text' } }],
        });
        return;
      }

      expect(answer).toMatchObject({ status: 200 });
      expect(await add(south, 'novels', { text })).toMatchObject({ status: 200 });
      expect(await add(north, 'novels', { text })).toMatchObject({ errors: [taken('novels', text, 'text')] });
    });

    it.each([
      [{ unique: 'yes' }, 'unique'],
      [{ unique: true }, 'unique'],
      [{}, 'unique'],
      [{ unique: 'tenant', force: true }, 'force'],
    ])('%j', async (body, field) => {
      expect(await superAdmin.send('PATCH', '/tenancy/collections/refusals/fields/slug', body)).toMatchObject({
        status: 400,
        errors: [{ extensions: { code: 'INVALID_PAYLOAD', field } }],
      });
    });

    it('collections that are not there or not the project’s', async () => {
      for (const collection of ['nowhere', 'directus_files', 'tenants', 'tenant_members', 'tenancy_scopes']) {
        expect((await decide(collection, 'title', 'tenant')).status, collection).toBe(404);
      }
    });

    it('everybody but super-admins', async () => {
      for (const account of [world().north.owner, north]) {
        expect(
          await account.send('PATCH', '/tenancy/collections/refusals/fields/slug', { unique: 'tenant' }),
        ).toMatchObject({ status: 403 });
      }
    });
  });
});

describe('Values that are unique within a tenant (Directus 12, postgres)', () => {
  let host: Host;
  let superAdmin: Account;

  beforeAll(async () => {
    host = await startTestHost({ directus: '12', database: 'postgres' });
    superAdmin = await login(host.url, host.superAdmin);
  });

  afterAll(async () => {
    await host?.stop();
    await host?.database.drop();
  });

  it('are kept apart there too, with the same error', async () => {
    const tenants: string[] = [];
    for (const name of ['North', 'South']) {
      const owner = { email: `${name}@example.com`, password: 'correct horse battery' };
      tenants.push((await must<{ id: string }>(superAdmin, 'POST', '/tenancy/tenants', { name, owner })).id);
    }

    await createCollection(superAdmin, 'pages', [{ field: 'slug', type: 'string', schema: { is_unique: true } }]);
    await must(superAdmin, 'PATCH', '/tenancy/collections/pages/fields/slug', { unique: 'tenant' });

    for (const tenant_id of tenants) await must(superAdmin, 'POST', '/items/pages', { slug: 'home', tenant_id });
    expect(await superAdmin.send('POST', '/items/pages', { slug: 'home', tenant_id: tenants[0] })).toMatchObject({
      status: 400,
      errors: [{ extensions: { code: 'RECORD_NOT_UNIQUE', collection: 'pages', field: 'slug', value: 'home' } }],
    });
    expect(await superAdmin.send('DELETE', '/fields/pages/slug')).toMatchObject({ status: 204 });
  });
});
