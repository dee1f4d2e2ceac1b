import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startHost, type Host } from '../../scripts/hosts/host.ts';
import { onEveryDatabase } from '../support/cells.ts';
import { accountWithToken, type Account } from '../support/client.ts';
import { createRelation } from '../support/collections.ts';
import { runSql } from '../support/sql.ts';
import { allowUnownedRows } from '../support/unowned.ts';
import { must, type World } from '../support/world.ts';
import { startWorld } from '../support/worlds.ts';

interface FieldOptions {
  field: string;
  type: string;
  meta?: object;
  schema?: object | null;
}

const text = (field: string, schema: object = {}): FieldOptions => ({ field, type: 'string', schema });

onEveryDatabase('The columns of a collection of tenants', (world, host) => {
  let superAdmin: Account;

  beforeAll(() => {
    superAdmin = world().superAdmin;
  });

  const put = (collection: string, body: object = {}) =>
    superAdmin.send('PUT', `/tenancy/collections/${collection}`, { scope: 'tenant', ...body });

  const create = (collection: string, fields: FieldOptions[] = [text('name')], meta: object = {}): Promise<unknown> =>
    must(superAdmin, 'POST', '/collections', {
      collection,
      meta,
      schema: {},
      fields: [{ field: 'id', type: 'integer', schema: { is_primary_key: true, has_auto_increment: true } }, ...fields],
    });

  const createShared = async (collection: string, fields?: FieldOptions[], meta?: object): Promise<void> => {
    await create(collection, fields, meta);
    await must(superAdmin, 'PUT', `/tenancy/collections/${collection}`, { scope: 'shared' });
  };

  /** Whether the database refuses rows without tenant; undefined where there is no such column. */
  const isRequired = async (collection: string): Promise<boolean | undefined> => {
    const [column] = await runSql(
      host().database,
      {
        sqlite: `SELECT "notnull" AS required FROM pragma_table_info(?) WHERE name = 'tenant_id'`,
        postgres: `SELECT attnotnull AS required FROM pg_attribute
          WHERE attrelid = to_regclass(?) AND attname = 'tenant_id'`,
        mariadb: `SELECT is_nullable = 'NO' AS required FROM information_schema.columns
          WHERE table_schema = DATABASE() AND table_name = ? AND column_name = 'tenant_id'`,
      }[host().database.kind],
      [collection],
    );

    return column && Boolean(column['required']);
  };

  /** The indexes of a table with their columns, without those of which nobody can rely on the name. */
  const indexesOf = async (collection: string): Promise<Record<string, string>> => {
    const rows = await runSql(
      host().database,
      {
        sqlite: `SELECT list.name AS "index", info.name AS "column"
          FROM pragma_index_list(?) AS list JOIN pragma_index_info(list.name) AS info ORDER BY list.name, info.seqno`,
        postgres: `SELECT class.relname AS "index", attribute.attname AS "column"
          FROM pg_index JOIN pg_class AS class ON class.oid = indexrelid
          JOIN pg_attribute AS attribute ON attribute.attrelid = indexrelid
          WHERE indrelid = to_regclass(?) AND indisvalid ORDER BY class.relname, attribute.attnum`,
        mariadb: `SELECT index_name AS "index", column_name AS "column" FROM information_schema.statistics
          WHERE table_schema = DATABASE() AND table_name = ? ORDER BY index_name, seq_in_index`.replaceAll('"', '`'),
      }[host().database.kind],
      [collection],
    );

    const indexes: Record<string, string> = {};
    for (const row of rows) {
      const [index, column] = [String(row['index']), String(row['column'])];
      indexes[index] = index in indexes ? `${indexes[index]}, ${column}` : column;
    }
    return indexes;
  };

  const secondColumns = async (collection: string): Promise<string[]> =>
    Object.values(await indexesOf(collection))
      .filter((columns) => columns.startsWith('tenant_id, '))
      .map((columns) => columns.slice('tenant_id, '.length))
      .sort();

  /** Everything that the database and Directus know of the column. */
  const fieldOf = (collection: string): Promise<object> =>
    must<object>(superAdmin, 'GET', `/fields/${collection}/tenant_id`);

  const insertUnowned = (collection: string): Promise<unknown> =>
    runSql(host().database, `INSERT INTO ${collection} (name) VALUES ('nobody')`);

  describe('tenant_id', () => {
    it('is required by the database in a new collection at once', async () => {
      await create('novel');
      expect(await isRequired('novel')).toBe(true);
      await expect(insertUnowned('novel')).rejects.toThrow(/null|default value/i);
      expect(await fieldOf('novel')).toMatchObject({
        schema: { is_nullable: false, foreign_key_table: 'tenants' },
        meta: { special: ['m2o', 'uuid'], required: false },
      });
    });

    it('is required when all rows have been given to tenants, and not before', async () => {
      await createShared('adopted');
      await must(superAdmin, 'POST', '/items/adopted', [{ name: 'a' }, { name: 'b' }]);
      expect(await isRequired('adopted')).toBeUndefined();

      expect(await put('adopted')).toMatchObject({ status: 409 });
      expect(await put('adopted', { assign: { tenant: 'north' }, dry_run: true })).toMatchObject({ status: 200 });
      expect(await isRequired('adopted')).toBeUndefined();

      expect(await put('adopted', { assign: { tenant: 'north' } })).toMatchObject({ status: 200 });
      expect(await isRequired('adopted')).toBe(true);
      await expect(insertUnowned('adopted')).rejects.toThrow(/null|default value/i);

      await must(superAdmin, 'PUT', '/tenancy/collections/adopted', { scope: 'shared', confirm: true });
      expect(await isRequired('adopted')).toBeUndefined();
      await insertUnowned('adopted');
    });

    it('is required again when it was not any more, as soon as no row is without', async () => {
      await create('healed');
      await allowUnownedRows(host().database, 'healed');
      await insertUnowned('healed');
      expect(await put('healed')).toMatchObject({ status: 409 });
      expect(await isRequired('healed')).toBe(false);
      expect(await put('healed', { assign: { tenant: 'south' } })).toMatchObject({ status: 200 });
      expect(await isRequired('healed')).toBe(true);

      // As an installation has it whose field was made by an older version.
      await allowUnownedRows(host().database, 'healed');
      await runSql(
        host().database,
        `UPDATE directus_fields SET special = 'm2o' WHERE collection = 'healed' AND field = 'tenant_id'`,
      );
      expect(await put('healed')).toMatchObject({ status: 200 });
      expect(await isRequired('healed')).toBe(true);
      expect(await fieldOf('healed')).toMatchObject({ meta: { special: ['m2o', 'uuid'] } });
      await must(world().south.editor, 'POST', '/items/healed', { name: 'new' });
    });

    it('may stay empty in files and folders', async () => {
      for (const collection of ['directus_files', 'directus_folders']) {
        expect(await put(collection, { scope: 'mixed' })).toMatchObject({ status: 200 });
        expect(await isRequired(collection)).toBe(false);
      }
    });

    it('is nothing that a member has to say', async () => {
      await create('notes');
      const { editor } = world().north;
      expect(await editor.send('POST', '/items/notes', { name: 'rest' })).toMatchObject({
        status: 200,
        data: { tenant_id: world().north.id },
      });

      const mutation = 'mutation { create_notes_item(data: { name: "graphql" }) { name tenant_id { id } } }';
      expect(await editor.send('POST', '/graphql', { query: mutation })).toMatchObject({
        status: 200,
        data: { create_notes_item: { name: 'graphql', tenant_id: { id: world().north.id } } },
      });
      expect(await editor.send('POST', '/items/notes', { name: 'null', tenant_id: null })).toMatchObject({
        status: 400,
      });
    });

    it('is asked for by name of a super-admin who leaves it out', async () => {
      await create('memos');
      const missing = [{ extensions: { code: 'INVALID_PAYLOAD', field: 'tenant_id' } }];
      for (const row of [{ name: 'x' }, { name: 'x', tenant_id: null }]) {
        expect(await superAdmin.send('POST', '/items/memos', row)).toMatchObject({ status: 400, errors: missing });
      }

      const answer = await superAdmin.send('POST', '/graphql', {
        query: 'mutation { create_memos_item(data: { name: "x" }) { name } }',
      });
      expect(answer.errors).toMatchObject(missing);
      expect(await runSql(host().database, 'SELECT id FROM memos')).toEqual([]);
    });
  });

  describe('an index that begins with tenant_id', () => {
    const preset = (collection: string, layoutQuery: unknown): Promise<unknown> =>
      must(superAdmin, 'POST', '/presets', { collection, layout: 'tabular', layout_query: layoutQuery });

    it('is there for the fields by which views are sorted and filtered', async () => {
      const meta = { sort_field: 'position', archive_field: 'status', archive_value: 'archived' };
      await createShared(
        'views',
        [
          text('name'),
          text('status'),
          { field: 'position', type: 'integer', schema: {} },
          { field: 'date', type: 'timestamp', meta: {}, schema: {} },
          { field: 'body', type: 'text', schema: {} },
          { field: 'data', type: 'json', meta: { special: ['cast-json'] }, schema: {} },
          text('long', { max_length: 1000 }),
          ...['a', 'b', 'c', 'd', 'e', 'f'].map((field) => ({ field, type: 'integer', schema: {} })),
        ],
        meta,
      );
      await preset('views', { tabular: { sort: ['-date'], page: 1 }, cards: { sort: ['name', '-date'] } });
      await preset('views', { tabular: { sort: ['-date'] } });
      await preset('views', { tabular: { sort: '-name' } });
      for (const field of [
        'body',
        'data',
        'long',
        'id',
        'position',
        'tenant_id',
        'gone',
        'tenant_id.name',
        'year(date)',
      ]) {
        await preset('views', { tabular: { sort: [field] } });
        await preset('views', { tabular: { sort: [field] } });
      }
      await preset('other', { tabular: { sort: ['f'] } });
      for (const field of ['f', 'e', 'd', 'c', 'b', 'a']) await preset('views', { tabular: { sort: [field] } });
      for (const query of [null, [], {}, { tabular: null }, { tabular: { sort: null } }]) await preset('views', query);

      await must(superAdmin, 'PUT', '/tenancy/collections/views', { scope: 'tenant' });
      expect(await secondColumns('views')).toEqual(['a', 'b', 'c', 'date', 'id', 'name', 'position', 'status']);
    });

    it('comes with the next call for views that were saved since, and not twice', async () => {
      await create('later');
      expect(await secondColumns('later')).toEqual(['id']);
      await runSql(host().database, 'CREATE INDEX later_by_hand ON later (tenant_id, name)');
      await preset('later', { tabular: { sort: ['name'] } });
      await must(superAdmin, 'POST', '/fields/later', { field: 'sort', type: 'integer', schema: {} });
      await must(superAdmin, 'PATCH', '/collections/later', { meta: { sort_field: 'sort' } });
      await must(superAdmin, 'PUT', '/tenancy/collections/later', { scope: 'tenant' });

      expect(await secondColumns('later')).toEqual(['id', 'name', 'sort']);
      expect(await indexesOf('later')).toMatchObject({ later_by_hand: 'tenant_id, name' });
    });

    it('is built anew with the field, and leaves nothing behind without it', async () => {
      await createShared('moved', [text('name')], { sort_field: 'name' });
      const before = await indexesOf('moved');
      for (let round = 0; round < 2; round += 1) {
        await must(superAdmin, 'PUT', '/tenancy/collections/moved', { scope: 'tenant' });
        expect(await secondColumns('moved')).toEqual(['id', 'name']);
        await must(superAdmin, 'PUT', '/tenancy/collections/moved', { scope: 'shared', confirm: true });
        expect(await indexesOf('moved')).toEqual(before);
      }

      // As it is left by an interruption, or by an older version: the name is taken, and the tenant is gone from it.
      await runSql(host().database, 'CREATE INDEX tenancy_moved_tenant_id_id_index ON moved (id)');
      await must(superAdmin, 'PUT', '/tenancy/collections/moved', { scope: 'tenant' });
      expect(await secondColumns('moved')).toEqual(['id', 'name']);
    });
  });

  describe('a reference between collections of tenants', () => {
    /** An index for each column that is the first of one, with all of its columns; without the primary key. */
    const leading = async (collection: string): Promise<Record<string, string>> =>
      Object.fromEntries(
        Object.values(await indexesOf(collection)).map((columns) => [columns.split(', ')[0] ?? '', columns]),
      );

    const isMariaDb = (): boolean => host().database.kind === 'mariadb';
    /** MariaDB makes an index for each foreign key by itself. */
    const ofTenants = (field: string): string => (isMariaDb() ? field : `${field}, tenant_id`);
    const share = (collection: string) => put(collection, { scope: 'shared', confirm: true });

    beforeAll(async () => {
      await createShared('pallets');
      await createShared('crates', [text('name'), { field: 'pallet', type: 'integer' }]);
      await createRelation(superAdmin, 'crates', 'pallet', 'pallets');
    });

    it.each([
      ['projects', 'client'],
      ['projects', 'cover'],
      ['tasks', 'project'],
      ['tasks', 'parent'],
      ['projects_tags', 'projects_id'],
      ['projects_tags', 'tags_id'],
      ['project_sections', 'project'],
      ['directus_files', 'folder'],
      ['directus_folders', 'parent'],
    ])(
      'has an index, so that to delete a row is not to read those of all tenants: %s.%s',
      async (collection, field) => {
        expect(await leading(collection)).toHaveProperty(field, ofTenants(field));
      },
    );

    it('gets it with the relation, and its settings say nothing of it', async () => {
      await create('shelves');
      await create('boxes', [text('name'), { field: 'shelf', type: 'integer' }]);
      await must(world().north.editor, 'POST', '/items/boxes', { name: 'full' });
      await createRelation(superAdmin, 'boxes', 'shelf', 'shelves');

      expect(await leading('boxes')).toHaveProperty('shelf', ofTenants('shelf'));
      expect(await must(superAdmin, 'GET', '/fields/boxes/shelf')).toMatchObject({
        schema: { is_indexed: isMariaDb() },
      });
    });

    it('has one in the table of users too, of whom each tenant has some', async () => {
      await must(superAdmin, 'POST', '/fields/directus_users', { field: 'shelf', type: 'integer' });
      await createRelation(superAdmin, 'directus_users', 'shelf', 'shelves');
      expect(await leading('directus_users')).toHaveProperty('shelf', isMariaDb() ? 'shelf' : 'shelf, id');
      await must(superAdmin, 'DELETE', '/fields/directus_users/shelf');
    });

    it('does not keep its field from being deleted', async () => {
      expect(await superAdmin.send('DELETE', '/fields/boxes/shelf')).toMatchObject({ status: 204 });
      expect(Object.values(await indexesOf('boxes')).join()).not.toContain('shelf');
      expect(await must(world().north.editor, 'GET', '/items/boxes')).toMatchObject([{ name: 'full' }]);
    });

    it('gets it when the later one of the two is given to tenants, and loses it with either', async () => {
      if (isMariaDb()) return;
      await put('crates');
      expect(await leading('crates')).not.toHaveProperty('pallet');
      await put('pallets');
      expect(await leading('crates')).toHaveProperty('pallet', 'pallet, tenant_id');

      await share('pallets');
      expect(await leading('crates')).not.toHaveProperty('pallet');
      await put('pallets');
      await share('crates');
      expect(await leading('crates')).not.toHaveProperty('pallet');
      await share('pallets');
    });

    it('gets it once where both sides find that it is missing', async () => {
      if (isMariaDb()) return;
      // The index of a table with rows is built in several steps.
      await must(superAdmin, 'POST', '/items/crates', [{ name: 'a' }, { name: 'b' }]);
      const sides = ['crates', 'pallets'];
      for (const collection of sides) await put(collection, { assign: { tenant: 'north' } });

      for (let time = 0; time < 5; time += 1) {
        await runSql(host().database, 'DROP INDEX tenancy_crates_pallet_tenant_id_index');
        const answers = await Promise.all(sides.map((collection) => put(collection)));
        expect(answers).toMatchObject([{ status: 200 }, { status: 200 }]);
        expect(await leading('crates')).toHaveProperty('pallet', 'pallet, tenant_id');
      }

      for (const collection of sides) await share(collection);
    });

    it('keeps one that somebody made, and gets no second', async () => {
      if (isMariaDb()) return;
      await runSql(host().database, 'CREATE INDEX by_hand ON crates (pallet)');
      for (const collection of ['crates', 'pallets']) await put(collection);
      const indexes = Object.values(await indexesOf('crates'));
      expect(indexes.filter((columns) => columns.startsWith('pallet'))).toEqual(['pallet']);

      for (const collection of ['crates', 'pallets']) await share(collection);
      expect(await indexesOf('crates')).toHaveProperty('by_hand', 'pallet');
    });

    it('has none where it leads to rows of the project', async () => {
      if (isMariaDb()) return;
      expect(await leading('clients')).not.toHaveProperty('country');
    });
  });

  it('stay as they are when the same is said again', async () => {
    await createShared('repeated', [text('name')], { sort_field: 'name' });
    await must(superAdmin, 'POST', '/items/repeated', [{ name: 'a' }, { name: 'b' }]);
    await must(superAdmin, 'PUT', '/tenancy/collections/repeated', { scope: 'tenant', assign: { tenant: 'north' } });

    const state = async (): Promise<object> => ({
      field: await fieldOf('repeated'),
      indexes: await indexesOf('repeated'),
    });
    const before = await state();
    for (const body of [{}, { assign: { tenant: 'south' } }]) {
      expect(await put('repeated', body)).toMatchObject({ status: 200, data: { adopted: 0 } });
      expect(await state()).toEqual(before);
    }
  });

  it('keep everything else of the table', async () => {
    await createShared('kept', [
      text('name', { default_value: 'unnamed', max_length: 50 }),
      text('slug', { is_unique: true }),
      { field: 'country', type: 'integer', schema: {} },
    ]);
    await createRelation(superAdmin, 'kept', 'country', 'countries');
    await runSql(host().database, 'CREATE INDEX kept_by_hand ON kept (name, slug)');
    const [country] = world().countries;
    await must(superAdmin, 'POST', '/items/kept', [{ slug: 'a', country }, { slug: 'b' }]);
    await must(superAdmin, 'PUT', '/tenancy/collections/kept', { scope: 'tenant', assign: { tenant: 'north' } });
    await must(superAdmin, 'PATCH', '/tenancy/collections/kept/fields/slug', { unique: 'tenant' });

    // PostgreSQL tells columns and foreign keys in any order.
    const byField = async (list: string): Promise<{ field: string }[]> =>
      (await must<{ field: string }[]>(superAdmin, 'GET', `/${list}/kept`)).sort((one, other) =>
        one.field.localeCompare(other.field),
      );

    const state = async (): Promise<object> => ({
      indexes: await indexesOf('kept'),
      fields: await byField('fields'),
      relations: await byField('relations'),
      rows: await must(superAdmin, 'GET', '/items/kept?sort=id'),
    });
    const before = await state();
    expect(before).toMatchObject({
      indexes: { kept_by_hand: 'name, slug' },
      rows: [{ name: 'unnamed' }, { slug: 'b' }],
    });

    await allowUnownedRows(host().database, 'kept');
    await must(superAdmin, 'PUT', '/tenancy/collections/kept', { scope: 'tenant' });
    expect(await isRequired('kept')).toBe(true);
    expect(await state()).toEqual(before);

    const { editor } = world().north;
    expect(await editor.send('POST', '/items/kept', { slug: 'a' })).toMatchObject({
      status: 400,
      errors: [{ extensions: { code: 'RECORD_NOT_UNIQUE', field: 'slug' } }],
    });
    expect(await must(editor, 'POST', '/items/kept', { slug: 'c' })).toMatchObject({
      name: 'unnamed',
      tenant_id: world().north.id,
    });
    await must(world().south.editor, 'POST', '/items/kept', { slug: 'a' });
  });
});

