import { randomUUID } from 'node:crypto';
import { rm, watch } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startHost, type Host } from '../../scripts/hosts/host.ts';
import { onEveryDatabase } from '../support/cells.ts';
import { login, send, type Account, type Answer } from '../support/client.ts';
import { createRelation, serial } from '../support/collections.ts';
import { dumpOf, rowsOnlyIn, storedFiles, type Dump } from '../support/dump.ts';
import { runSql } from '../support/sql.ts';
import { createTenant, must, uploadFile } from '../support/world.ts';

const PASSWORD = 'correct horse battery';

interface Tenant {
  id: string;
  slug: string;
  folder: string | null;
  owner: { id: string; email: string } | null;
  usage: { members: number; items: number; storage: number };
}

type Row = Record<string, unknown>;

/** One red pixel. */
const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==',
  'base64',
);

/** What the columns of copied rows refer to. */
const REFERENCES: Record<string, Record<string, string>> = {
  directus_folders: { parent: 'directus_folders' },
  directus_files: { folder: 'directus_folders', uploaded_by: 'directus_users', modified_by: 'directus_users' },
  clients: { country: 'countries' },
  projects: { client: 'clients', cover: 'directus_files' },
  tasks: { project: 'projects', parent: 'tasks' },
  tags: {},
  projects_tags: { projects_id: 'projects', tags_id: 'tags' },
  project_sections: { project: 'projects' },
  nodes: { parent: 'nodes' },
  teams: { lead: 'staff' },
  staff: { team: 'teams' },
  articles: { cover: 'directus_files', author: 'directus_users', twin: 'articles', notice: 'announcements' },
  article_translations: { article: 'articles', language: 'languages' },
  approvals: { article: 'articles', signed_by: 'directus_users' },
  announcements: {},
  looks: {},
};

const OWNED = Object.keys(REFERENCES);

