import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startHost, type Host } from '../../scripts/hosts/host.ts';
import { login, type Account } from '../support/client.ts';
import { serial as untold } from '../support/collections.ts';
import { startTestHost } from '../support/host.ts';
import { runSql } from '../support/sql.ts';
import { createTenant, must } from '../support/world.ts';

interface Listed {
  collection: string;
  scope: string | null;
  findings: string[];
  rows: { owned: number; unowned: number };
  unique: unknown[];
}

interface Snapshot {
  collections: { collection: string; meta: Record<string, unknown> }[];
  fields: { collection: string; field: string }[];
  relations: { collection: string; field: string }[];
}

/** Of fields that Directus keeps no settings of a snapshot knows nothing. */
const meta = {};
const serial = { ...untold, meta };
const number = (field: string) => ({ field, type: 'integer', meta, schema: {} });
const text = (field: string) => ({ field, type: 'string', meta, schema: {} });
const alias = (field: string, special: string) => ({
  field,
  type: 'alias',
  meta: { special: [special] },
  schema: null,
});

/** A schema as somebody makes it who knows nothing of tenants: with every kind of table that Directus puts between two others. */
const COLLECTIONS = [
  {
    collection: 'languages',
    fields: [{ field: 'code', type: 'string', meta, schema: { is_primary_key: true } }, text('name')],
  },
  { collection: 'labels', fields: [serial, text('name')] },
  {
    collection: 'notes',
    fields: [
      serial,
      text('slug'),
      alias('labels', 'm2m'),
      alias('blocks', 'm2a'),
      alias('translations', 'translations'),
    ],
  },
  { collection: 'notes_labels', fields: [serial, number('notes_id'), number('labels_id')] },
  { collection: 'notes_blocks', fields: [serial, number('notes_id'), text('item'), text('collection')] },
  { collection: 'notes_translations', fields: [serial, number('notes_id'), text('languages_code'), text('title')] },
  { collection: 'preferences', meta: { singleton: true }, fields: [serial, text('colour')] },
];

const link = (collection: string, field: string, related: string | null, meta: object) => ({
  collection,
  field,
  related_collection: related,
  meta,
  ...(related && { schema: { on_delete: 'SET NULL' } }),
});

const RELATIONS = [
  link('notes_labels', 'notes_id', 'notes', { one_field: 'labels', junction_field: 'labels_id' }),
  link('notes_labels', 'labels_id', 'labels', { one_field: null, junction_field: 'notes_id' }),
  link('notes_blocks', 'notes_id', 'notes', { one_field: 'blocks', junction_field: 'item' }),
  link('notes_blocks', 'item', null, {
    one_collection_field: 'collection',
    one_allowed_collections: ['labels', 'languages'],
    junction_field: 'notes_id',
  }),
  link('notes_translations', 'notes_id', 'notes', { one_field: 'translations', junction_field: 'languages_code' }),
  link('notes_translations', 'languages_code', 'languages', { one_field: null, junction_field: 'notes_id' }),
];

/** What a member writes into all of them at once. */
const NOTE = {
  slug: 'first',
  labels: [{ labels_id: { name: 'mine' } }],
  blocks: [{ collection: 'labels', item: { name: 'mine' } }],
  translations: [{ languages_code: 'en', title: 'mine' }],
};

