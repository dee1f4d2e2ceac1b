import { beforeAll, describe, expect, it } from 'vitest';
import { onEveryDatabase } from '../support/cells.ts';
import type { Account, Answer } from '../support/client.ts';
import { createCollection } from '../support/collections.ts';
import { followLines } from '../support/lines.ts';
import { runSql } from '../support/sql.ts';
import { allowUnownedRows } from '../support/unowned.ts';
import { must, uploadFile } from '../support/world.ts';

interface Outcome {
  collection: string;
  scope: string;
  rows: { owned: number; unowned: number };
  adopted: number;
}

onEveryDatabase('Rows that are there already get a tenant', (world, host) => {
  let superAdmin: Account;

  const put = (collection: string, body: unknown): Promise<Answer<Outcome>> =>
    superAdmin.send('PUT', `/tenancy/collections/${collection}`, body);

  /** Creates a collection that is shared, as all were before the bundle came. */
  const create = async (collection: string, fields: object[], relations: object[] = []): Promise<void> => {
    await createCollection(superAdmin, collection, fields);
    for (const relation of relations) {
      await must(superAdmin, 'POST', '/relations', { collection, schema: { on_delete: 'SET NULL' }, ...relation });
    }
    await must(superAdmin, 'PUT', `/tenancy/collections/${collection}`, { scope: 'shared' });
  };

  const insert = (collection: string, rows: object[]): Promise<{ id: number }[]> =>
    must(superAdmin, 'POST', `/items/${collection}`, rows);

  /** Everything that an adoption could change. */
  const state = async (collection: string): Promise<unknown> => ({
    rows: await runSql(host().database, `SELECT * FROM ${collection} ORDER BY id`),
    fields: (await must<{ field: string }[]>(superAdmin, 'GET', `/fields/${collection}`))
      .map(({ field }) => field)
      .sort(),
    scope: await runSql(host().database, 'SELECT * FROM tenancy_scopes WHERE collection = ?', [collection]),
  });

  const titlesOf = async (account: Account, collection: string): Promise<string[]> =>
    (await must<{ title: string }[]>(account, 'GET', `/items/${collection}?sort=title`)).map(({ title }) => title);

  beforeAll(() => {
    superAdmin = world().superAdmin;
  });

  describe('through a many-to-one field', () => {
    beforeAll(async () => {
      await create(
        'invoices',
        [
          { field: 'title', type: 'string', schema: {} },
          { field: 'client', type: 'uuid', schema: {} },
        ],
        [{ field: 'client', related_collection: 'clients' }],
      );
      await insert('invoices', [
        { title: 'north-invoice', client: world().north.clients[0] },
        { title: 'south-invoice', client: world().south.clients[0] },
      ]);
    });

    it('says what it would do, and does nothing', async () => {
      const before = await state('invoices');
      expect(await put('invoices', { scope: 'tenant', assign: { through: 'client' }, dry_run: true })).toMatchObject({
        status: 200,
        data: { collection: 'invoices', scope: 'tenant', rows: { owned: 2, unowned: 0 }, adopted: 2 },
      });
      expect(await state('invoices')).toEqual(before);
    });

    it('changes nothing as long as rows would be left out, and names some', async () => {
      const { id } = (await insert('invoices', [{ title: 'nobody’s' }]))[0]!;
      const before = await state('invoices');

      for (const dry_run of [true, false]) {
        const answer = await put('invoices', { scope: 'tenant', assign: { through: 'client' }, dry_run });
        expect(answer).toMatchObject({ status: 409, errors: [{ extensions: { code: 'CONFLICT' } }] });
        expect(answer.errors[0]!.message).toMatch(new RegExp(`1 row of "invoices" \\(${id}\\).*Fill "client"`));
      }

      expect(await state('invoices')).toEqual(before);
      await must(superAdmin, 'DELETE', `/items/invoices/${id}`);
    });

    it('each gets the tenant of its row, and a second time there is nothing to do', async () => {
      const request = { scope: 'tenant', assign: { through: 'client' } };
      expect(await put('invoices', request)).toMatchObject({ status: 200, data: { rows: { owned: 2 }, adopted: 2 } });
      expect(await put('invoices', request)).toMatchObject({ status: 200, data: { rows: { owned: 2 }, adopted: 0 } });
      expect(await titlesOf(world().north.viewer, 'invoices')).toEqual(['north-invoice']);
      expect(await titlesOf(world().south.viewer, 'invoices')).toEqual(['south-invoice']);
    });

    it.each([
      ['country', 'is no field'],
      ['title', 'has to be a many-to-one field'],
    ])('refuses %s, which leads to no tenant', async (through, message) => {
      expect(await put('invoices', { scope: 'tenant', assign: { through } })).toMatchObject({
        status: 400,
        errors: [{ message: expect.stringContaining(message) as string, extensions: { field: 'assign.through' } }],
      });
    });
  });

  describe('by the value of a field', () => {
    beforeAll(async () => {
      await create('visits', [
        { field: 'title', type: 'string', schema: {} },
        { field: 'office', type: 'integer', schema: {} },
      ]);
      await insert('visits', [
        { title: 'north-visit', office: 1 },
        { title: 'south-visit', office: 2 },
      ]);
    });

    it('refuses values for which no tenant is named', async () => {
      const before = await state('visits');
      const answer = await put('visits', { scope: 'tenant', assign: { by: 'office', tenants: { 1: 'north' } } });
      expect(answer.status).toBe(409);
      expect(answer.errors[0]!.message).toContain('1 row of "visits"');
      expect(await state('visits')).toEqual(before);
    });

    it('each gets the tenant that is named for its value', async () => {
      const tenants = { 1: 'north', 2: world().south.id };
      expect(await put('visits', { scope: 'tenant', assign: { by: 'office', tenants } })).toMatchObject({
        status: 200,
        data: { adopted: 2 },
      });
      expect(await titlesOf(world().north.viewer, 'visits')).toEqual(['north-visit']);
      expect(await titlesOf(world().south.viewer, 'visits')).toEqual(['south-visit']);
    });
  });

  describe('unless a reference would lead to another tenant', () => {
    it('of the rows, to themselves, and from others', async () => {
      await create(
        'notes',
        [
          { field: 'title', type: 'string', schema: {} },
          { field: 'project', type: 'integer', schema: {} },
          { field: 'parent', type: 'integer', schema: {} },
          { field: 'office', type: 'integer', schema: {} },
        ],
        [
          { field: 'project', related_collection: 'projects' },
          { field: 'parent', related_collection: 'notes' },
        ],
      );
      const [first] = await insert('notes', [{ title: 'one', office: 1 }]);
      const [second] = await insert('notes', [{ title: 'two', office: 2, parent: first!.id }]);
      const [third] = await insert('notes', [{ title: 'three', office: 1, project: world().south.projects[0] }]);
      const before = await state('notes');

      const answer = await put('notes', {
        scope: 'tenant',
        assign: { by: 'office', tenants: { 1: 'north', 2: 'south' } },
      });
      expect(answer).toMatchObject({ status: 409, errors: [{ extensions: { code: 'CONFLICT' } }] });
      expect(answer.errors[0]!.message).toContain(
        `1 row of "notes" (${second!.id}) would refer in "parent" to "notes" of another tenant.`,
      );
      expect(answer.errors[0]!.message).toContain(
        `1 row of "notes" (${third!.id}) would refer in "project" to "projects" of another tenant.`,
      );
      expect(await state('notes')).toEqual(before);

      await must(superAdmin, 'PATCH', `/items/notes/${second!.id}`, { parent: null });
      await must(superAdmin, 'PATCH', `/items/notes/${third!.id}`, { project: null });
      expect((await put('notes', { scope: 'tenant', assign: { tenant: 'north' } })).data.adopted).toBe(3);
    });
  });

  describe('which can be interrupted', () => {
    it('and goes on with the rows that are left', async () => {
      await create('logs', [{ field: 'title', type: 'string', schema: {} }]);
      await insert(
        'logs',
        Array.from({ length: 20 }, (_, index) => ({ title: `log-${index}` })),
      );
      await put('logs', { scope: 'tenant', assign: { tenant: 'north' } });
      // As it is left when the process ends in the middle.
      await allowUnownedRows(host().database, 'logs');
      await runSql(host().database, 'UPDATE logs SET tenant_id = NULL WHERE id > 7');

      expect(await titlesOf(world().north.viewer, 'logs')).toHaveLength(7);
      expect(await put('logs', { scope: 'tenant', assign: { tenant: 'north' } })).toMatchObject({
        status: 200,
        data: { rows: { owned: 20, unowned: 0 }, adopted: 13 },
      });
    });
  });

  describe('on the command line', () => {
    const run = (...options: string[]): Promise<string> => host().run('tenancy', 'collections', ...options);
    const failure = (...options: string[]): Promise<string> => run(...options).then(String, String);

    it('in the same way, with exit codes for scripts', { timeout: 240_000 }, async () => {
      await create(
        'letters',
        [
          { field: 'title', type: 'string', schema: {} },
          { field: 'client', type: 'uuid', schema: {} },
        ],
        [{ field: 'client', related_collection: 'clients' }],
      );
      await insert('letters', [{ title: 'north-letter', client: world().north.clients[0] }, { title: 'lost' }]);
      const before = await state('letters');

      const refused = await failure('scope', 'letters', 'tenant', '--through', 'client');
      expect(refused).toMatch(/exit code 1[^]*1 row of "letters" \(2\) would belong to no tenant/);
      expect(await failure('scope', 'letters', 'tenants')).toMatch(/exit code 2[^]*"tenants" is no scope/);
      expect(await failure('scope', 'letters', 'tenant', '--by', 'title')).toMatch(/exit code 2[^]*--map/);
      expect(await run('scope', 'letters', 'tenant', '--tenant', 'north', '--dry-run')).toContain(
        'Nothing was changed. "letters" would be "tenant": 2 rows would get a tenant; 2 rows with a tenant, 0 without.',
      );
      expect(await state('letters')).toEqual(before);

      const map = ['--by', 'title', '--map', 'north-letter=north', 'lost=south', '--json'];
      const outcome = (await run('scope', 'letters', 'tenant', ...map)).trim().split('\n').at(-1)!;
      expect(JSON.parse(outcome)).toMatchObject({ scope: 'tenant', rows: { owned: 2, unowned: 0 }, adopted: 2 });

      // The Directus that is running knows of the decision at once, and of the field once its cache is cleared.
      expect((await world().north.viewer.send('GET', '/items/letters')).status).toBe(403);
      await must(superAdmin, 'POST', '/utils/cache/clear?system');
      expect(await titlesOf(world().north.viewer, 'letters')).toEqual(['north-letter']);
      expect(await titlesOf(world().south.viewer, 'letters')).toEqual(['lost']);
      expect(await run('list')).toMatch(/^letters +tenant +2 +0$/m);
    });
  });

  describe('and whoever accepts lines is told how far it is', () => {
    const ROWS = 25_600;

    const follow = (collection: string, body: unknown): Promise<Response> =>
      fetch(`${host().url}/tenancy/collections/${collection}`, {
        method: 'PUT',
        headers: {
          Authorization: `Bearer ${superAdmin.token}`,
          Accept: 'application/x-ndjson',
          'Content-Type': 'application/json',
        },
        body: JSON.stringify(body),
      });

    beforeAll(async () => {
      await create('entries', [{ field: 'title', type: 'string', schema: {} }]);
      await insert(
        'entries',
        Array.from({ length: 100 }, (_, number) => ({ title: `entry ${number}` })),
      );
      for (let rows = 100; rows < ROWS; rows *= 2) {
        await runSql(host().database, 'INSERT INTO entries (title) SELECT title FROM entries');
      }
    });

    it('but not before it is clear that nothing is in the way', async () => {
      const response = await follow('entries', { scope: 'tenant' });
      expect(response.status).toBe(409);
      expect(await response.json()).toMatchObject({ errors: [{ extensions: { code: 'CONFLICT' } }] });
    });

    it('batch by batch, and at last what was done', async () => {
      const response = await follow('entries', { scope: 'tenant', assign: { tenant: 'north' } });
      expect(response.headers.get('content-type')).toContain('application/x-ndjson');

      expect(await followLines(response)).toEqual([
        ...[0, 10_000, 20_000, ROWS].map((rows) => ({ collection: 'entries', rows, of: ROWS })),
        {
          data: expect.objectContaining({
            scope: 'tenant',
            adopted: ROWS,
            rows: { owned: ROWS, unowned: 0 },
          }) as object,
        },
      ]);
    });

    it('or why it was not', async () => {
      await create('numbers', [{ field: 'title', type: 'string', schema: {} }]);
      await insert('numbers', [{ title: 'one' }]);
      await must(superAdmin, 'PUT', '/tenancy/collections/numbers', { scope: 'mixed', assign: { tenant: 'north' } });
      await must(superAdmin, 'PATCH', '/tenancy/collections/numbers/fields/title', { unique: 'tenant' });
      await insert('numbers', [{ title: 'one' }]);

      const response = await follow('numbers', { scope: 'tenant', assign: { tenant: 'north' } });

      expect(await followLines(response)).toEqual([
        { collection: 'numbers', rows: 0, of: 1 },
        { status: 409, errors: [expect.objectContaining({ message: expect.stringContaining('unique') as string })] },
      ]);
    });
  });

  describe('files and folders', () => {
    it('are given to a tenant, and those of nobody stay the project’s', async () => {
      const file = await uploadFile(superAdmin, 'project-file');
      expect((await world().north.viewer.send('GET', `/files/${file}`)).status).toBe(403);

      for (const scope of ['tenant', 'shared']) {
        expect(await put('directus_files', { scope })).toMatchObject({
          status: 400,
          errors: [{ extensions: { field: 'scope' } }],
        });
      }

      const by = { by: 'uploaded_by', tenants: { [crypto.randomUUID()]: 'north' } };
      expect(await put('directus_files', { scope: 'mixed', assign: by })).toMatchObject({
        status: 200,
        data: { scope: 'mixed', adopted: 0 },
      });

      expect(await put('directus_files', { scope: 'mixed', assign: { tenant: 'north' } })).toMatchObject({
        status: 200,
        data: { scope: 'mixed', rows: { unowned: 0 }, adopted: 1 },
      });
      expect((await world().north.viewer.send('GET', `/files/${file}`)).status).toBe(200);
      expect((await world().south.viewer.send('GET', `/files/${file}`)).status).toBe(403);
    });
  });

  it.each([
    ['nothing', {}, 'assign'],
    ['two ways at once', { tenant: 'north', through: 'client' }, 'assign'],
    ['values without tenants', { by: 'office' }, 'assign'],
    ['no tenants', { by: 'title', tenants: {} }, 'assign.tenants'],
    ['a tenant that is not there', { by: 'title', tenants: { x: 'nobody' } }, 'assign.tenants.x'],
    ['a field that is not there', { by: 'nowhere', tenants: { x: 'north' } }, 'assign.by'],
  ])('refuses an assignment of %s', async (_what, assign, field) => {
    expect(await put('projects', { scope: 'tenant', assign })).toMatchObject({
      status: 400,
      errors: [{ extensions: { code: 'INVALID_PAYLOAD', field } }],
    });
  });
});