describe('The columns of a collection of tenants, on PostgreSQL', () => {
  let first: Host;
  let second: Host;
  let world: World;

  beforeAll(async () => {
    ({ host: first, world } = await startWorld({ directus: '11', database: 'postgres' }));
    second = await startHost({ directus: '11', database: first.database });
  });

  afterAll(async () => {
    await second?.stop();
    await first?.stop();
    await first?.database.drop();
  });

  const sql = (statement: string) => runSql(first.database, statement);
  const constraints = () =>
    sql(
      `SELECT conname FROM pg_constraint WHERE conrelid = 'tasks'::regclass AND contype = 'c' AND conname LIKE 'tenancy%'`,
    );
  const again = (): Promise<unknown> =>
    must(world.superAdmin, 'PUT', '/tenancy/collections/tasks', { scope: 'tenant' });

  it.each([
    ['an unchecked constraint', 'ADD CONSTRAINT tenancy_tasks_tenant_id_check CHECK (tenant_id IS NOT NULL) NOT VALID'],
    ['a checked constraint', 'ADD CONSTRAINT tenancy_tasks_tenant_id_check CHECK (tenant_id IS NOT NULL)'],
  ])('are made when somebody was interrupted and left %s', async (_name, alteration) => {
    for (const drop of [true, false]) {
      if (drop) await allowUnownedRows(first.database, 'tasks');
      await sql(`ALTER TABLE tasks ${alteration}`);
      await again();

      expect(await constraints()).toEqual([]);
      expect(
        await sql(`SELECT attnotnull FROM pg_attribute WHERE attrelid = 'tasks'::regclass AND attname = 'tenant_id'`),
      ).toEqual([{ attnotnull: true }]);
    }
  });

  it('get their index when somebody was interrupted while it was built', async () => {
    const index = `'tenancy_tasks_tenant_id_id_index'::regclass`;
    await sql(`UPDATE pg_index SET indisvalid = false WHERE indexrelid = ${index}`);
    const [before] = await sql(`SELECT ${index}::oid AS oid`);
    await again();

    const [after] = await sql(`SELECT indexrelid AS oid, indisvalid FROM pg_index WHERE indexrelid = ${index}`);
    expect(after).toMatchObject({ indisvalid: true });
    expect(after!['oid']).not.toEqual(before!['oid']);
    await again();
    expect(await sql(`SELECT ${index}::oid AS oid`)).toEqual([{ oid: after!['oid'] }]);
  });

  it('keep nobody waiting for ever when instances make them at the same time', async () => {
    const twins = [world.superAdmin, accountWithToken(second.url, world.superAdmin.token)];
    for (let round = 0; round < 3; round += 1) {
      await sql('DROP INDEX tenancy_tasks_tenant_id_id_index');
      await sql('DROP INDEX tenancy_tags_tenant_id_id_index');
      await allowUnownedRows(first.database, 'tasks');

      const answers = twins.flatMap((account) =>
        ['tasks', 'tags'].map((collection) =>
          account.send('PUT', `/tenancy/collections/${collection}`, { scope: 'tenant' }),
        ),
      );
      for (const answer of await Promise.all(answers)) expect(answer.status).toBe(200);
    }
  });
});
