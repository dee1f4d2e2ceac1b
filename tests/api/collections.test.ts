import { beforeAll, describe, expect, it } from 'vitest';
import { OWN_TABLES } from '../../src/tenancy/managed.ts';
import { onEveryDatabase } from '../support/cells.ts';
import type { Account } from '../support/client.ts';
import { createCollection } from '../support/collections.ts';
import { applySchemaWithout } from '../support/schema.ts';
import { runSql } from '../support/sql.ts';
import { allowUnownedRows } from '../support/unowned.ts';
import { must } from '../support/world.ts';

interface CollectionScope {
  collection: string;
  scope: string | null;
  rows: { owned: number; unowned: number };
  unique: { field: string; within: string }[];
  findings: string[];
}

onEveryDatabase('/tenancy/collections', (world, host) => {
  let superAdmin: Account;

  const put = (collection: string, body: unknown) =>
    superAdmin.send<CollectionScope>('PUT', `/tenancy/collections/${collection}`, body);

  const scopeOf = async (collection: string): Promise<CollectionScope | undefined> =>
    (await must<CollectionScope[]>(superAdmin, 'GET', '/tenancy/collections')).find(
      (entry) => entry.collection === collection,
    );

  const createShared = async (collection: string, rows: number): Promise<void> => {
    await createCollection(superAdmin, collection, [{ field: 'text', type: 'string', schema: {} }]);
    await must(superAdmin, 'PUT', `/tenancy/collections/${collection}`, { scope: 'shared' });
    const texts = Array.from({ length: rows }, (_, index) => ({ text: `${collection}-${index}` }));
    if (rows > 0) await must(superAdmin, 'POST', `/items/${collection}`, texts);
  };

  beforeAll(() => {
    superAdmin = world().superAdmin;
  });

  it('lists every collection with its scope and its rows by ownership', async () => {
    expect(await scopeOf('projects')).toEqual({
      collection: 'projects',
      scope: 'tenant',
      rows: { owned: 6, unowned: 0 },
      unique: [],
      findings: [],
    });
    expect(await scopeOf('countries')).toEqual({
      collection: 'countries',
      scope: 'shared',
      rows: { owned: 0, unowned: 2 },
      unique: [],
      findings: [],
    });

    const names = (await must<CollectionScope[]>(superAdmin, 'GET', '/tenancy/collections')).map(
      ({ collection }) => collection,
    );
    expect(names.filter((name) => /^(directus_|tenancy_|tenants$|tenant_members$)/.test(name))).toEqual([
      'directus_files',
      'directus_folders',
    ]);
  });

  describe('making a collection the tenants’', () => {
    it('refuses, and changes nothing, when rows would be left without tenant', async () => {
      await createShared('orphans', 3);
      expect(await put('orphans', { scope: 'tenant' })).toMatchObject({
        status: 409,
        errors: [{ message: expect.stringContaining('3 rows') as string, extensions: { code: 'CONFLICT' } }],
      });
      expect(await scopeOf('orphans')).toMatchObject({ scope: 'shared', rows: { owned: 0, unowned: 3 } });
      const fields = await must<{ field: string }[]>(superAdmin, 'GET', '/fields/orphans');
      expect(fields.map(({ field }) => field)).not.toContain('tenant_id');
    });

    it('gives rows that exist to the tenant that is named, and they are its own from then on', async () => {
      const { north, south } = world();
      await createShared('notes', 3);
      expect((await north.viewer.send<unknown[]>('GET', '/items/notes')).data).toHaveLength(3);

      expect(await put('notes', { scope: 'tenant', assign: { tenant: south.slug } })).toMatchObject({
        status: 200,
        data: { scope: 'tenant', rows: { owned: 3, unowned: 0 } },
      });

      expect((await south.viewer.send<unknown[]>('GET', '/items/notes')).data).toHaveLength(3);
      expect((await north.viewer.send<unknown[]>('GET', '/items/notes')).data).toEqual([]);
      const created = await north.editor.send<{ tenant_id: string }>('POST', '/items/notes', { text: 'mine' });
      expect(created.data.tenant_id).toBe(north.id);
    });

    it('changes nothing when it is said twice', async () => {
      const permissions = (): Promise<unknown[]> =>
        must<unknown[]>(superAdmin, 'GET', '/permissions?filter[collection][_eq]=projects&sort=id&limit=-1');
      const before = await permissions();

      const first = await put('projects', { scope: 'tenant', assign: { tenant: 'north' } });
      const second = await put('projects', { scope: 'tenant' });
      expect(second.data).toEqual(first.data);
      expect(await permissions()).toEqual(before);
    });

    it('puts an index on the field that begins with it', async () => {
      const statement = {
        sqlite: `SELECT sql AS definition FROM sqlite_master WHERE type = 'index' AND tbl_name = 'projects'`,
        postgres: `SELECT indexdef AS definition FROM pg_indexes WHERE tablename = 'projects'`,
        mariadb: `SELECT CONCAT('(', GROUP_CONCAT(column_name ORDER BY seq_in_index), ')') AS definition
          FROM information_schema.statistics
          WHERE table_schema = DATABASE() AND table_name = 'projects' GROUP BY index_name`,
      }[host().database.kind];
      const definitions = (await runSql(host().database, statement)).map(({ definition }) => String(definition));
      expect(definitions.some((definition) => /\(["`]?tenant_id["`]?,/.test(definition))).toBe(true);
    });

    it('has no limit of its own to the length of a name', async () => {
      const collection = `long_${'x'.repeat(55)}`;
      await createShared(collection, 1);
      expect(await put(collection, { scope: 'tenant', assign: { tenant: 'north' } })).toMatchObject({ status: 200 });
      expect((await world().north.viewer.send<unknown[]>('GET', `/items/${collection}`)).data).toHaveLength(1);
      expect((await world().south.viewer.send<unknown[]>('GET', `/items/${collection}`)).data).toEqual([]);
    });

    it('lets no tenant be deleted from under its rows', async () => {
      await expect(
        runSql(host().database, host().database.kind === 'sqlite' ? 'PRAGMA foreign_keys = ON' : 'SELECT 1').then(() =>
          runSql(host().database, 'DELETE FROM tenants WHERE id = ?', [world().south.id]),
        ),
      ).rejects.toThrow(/foreign key/i);
    });

    it.each<[string, unknown, string]>([
      ['an unknown scope', { scope: 'private' }, 'scope'],
      ['no scope', {}, 'scope'],
      ['an unknown tenant', { scope: 'tenant', assign: { tenant: 'nobody' } }, 'assign.tenant'],
      ['an unknown field', { scope: 'tenant', owner: 'x' }, 'owner'],
    ])('refuses %s and names the field', async (_what, body, field) => {
      expect(await put('projects', body)).toMatchObject({
        status: 400,
        errors: [{ extensions: { code: 'INVALID_PAYLOAD', field } }],
      });
    });

    it('knows no scope for what does not exist or is not the project’s', async () => {
      for (const collection of ['nowhere', 'directus_users', 'tenants', 'tenant_members', 'tenancy_scopes']) {
        expect((await put(collection, { scope: 'tenant' })).status, collection).toBe(404);
      }
    });

    it('is no matter of its own tables, of which Directus knows nothing', async () => {
      for (const list of ['/collections', '/fields', '/relations']) {
        const listed = await must<{ collection: string }[]>(superAdmin, 'GET', list);
        const own = listed.filter(({ collection }) => collection.startsWith('tenancy_'));
        expect(own, list).toEqual([]);
      }
      for (const table of OWN_TABLES) {
        expect((await superAdmin.send('GET', `/items/${table}`)).status, table).toBe(403);
        expect(await runSql(host().database, `SELECT * FROM ${table}`), table).toBeInstanceOf(Array);
      }
    });

    it('leaves a field tenant_id that is somebody else’s alone', async () => {
      await createCollection(superAdmin, 'legacy', [{ field: 'tenant_id', type: 'string', schema: {} }]);

      const answer = await put('legacy', { scope: 'tenant' });
      expect(answer.status).toBe(409);
      expect(answer.errors[0]!.message).toContain('Rename that field');
      expect((await world().north.owner.send('GET', '/items/legacy')).status).toBe(403);
    });
  });

  describe('sharing a collection again', () => {
    it('has to be confirmed, and then every row is there for all', async () => {
      await createShared('memos', 2);
      await put('memos', { scope: 'tenant', assign: { tenant: 'north' } });

      expect(await put('memos', { scope: 'shared' })).toMatchObject({
        status: 400,
        errors: [{ extensions: { code: 'INVALID_PAYLOAD', field: 'confirm' } }],
      });
      expect((await world().south.viewer.send<unknown[]>('GET', '/items/memos')).data).toEqual([]);

      expect(await put('memos', { scope: 'shared', confirm: true })).toMatchObject({
        status: 200,
        data: { scope: 'shared', rows: { owned: 0, unowned: 2 } },
      });
      expect((await world().south.viewer.send<unknown[]>('GET', '/items/memos')).data).toHaveLength(2);
      expect((await world().south.editor.send('POST', '/items/memos', { text: 'x' })).status).toBe(403);
    });
  });

  describe('showing rows of nobody to all tenants', () => {
    it('has to be confirmed, and a dry run says so as well', async () => {
      await createShared('hints', 2);
      await put('hints', { scope: 'tenant', assign: { tenant: 'north' } });
      await allowUnownedRows(host().database, 'hints');
      await runSql(host().database, 'UPDATE hints SET tenant_id = NULL WHERE id = 1');

      for (const dry_run of [true, false]) {
        expect(await put('hints', { scope: 'mixed', dry_run })).toMatchObject({
          status: 400,
          errors: [{ extensions: { code: 'INVALID_PAYLOAD', field: 'confirm' } }],
        });
      }

      expect(await put('hints', { scope: 'mixed', dry_run: true, confirm: true })).toMatchObject({
        status: 200,
        data: { scope: 'mixed', rows: { owned: 1, unowned: 1 } },
      });
      expect((await scopeOf('hints'))?.scope).toBe('tenant');
    });
  });

  describe('a collection that is made later', () => {
    it('is the tenants’ at once, without anybody doing anything', async () => {
      await createCollection(superAdmin, 'ideas');

      const columns = await runSql(host().database, 'SELECT tenant_id FROM ideas');
      expect(columns).toEqual([]);
      expect((await scopeOf('ideas'))?.scope).toBe('tenant');
      expect((await world().north.editor.send('POST', '/items/ideas', {})).status).toBe(200);
      expect((await world().south.viewer.send<unknown[]>('GET', '/items/ideas')).data).toEqual([]);
    });

    it('is closed for members as long as nobody decided what it is', async () => {
      // A table that Directus did not make, such as another program’s.
      await runSql(host().database, 'CREATE TABLE strangers (id integer PRIMARY KEY, name varchar(20))');
      await runSql(host().database, `INSERT INTO strangers (id, name) VALUES (1, 'x')`);
      await must(superAdmin, 'POST', '/utils/cache/clear?system');
      expect(await scopeOf('strangers')).toMatchObject({ scope: null, findings: [expect.stringContaining('decided')] });

      const policy = await must<{ id: string }>(superAdmin, 'POST', '/policies', { name: 'All strangers' });
      await must(superAdmin, 'POST', '/permissions', {
        policy: policy.id,
        collection: 'strangers',
        action: 'read',
        permissions: {},
        fields: ['*'],
      });
      const viewer = await must<{ id: string }>(world().north.viewer, 'GET', '/users/me');
      await must(superAdmin, 'PATCH', `/users/${viewer.id}`, {
        policies: { create: [{ policy: policy.id }], update: [], delete: [] },
      });

      expect((await world().north.viewer.send('GET', '/items/strangers')).status).toBe(403);
      await must(superAdmin, 'PUT', '/tenancy/collections/strangers', { scope: 'shared' });
      expect((await world().north.viewer.send<unknown[]>('GET', '/items/strangers')).data).toHaveLength(1);
    });
  });

  it('keeps the field of a tenants’ collection from being deleted by the way', async () => {
    for (const collection of ['projects', 'directus_files', 'tenant_members']) {
      expect(await superAdmin.send('DELETE', `/fields/${collection}/tenant_id`), collection).toMatchObject({
        status: 403,
        errors: [{ message: expect.stringContaining('"scope": "shared"') as string }],
      });
    }
    expect(await must(world().north.viewer, 'GET', '/items/projects')).toHaveLength(3);
  });

  it('closes a tenants’ collection whose field was taken away, until it is brought back', async () => {
    await createShared('fragile', 1);
    await put('fragile', { scope: 'tenant', assign: { tenant: 'north' } });
    await applySchemaWithout(superAdmin, 'fragile', 'tenant_id');

    expect(await scopeOf('fragile')).toMatchObject({ scope: 'tenant', findings: [expect.stringContaining('missing')] });
    for (const account of [world().north.owner, world().south.owner]) {
      for (const path of ['/items/fragile', '/items/fragile/1']) {
        expect((await account.send('GET', path)).status, path).toBe(403);
      }
    }

    expect((await put('fragile', { scope: 'tenant', assign: { tenant: 'north' } })).status).toBe(200);
    expect((await world().north.owner.send<unknown[]>('GET', '/items/fragile')).data).toHaveLength(1);
    expect((await world().south.owner.send<unknown[]>('GET', '/items/fragile')).data).toEqual([]);
  });
});