onEveryDatabase('Provisioning from a template', (world, host) => {
  let superAdmin: Account;
  let template: Awaited<ReturnType<typeof createTenant>>;

  const sql = (statement: string, values: (string | number | null)[] = []): Promise<Row[]> =>
    runSql(host().database, statement, values);

  const provision = (
    body: object,
    headers: Record<string, string> = {},
    account = superAdmin,
  ): Promise<Answer<Tenant>> =>
    send<Tenant>(host().url, 'POST', '/tenancy/tenants', { token: account.token, body, headers });

  const create = async (
    collection: string,
    scope: string,
    fields: object[],
    { relations = [], key = serial, meta = {} }: { relations?: object[]; key?: object; meta?: object } = {},
  ): Promise<void> => {
    await must(superAdmin, 'POST', '/collections', { collection, meta, schema: {}, fields: [key, ...fields] });
    for (const relation of relations) await must(superAdmin, 'POST', '/relations', { collection, ...relation });
    await must(superAdmin, 'PUT', `/tenancy/collections/${collection}`, { scope });
  };

  const userOf = async (account: Account): Promise<string> =>
    (await must<{ id: string }>(account, 'GET', '/users/me?fields=id')).id;

  const uploadImage = async (account: Account, title: string, folder: string): Promise<string> => {
    const form = new FormData();
    form.append('title', title);
    form.append('folder', folder);
    form.append('file', new Blob([PNG], { type: 'image/png' }), `${title}.png`);
    const { id } = await must<{ id: string }>(account, 'POST', '/files', form);
    await account.send('GET', `/assets/${id}?width=5`);
    return id;
  };

  const createSchema = async (): Promise<void> => {
    const column = (field: string, type: string, schema: object = {}, meta: object = {}): object => ({
      field,
      type,
      schema,
      meta,
    });
    const title = column('title', 'string');
    const to = (field: string, related: string): object => ({
      field,
      related_collection: related,
      schema: { on_delete: 'NO ACTION' },
    });
    const uuid = { field: 'id', type: 'uuid', meta: { special: ['uuid'] }, schema: { is_primary_key: true } };

    await create('languages', 'shared', [title], {
      key: { field: 'code', type: 'string', schema: { is_primary_key: true } },
    });
    await create('announcements', 'mixed', [title]);
    await create('nodes', 'tenant', [title, column('parent', 'integer')], { relations: [to('parent', 'nodes')] });
    await create('teams', 'tenant', [title, column('lead', 'integer')]);
    await create('staff', 'tenant', [title, column('team', 'integer', { is_nullable: false })], {
      relations: [to('team', 'teams')],
    });
    await must(superAdmin, 'POST', '/relations', { collection: 'teams', ...to('lead', 'staff') });
    await create('looks', 'tenant', [title], { meta: { singleton: true } });
    await create(
      'articles',
      'tenant',
      [
        title,
        column('body', 'text'),
        column('blocks', 'json', {}, { special: ['cast-json'] }),
        column('keywords', 'csv', {}, { special: ['cast-csv'] }),
        column('sort', 'integer'),
        column('happened', 'timestamp'),
        column('day', 'date'),
        column('price', 'decimal', { numeric_precision: 20, numeric_scale: 10 }),
        column('views', 'bigInteger'),
        column('ratio', 'float'),
        column('is_public', 'boolean'),
        column('cover', 'uuid'),
        column('author', 'uuid', {}, { special: ['user-created'] }),
        column('twin', 'uuid'),
        column('notice', 'integer'),
      ],
      {
        key: uuid,
        relations: [
          to('cover', 'directus_files'),
          to('author', 'directus_users'),
          to('twin', 'articles'),
          to('notice', 'announcements'),
        ],
      },
    );
    await create('article_translations', 'tenant', [title, column('article', 'uuid'), column('language', 'string')], {
      relations: [to('article', 'articles'), to('language', 'languages')],
    });
    await create(
      'approvals',
      'tenant',
      [title, column('article', 'uuid'), column('signed_by', 'uuid', { is_nullable: false })],
      { relations: [to('article', 'articles'), to('signed_by', 'directus_users')] },
    );
    await must(superAdmin, 'PATCH', '/tenancy/collections/tags/fields/name', { unique: 'tenant' });
  };

  const fill = async (): Promise<void> => {
    const { owner, editor, id } = template;
    const countries = world().countries;
    const inner = await must<{ id: string }>(owner, 'POST', '/folders', { name: 'inner', parent: id });
    const image = await uploadImage(editor, 'image', inner.id);
    const text = await uploadFile(owner, 'text');
    await must(owner, 'PATCH', `/files/${text}`, { description: `Beside /assets/${image}` });
    await must(owner, 'POST', '/files', {
      title: 'no content',
      type: 'text/plain',
      storage: 'local',
      filename_download: 'no.txt',
    });

    const [first, second] = await must<{ id: string }[]>(owner, 'POST', '/items/clients', [
      { name: 'client 1', country: countries[0] },
      { name: 'client 2', country: countries[1] },
    ]);
    const tags = await must<{ id: number }[]>(owner, 'POST', '/items/tags', [{ name: 'tag 1' }, { name: 'tag 2' }]);
    const projects = await must<{ id: number }[]>(
      owner,
      'POST',
      '/items/projects',
      [1, 2, 3].map((count) => ({
        title: `project ${count}`,
        budget: count,
        client: count === 2 ? second!.id : first!.id,
        cover: count === 1 ? image : null,
        tags: [{ tags_id: tags[count % 2]!.id }],
        sections: [
          { collection: 'clients', item: first!.id },
          { collection: 'tags', item: String(tags[0]!.id) },
          { collection: 'countries', item: String(countries[0]) },
        ],
      })),
    );
    const parent = await must<{ id: number }>(owner, 'POST', '/items/tasks', {
      title: 'task',
      project: projects[0]!.id,
    });
    await must(owner, 'POST', '/items/tasks', { title: 'subtask', project: projects[1]!.id, parent: parent.id });

    // A row that comes before the one that it refers to, and one that refers to itself.
    const nodes = await must<{ id: number }[]>(owner, 'POST', '/items/nodes', [{ title: 'early' }, { title: 'late' }]);
    await must(owner, 'PATCH', `/items/nodes/${nodes[0]!.id}`, { parent: nodes[1]!.id });
    await must(owner, 'PATCH', `/items/nodes/${nodes[1]!.id}`, { parent: nodes[1]!.id });
    const team = await must<{ id: number }>(owner, 'POST', '/items/teams', { title: 'team' });
    const lead = await must<{ id: number }>(owner, 'POST', '/items/staff', { title: 'lead', team: team.id });
    await must(owner, 'PATCH', `/items/teams/${team.id}`, { lead: lead.id });

    await must(owner, 'POST', '/items/announcements', { title: 'own announcement' });
    const ofNobody = await must<{ id: number }>(superAdmin, 'POST', '/items/announcements', { title: 'of nobody' });
    await must(owner, 'PATCH', '/items/looks', { title: 'looks' });

    const article = await must<{ id: string }>(editor, 'POST', '/items/articles', {
      title: 'article 1',
      body: `<img src="/assets/${image}?width=5"><a href="/clients/${first!.id.toUpperCase()}">${id}</a>`,
      blocks: [{ file: image, client: second!.id, other: randomUUID(), number: 1.1 }],
      keywords: ['one', 'two'],
      sort: 7,
      happened: '2020-02-02T20:20:20.123Z',
      day: '1999-12-31',
      price: '1234567890.0123456789',
      // What the tests read of SQLite is no larger.
      views: host().database.kind === 'sqlite' ? '9007199254740991' : '9007199254740993',
      ratio: 0.1,
      is_public: true,
      cover: image,
      notice: ofNobody.id,
    });
    const twin = await must<{ id: string }>(superAdmin, 'POST', '/items/articles', {
      title: 'article 2',
      twin: article.id,
      tenant_id: id,
    });
    await must(owner, 'PATCH', `/items/articles/${article.id}`, { twin: twin.id });
    await must(superAdmin, 'POST', '/items/languages', [
      { code: 'en', title: 'English' },
      { code: 'es', title: 'Spanish' },
    ]);
    await must(owner, 'POST', '/items/article_translations', [
      { title: 'in English', article: article.id, language: 'en' },
      { title: 'in Spanish', article: article.id, language: 'es' },
    ]);
    await must(owner, 'POST', '/items/approvals', {
      title: 'approval',
      article: article.id,
      signed_by: await userOf(owner),
    });

    // What is about rows, and is not copied with them.
    const project = String(projects[0]!.id);
    await must(superAdmin, 'POST', '/comments', { collection: 'projects', item: project, comment: 'a comment' });
    await must(superAdmin, 'POST', '/presets', { collection: 'projects', role: id, bookmark: 'a bookmark' });
    await must(superAdmin, 'POST', '/shares', { name: 'a share', collection: 'projects', item: project, role: id });
  };

  beforeAll(async () => {
    superAdmin = world().superAdmin;
    await createSchema();
    template = await createTenant(host().url, superAdmin, 'Blueprint');
    await fill();
  });

  const labelsOf = async (tenant: string): Promise<Map<string, Map<string, string>>> => {
    const labels = new Map<string, Map<string, string>>();
    const label = (collection: string, rows: Row[], key = 'id'): void => {
      labels.set(
        collection,
        new Map(rows.map((row) => [String(row[key]), `${collection} ${asText(row['title'] ?? row['name'] ?? 'one')}`])),
      );
    };

    for (const collection of OWNED) {
      label(collection, await sql(`SELECT * FROM ${collection} WHERE tenant_id = ? OR tenant_id IS NULL`, [tenant]));
    }
    label('countries', await sql('SELECT * FROM countries'));
    label('languages', await sql('SELECT * FROM languages'), 'code');
    labels.get('directus_folders')!.set(tenant, 'the root folder');
    return labels;
  };

  /** The rows of a tenant with words in the place of keys, so that a copy is the same as what was copied. */
  const contentOf = async (tenant: string, people: Map<string, string | null>): Promise<Record<string, string[]>> => {
    const labels = await labelsOf(tenant);
    labels.set('directus_users', new Map([...people].map(([id, name]) => [id, name ?? ''])));
    const words = new Map([...labels.values()].flatMap((map) => [...map]).filter(([key]) => key.length === 36));
    words.set(tenant, 'the tenant');
    const content: Record<string, string[]> = {};

    const inWords = (text: string): string =>
      text.replace(/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/gi, (uuid) => words.get(uuid.toLowerCase()) ?? uuid);

    for (const [collection, references] of Object.entries(REFERENCES)) {
      const rows = await sql(`SELECT * FROM ${collection} WHERE tenant_id = ?`, [tenant]);
      content[collection] = rows
        .map((row) => {
          const copy = { ...row, id: labels.get(collection)!.get(String(row['id'])) };
          for (const [field, to] of Object.entries(references)) {
            if (row[field] !== null) Object.assign(copy, { [field]: labels.get(to)!.get(asText(row[field])) ?? '?' });
            if (to === 'directus_users' && copy[field as 'id'] === '') Object.assign(copy, { [field]: null });
          }
          if (collection === 'project_sections') {
            const { collection: to, item } = row as { collection: string; item: string };
            Object.assign(copy, { item: labels.get(to)!.get(item) ?? '?' });
          }
          if (collection === 'directus_folders' && row['id'] === tenant) Object.assign(copy, { name: '' });
          return inWords(JSON.stringify(copy));
        })
        .sort();
    }

    return content;
  };

  describe('that has something of everything', () => {
    let before: Dump;
    let after: Dump;
    let filesBefore: string[];
    let answer: Answer<Tenant>;

    const ofTemplate = (dump: Dump): Record<string, string[]> =>
      Object.fromEntries([...dump].map(([table, rows]) => [table, rows.filter((row) => row.includes(template.id))]));

    beforeAll(async () => {
      before = await dumpOf(host().database);
      filesBefore = await storedFiles(host());
      answer = await provision({
        name: 'Clone',
        template: 'blueprint',
        owner: { email: 'owner@clone.example.com', password: PASSWORD },
      });
      after = await dumpOf(host().database);
    });

    it('answers the tenant with what it has', async () => {
      expect(answer).toMatchObject({ status: 201, errors: [], data: { slug: 'clone', folder: answer.data.id } });
      const { usage } = await must<Tenant>(superAdmin, 'GET', '/tenancy/tenants/blueprint');
      expect(answer.data.usage).toEqual({ ...usage, members: 1 });
      expect(usage.items).toBeGreaterThan(20);
    });

    it('leaves the template as it was', async () => {
      expect(ofTemplate(after)).toEqual(ofTemplate(before));
      for (const name of filesBefore) expect(await storedFiles(host())).toContain(name);
    });

    it('copies every row, and what rows say of each other', async () => {
      const owner = answer.data.owner!.id;
      const admin = await userOf(superAdmin);
      const people = await Promise.all([template.owner, template.editor, template.viewer].map(userOf));

      const of = async (tenant: string, users: [string, string | null][]): Promise<Record<string, string[]>> => {
        const content = await contentOf(tenant, new Map([...users, [admin, 'the super-admin']]));
        // Where the copies are stored is their own.
        const withoutName = (row: string): string => row.replace(/"filename_disk":"[^".]*/, '"filename_disk":"');
        return { ...content, directus_files: content['directus_files']!.map(withoutName) };
      };

      const copied = await of(answer.data.id, [[owner, 'the owner']]);
      const source = await of(
        template.id,
        people.map((id) => [id, null]),
      );
      source['approvals'] = source['approvals']!.map((row) =>
        row.replace('"signed_by":null', '"signed_by":"the owner"'),
      );
      expect(copied).toEqual(source);
      expect(JSON.stringify(copied)).not.toContain('"?"');
      expect(copied['articles']!.join()).toContain('the super-admin');
    });

    it('refers to nothing of the template', () => {
      const fresh = Object.values(rowsOnlyIn(after, before)).flat().join('\n');
      const ids = Object.values(ofTemplate(before))
        .flat()
        .flatMap((row) => (JSON.parse(row) as { id?: unknown }).id ?? [])
        .filter((id) => typeof id === 'string' && id.length === 36);
      expect(ids.length).toBeGreaterThan(10);
      for (const id of [template.id, ...ids]) expect(fresh).not.toContain(asText(id));
    });

    it('copies what is stored, and nothing that was derived from it', async () => {
      const files = await sql('SELECT id, title, filename_disk FROM directus_files WHERE tenant_id = ?', [
        answer.data.id,
      ]);
      const stored = (await storedFiles(host())).filter((name) => !filesBefore.includes(name));
      expect(stored).toEqual(
        files
          .filter((file) => file['filename_disk'] !== null)
          .map((file) => String(file['filename_disk']))
          .sort(),
      );
      for (const file of files.filter((each) => each['filename_disk'] !== null)) {
        expect(String(file['filename_disk']).startsWith(String(file['id']))).toBe(true);
      }

      const owner = await login(host().url, { email: 'owner@clone.example.com', password: PASSWORD });
      const text = files.find((file) => file['title'] !== 'image' && file['filename_disk'] !== null);
      const content = await send(host().url, 'GET', `/assets/${String(text!['id'])}`, { token: owner.token });
      expect([content.status, content.data]).toEqual([200, 'text']);
    });

    it('books nothing in the name of those who wrote the template, and sends no news of rows', () => {
      const changed = Object.keys(rowsOnlyIn(after, before)).filter((table) => !OWNED.includes(table));
      expect(changed.sort()).toEqual(
        ['directus_access', 'directus_roles', 'directus_users', 'tenancy_audit', 'tenant_members', 'tenants'].sort(),
      );
      expect(after.get('tenancy_copies')).toEqual([]);
    });

    it('keeps the two apart', async () => {
      const owner = await login(host().url, { email: 'owner@clone.example.com', password: PASSWORD });
      const projects = await must<{ id: number; title: string }[]>(
        owner,
        'GET',
        '/items/projects?fields=id,title&sort=id',
      );
      expect(projects.map(({ title }) => title)).toEqual(['project 1', 'project 2', 'project 3']);
      await must(owner, 'PATCH', `/items/projects/${projects[0]!.id}`, { title: 'mine' });
      await must(owner, 'POST', '/items/projects', { title: 'the next number' });
      const others = await must<{ title: string }[]>(template.owner, 'GET', '/items/projects?sort=id');
      expect(others.map(({ title }) => title)).toEqual(['project 1', 'project 2', 'project 3']);

      const { checks } = await must<{ checks: { id: string; status: string; message: string }[] }>(
        superAdmin,
        'GET',
        '/tenancy/doctor',
      );
      expect(checks.filter(({ status }) => status === 'fail')).toEqual([]);
    });
  });

  describe('is asked for', () => {
    it('by the id or the slug of a tenant that there is', async () => {
      for (const named of ['nobody', randomUUID(), '']) {
        expect(await provision({ name: 'Never', template: named })).toMatchObject({
          status: 400,
          errors: [{ extensions: { code: 'INVALID_PAYLOAD', field: 'template' } }],
        });
      }
      expect((await provision({ name: 'Mine', template: template.id }, {}, template.owner)).status).toBe(403);
    });

    it('of a tenant that is closed as well', async () => {
      const { slug, owner } = await createTenant(host().url, superAdmin, 'Closed');
      await must(owner, 'POST', '/items/tags', { name: 'closed' });
      for (const action of ['suspend', 'archive']) {
        await must(superAdmin, 'POST', `/tenancy/tenants/${slug}/${action}`);
        const { data } = await provision({ name: `From ${action}`, template: slug });
        expect(data.usage.items).toBe(1);
      }
    });

    it('under a key that belongs to the template too', async () => {
      const headers = { 'Idempotency-Key': 'from-template' };
      const first = await provision({ name: 'Keyed', template: 'closed' }, headers);
      expect(first.status).toBe(201);
      expect((await provision({ name: 'Keyed', template: 'closed' }, headers)).data).toEqual(first.data);
      expect((await provision({ name: 'Keyed', template: 'north' }, headers)).status).toBe(409);
      expect((await provision({ name: 'Keyed' }, headers)).status).toBe(409);
    });

    it('for each line of an import, and on the command line', async () => {
      const response = await fetch(`${host().url}/tenancy/tenants/import`, {
        method: 'POST',
        headers: { Authorization: `Bearer ${superAdmin.token}`, 'Content-Type': 'application/x-ndjson' },
        body: ['closed', 'nobody'].map((named) => JSON.stringify({ name: `Of ${named}`, template: named })).join('\n'),
      });
      const lines = (await response.text())
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as Answer<Tenant>);
      expect(lines).toMatchObject([
        { status: 201, data: { usage: { items: 1 } } },
        { status: 400, errors: [{ extensions: { field: 'template' } }] },
      ]);

      const output = await host().run(
        'tenancy',
        'tenants',
        'create',
        '--name',
        'Typed',
        '--template',
        'closed',
        '--json',
      );
      const tenant = JSON.parse(output.trim().split('\n').at(-1)!) as Tenant;
      expect(tenant).toMatchObject({ slug: 'typed', usage: { items: 1 } });
    });
  });

  describe('that cannot be copied', () => {
    const refuses = async (slug: string, words: string[], owner = true): Promise<void> => {
      const before = await dumpOf(host().database);
      const files = await storedFiles(host());
      const answer = await provision({
        name: 'Refused',
        template: slug,
        ...(owner && { owner: { email: 'owner@refused.example.com', password: PASSWORD } }),
      });
      expect(answer).toMatchObject({ status: 409, errors: [{ extensions: { code: 'CONFLICT' } }] });
      for (const word of words) expect(answer.errors[0]!.message).toContain(word);
      expect(rowsOnlyIn(await dumpOf(host().database), before)).toEqual({});
      expect(await storedFiles(host())).toEqual(files);
    };

    it('because people choose its keys', async () => {
      const code = { field: 'code', type: 'string', schema: { is_primary_key: true } };
      await create('codes', 'tenant', [{ field: 'title', type: 'string', schema: {} }], { key: code });
      expect((await provision({ name: 'No codes', template: 'closed' })).status).toBe(201);

      const { owner, slug } = await createTenant(host().url, superAdmin, 'Typist');
      await must(owner, 'POST', '/items/codes', { code: 'A', title: 'a' });
      await refuses(slug, ['"codes"', '1 row']);
    });

    it('because a value of its can be there once in the project', async () => {
      await create('products', 'tenant', [
        { field: 'sku', type: 'string', schema: { is_unique: true } },
        { field: 'cover', type: 'uuid', schema: { is_unique: true } },
      ]);
      await createRelation(superAdmin, 'products', 'cover', 'directus_files');

      const { owner, slug } = await createTenant(host().url, superAdmin, 'Seller');
      // What leads to another row in each tenant is no obstacle, and neither is what is empty.
      await must(owner, 'POST', '/items/products', [{ cover: await uploadFile(owner, 'cover') }, {}]);
      expect((await provision({ name: 'Second seller', template: slug })).status).toBe(201);

      await must(owner, 'POST', '/items/products', { sku: 'S-1' });
      await refuses(slug, ['"products"', '"sku"', '"S-1"']);
      await must(superAdmin, 'PATCH', '/tenancy/collections/products/fields/sku', { unique: 'tenant' });
      expect((await provision({ name: 'Third seller', template: slug })).status).toBe(201);
    });

    it('because it needs an owner', async () => {
      await refuses('blueprint', ['"approvals"', '"signed_by"'], false);
    });

    it('because what is stored of it is gone, when some was copied already', async () => {
      const { owner, slug } = await createTenant(host().url, superAdmin, 'Lossy');
      const files: string[] = [];
      for (let count = 0; count < 5; count += 1) files.push(await uploadFile(owner, `lossy ${count}`));
      const last = files.sort().at(-1)!;
      await rm(join(host().directory, 'uploads', `${last}.txt`));
      await refuses(slug, [last]);
    });
  });

  describe('which ends with Directus', () => {
    const ROWS = 2 ** 11;
    let running: Host | undefined;

    afterAll(async () => {
      await running?.stop();
    });

    it('leaves no trace of it, and is done when it is asked for again', { timeout: 240_000 }, async () => {
      const large = await createTenant(host().url, superAdmin, 'Large');
      await must(large.owner, 'POST', '/items/nodes', { title: 'first' });
      for (let rows = 1; rows < ROWS; rows *= 2) {
        await sql('INSERT INTO nodes (title, tenant_id) SELECT title, tenant_id FROM nodes WHERE tenant_id = ?', [
          large.id,
        ]);
      }
      for (let file = 0; file < 60; file += 1) await uploadFile(large.owner, `large-${file}`);

      const before = await dumpOf(host().database);
      const filesBefore = await storedFiles(host());
      const body = { name: 'Larger', template: large.slug };
      const headers = { 'Idempotency-Key': 'killed' };

      const stop = new AbortController();
      const written = watch(join(host().directory, 'uploads'), { signal: stop.signal });
      const interrupted = provision(body, headers);
      interrupted.catch(() => undefined);
      for await (const _change of written) break;
      await host().kill();
      stop.abort();
      await expect(interrupted).rejects.toThrow();

      expect((await storedFiles(host())).length).toBeGreaterThan(filesBefore.length);
      expect((await sql('SELECT id FROM tenancy_copies')).length).toBe(60);

      const { database, directory } = host();
      running = await startHost({ directus: '11', database, directory });
      await expect.poll(() => sql('SELECT id FROM tenancy_copies'), { timeout: 30_000 }).toEqual([]);
      expect(await storedFiles(host())).toEqual(filesBefore);
      const after = await dumpOf(database);
      expect([rowsOnlyIn(after, before), rowsOnlyIn(before, after)]).toEqual([{}, {}]);

      const back = await login(running.url, running.superAdmin);
      const again = await send<Tenant>(running.url, 'POST', '/tenancy/tenants', { token: back.token, body, headers });
      expect(again).toMatchObject({ status: 201, data: { usage: { items: ROWS } } });
      expect(await storedFiles(host())).toHaveLength(filesBefore.length + 60);
    });
  });
});

function asText(value: unknown): string {
  return String(value);
}