describe.each(['sqlite', 'postgres'] as const)('A snapshot of the schema (Directus 11, %s)', (database) => {
  const hosts: Host[] = [];
  let folder: string;
  let origin: Host;
  let superAdmin: Account;

  const start = async (env: Record<string, string> = {}): Promise<[Host, Account]> => {
    const directory = await mkdtemp(join(folder, 'project-'));
    const host = await startTestHost({ directus: '11', database, directory, env });
    hosts.push(host);
    return [host, await login(host.url, host.superAdmin)];
  };

  const restart = async (host: Host, env: Record<string, string> = {}): Promise<[Host, Account]> => {
    await host.kill();
    const again = await startHost({ directus: '11', database: host.database, directory: host.directory, env });
    hosts.splice(hosts.indexOf(host), 1, again);
    return [again, await login(again.url, again.superAdmin)];
  };

  const listed = async (account: Account): Promise<Listed[]> => must<Listed[]>(account, 'GET', '/tenancy/collections');

  const one = async (account: Account, collection: string): Promise<Listed | undefined> =>
    (await listed(account)).find((entry) => entry.collection === collection);

  const scopes = async (account: Account): Promise<unknown> =>
    (await listed(account)).map(({ collection, scope, findings }) => [collection, scope, findings]);

  const rules = (account: Account): Promise<unknown> =>
    must(
      account,
      'GET',
      '/permissions?filter[policy][name][_starts_with]=Tenant&fields=policy.name,collection,action,permissions,validation,presets,fields&sort=policy,collection,action&limit=-1',
    );

  const indexes = async ({ database: where }: Host): Promise<string[]> => {
    const statement =
      where.kind === 'sqlite'
        ? `SELECT name FROM sqlite_master WHERE type = 'index' AND name LIKE 'tenancy_%_index' ORDER BY name`
        : `SELECT indexname AS name FROM pg_indexes WHERE indexname LIKE 'tenancy_%_index' ORDER BY indexname`;
    return (await runSql(where, statement)).map(({ name }) => String(name));
  };

  const snapshotOf = (account: Account): Promise<Snapshot> => must<Snapshot>(account, 'GET', '/schema/snapshot');

  const apply = async (account: Account, snapshot: Snapshot): Promise<void> => {
    await must(account, 'POST', '/schema/apply', await must(account, 'POST', '/schema/diff', snapshot));
  };

  /** Two tenants write the same and meet their own alone. */
  const works = async (host: Host, account: Account): Promise<void> => {
    await must(account, 'POST', '/items/languages', { code: 'en', name: 'English' });

    for (const name of ['North', 'South']) {
      const { id, editor, viewer } = await createTenant(host.url, account, name);
      await must(editor, 'POST', '/items/notes', NOTE);
      await must(editor, 'PATCH', '/items/preferences', { colour: name });

      expect(await must(viewer, 'GET', '/items/preferences?fields=colour,tenant_id')).toEqual({
        colour: name,
        tenant_id: id,
      });
      expect(await must(viewer, 'GET', '/items/languages?fields=code')).toEqual([{ code: 'en' }]);
      expect((await editor.send('POST', '/items/languages', { code: 'xx' })).status).toBe(403);

      for (const collection of ['notes', 'notes_labels', 'notes_blocks', 'notes_translations']) {
        expect(await must(viewer, 'GET', `/items/${collection}?fields=tenant_id`)).toEqual([{ tenant_id: id }]);
      }
    }
  };

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tenancy-snapshots-'));
    [origin, superAdmin] = await start();

    for (const definition of COLLECTIONS) {
      await must(superAdmin, 'POST', '/collections', { meta: {}, schema: {}, ...definition });
    }
    for (const relation of RELATIONS) await must(superAdmin, 'POST', '/relations', relation);
    await must(superAdmin, 'PUT', '/tenancy/collections/languages', { scope: 'shared' });
    await must(superAdmin, 'PATCH', '/tenancy/collections/notes/fields/slug', { unique: 'tenant' });
  });

  afterAll(async () => {
    for (const host of hosts) {
      await host.stop();
      await host.database.drop();
    }
    await rm(folder, { recursive: true, force: true });
  });

  it('changes nothing in the project that it was taken of', async () => {
    const answer = await superAdmin.send('POST', '/schema/diff', await snapshotOf(superAdmin));
    expect(answer.status).toBe(204);
  });

  it('takes the scopes along over HTTP: at once there is all that belongs to them', async () => {
    const [host, account] = await start();
    await apply(account, await snapshotOf(superAdmin));

    expect(await scopes(account)).toEqual(await scopes(superAdmin));
    expect(await rules(account)).toEqual(await rules(superAdmin));
    expect(await indexes(host)).toEqual(await indexes(origin));
    expect((await account.send('POST', '/schema/diff', await snapshotOf(superAdmin))).status).toBe(204);

    // What a snapshot has no place for.
    expect((await one(account, 'notes'))?.unique).toEqual([]);
    await must(account, 'PATCH', '/tenancy/collections/notes/fields/slug', { unique: 'tenant' });
    expect((await one(account, 'notes'))?.unique).toEqual([{ field: 'slug', within: 'tenant' }]);

    await works(host, account);
  });

  it(
    'takes the scopes along on the command line, whatever new collections are to become',
    { timeout: 120_000 },
    async () => {
      const path = join(folder, 'snapshot.yaml');
      await origin.run('schema', 'snapshot', '--yes', path);

      const env = { TENANCY_NEW_COLLECTIONS: 'shared' };
      const [before] = await start(env);
      await before.run('schema', 'apply', '--yes', path);
      const [host, account] = await restart(before, env);

      expect(await scopes(account)).toEqual(await scopes(superAdmin));
      expect(await rules(account)).toEqual(await rules(superAdmin));
      expect(await indexes(host)).toEqual(await indexes(origin));
      expect((await account.send('POST', '/schema/diff', await snapshotOf(superAdmin))).status).toBe(204);
      await works(host, account);
    },
  );

  it('that knows of no scopes makes its collections the tenants’, as any new one', async () => {
    const [host, account] = await start();
    const { collections, fields, relations, ...others } = await snapshotOf(superAdmin);
    const own = await snapshotOf(account);
    const isOwn = ({ collection }: { collection: string }): boolean =>
      collection.startsWith('directus_') || own.collections.some((each) => each.collection === collection);
    const stays = (part: { collection: string; field: string }): boolean => isOwn(part) || part.field !== 'tenant_id';

    const isList = ({ collection, field }: { collection: string; field: string }): boolean =>
      collection === 'tenants' && field === 'scopes';

    await apply(account, {
      ...others,
      collections,
      fields: fields.filter(stays).map((field) => (isList(field) ? own.fields.find(isList)! : field)),
      relations: relations.filter(stays),
    });

    for (const { collection } of COLLECTIONS) {
      expect(await one(account, collection), collection).toMatchObject({ scope: 'tenant', findings: [] });
    }
    expect(await indexes(host)).toEqual(expect.arrayContaining(await indexes(origin)));
  });

  it('from before a collection was the tenants’ closes it until a super-admin has it mended', async () => {
    const [host, account] = await start();
    const { viewer } = await createTenant(host.url, account, 'North');
    await must(account, 'POST', '/collections', { collection: 'late', meta: {}, schema: {}, fields: [serial] });
    await must(account, 'PUT', '/tenancy/collections/late', { scope: 'shared' });
    await must(account, 'POST', '/items/late', {});
    const before = await snapshotOf(account);
    expect(await must(viewer, 'GET', '/items/late')).toHaveLength(1);

    await must(account, 'PUT', '/tenancy/collections/late', { scope: 'tenant', assign: { tenant: 'north' } });
    const after = await snapshotOf(account);
    await apply(account, before);

    expect(await one(account, 'late')).toMatchObject({
      scope: 'tenant',
      findings: [expect.stringContaining('missing')],
    });
    expect((await viewer.send('GET', '/items/late')).status).toBe(403);

    await must(account, 'PUT', '/tenancy/collections/late', { scope: 'tenant', assign: { tenant: 'north' } });
    expect(await one(account, 'late')).toMatchObject({ scope: 'tenant', findings: [] });
    expect(await must(viewer, 'GET', '/items/late')).toHaveLength(1);
    expect((await account.send('POST', '/schema/diff', after)).status).toBe(204);
  });

  it('makes a shared collection the tenants’, and its rows nobody’s until somebody gives them to a tenant', async () => {
    const [host, account] = await start();
    const { editor } = await createTenant(host.url, account, 'North');

    for (const collection of ['empty', 'full']) {
      await must(account, 'POST', '/collections', { collection, meta: {}, schema: {}, fields: [serial] });
    }
    const after = await snapshotOf(account);
    for (const collection of ['empty', 'full']) {
      await must(account, 'PUT', `/tenancy/collections/${collection}`, { scope: 'shared' });
    }
    await must(account, 'POST', '/items/full', {});
    await apply(account, after);

    expect(await one(account, 'empty')).toMatchObject({ scope: 'tenant', findings: [] });
    await must(editor, 'POST', '/items/empty', {});

    expect(await one(account, 'full')).toMatchObject({ scope: 'tenant', rows: { owned: 0, unowned: 1 } });
    expect(await must(editor, 'GET', '/items/full')).toEqual([]);
    await must(account, 'PUT', '/tenancy/collections/full', { scope: 'tenant', assign: { tenant: 'north' } });
    await must(editor, 'POST', '/items/full', {});
    expect(await must(editor, 'GET', '/items/full')).toHaveLength(2);
  });

  it('of a project without the bundle is refused as a whole: it would take the tenants away', async () => {
    const own = await snapshotOf(superAdmin);
    const others = ({ collection }: { collection: string }): boolean =>
      !['tenants', 'tenant_members'].includes(collection);

    const diff = await must(superAdmin, 'POST', '/schema/diff', {
      ...own,
      collections: own.collections.filter(others),
      fields: own.fields.filter((field) => others(field) && !field.collection.startsWith('directus_')),
      relations: own.relations.filter((relation) => others(relation) && !relation.collection.startsWith('directus_')),
    });

    const answer = await superAdmin.send('POST', '/schema/apply', diff);
    expect(answer).toMatchObject({ status: 403, errors: [{ message: expect.stringContaining('tenan') as string }] });
    expect(await snapshotOf(superAdmin)).toEqual(own);
  });
});
