import { beforeAll, describe, expect, it } from 'vitest';
import { inEveryCell } from '../support/cells.ts';
import type { Account } from '../support/client.ts';
import { createPerson, createPolicy, everythingOn } from '../support/people.ts';
import { runSql } from '../support/sql.ts';
import { allowUnownedRows } from '../support/unowned.ts';
import { must, uploadFile, type World } from '../support/world.ts';

interface Row {
  id: string | number;
}

inEveryCell('A row refers to rows of its own tenant', (world, host) => {
  let editor: Account;

  beforeAll(() => {
    editor = world().north.editor;
  });

  /** The request is refused, names the field, and a key that nobody has gets the same answer. */
  async function refuses(
    method: string,
    path: string,
    field: string,
    bodyWith: (key: unknown) => object,
    key: unknown,
  ) {
    const nobodys = typeof key === 'number' ? 987_654 : crypto.randomUUID();
    const foreign = await editor.send(method, path, bodyWith(key));
    const missing = await editor.send(method, path, bodyWith(nobodys));

    expect(foreign.status, JSON.stringify(foreign.data)).toBe(400);
    expect(foreign.errors[0]).toMatchObject({ extensions: { code: 'INVALID_PAYLOAD', field } });
    expect({ status: missing.status, errors: missing.errors }).toEqual({
      status: foreign.status,
      errors: foreign.errors,
    });
  }

  const countOf = async (collection: string): Promise<number> => {
    const [row] = await runSql(host().database, `SELECT COUNT(*) AS amount FROM ${collection}`);
    return Number(row!['amount']);
  };

  const rows: [string, string, (key: unknown) => object, (world: World) => unknown][] = [
    ['many-to-one', 'client', (key) => ({ title: 'x', client: key }), ({ south }) => south.clients[0]],
    ['many-to-one as an object', 'client', (key) => ({ client: { id: key } }), ({ south }) => south.clients[0]],
    [
      'many-to-one with changes',
      'client',
      (key) => ({ client: { id: key, name: 'x' } }),
      ({ south }) => south.clients[0],
    ],
    ['one-to-many', 'tasks', (key) => ({ tasks: [key] }), ({ south }) => south.tasks[0]],
    [
      'one-to-many with changes',
      'tasks',
      (key) => ({ tasks: [{ id: key, title: 'x' }] }),
      ({ south }) => south.tasks[0],
    ],
    [
      'one-to-many in lists',
      'tasks',
      (key) => ({ tasks: { create: [], update: [{ id: key, title: 'x' }], delete: [] } }),
      ({ south }) => south.tasks[0],
    ],
    ['many-to-many', 'tags.tags_id', (key) => ({ tags: [{ tags_id: key }] }), ({ south }) => south.tags[0]],
    [
      'many-to-many in lists',
      'tags.tags_id',
      (key) => ({ tags: { create: [{ tags_id: { id: key } }], update: [], delete: [] } }),
      ({ south }) => south.tags[0],
    ],
    [
      'many-to-any',
      'sections.item',
      (key) => ({ sections: [{ collection: 'clients', item: key }] }),
      ({ south }) => south.clients[0],
    ],
    [
      'many-to-any as an object',
      'sections.item',
      (key) => ({ sections: [{ collection: 'tags', item: { id: key } }] }),
      ({ south }) => south.tags[0],
    ],
    [
      'nested twice',
      'client.projects.tasks',
      (key) => ({ client: { name: 'x', projects: [{ tasks: [key] }] } }),
      ({ south }) => south.tasks[0],
    ],
  ];

  describe.each(rows)('%s', (_name, field, bodyWith, key) => {
    it('on a new row', async () => {
      const before = await countOf('projects');
      await refuses('POST', '/items/projects', field, bodyWith, key(world()));
      expect(await countOf('projects')).toBe(before);
    });

    it('on a row that is there', async () => {
      const id = world().north.projects[0];
      await refuses('PATCH', `/items/projects/${id}`, field, bodyWith, key(world()));
    });
  });

  it('may be given own rows in every way', async () => {
    const { clients, tags, tasks } = world().north;

    const row = await must<{ id: number; client: string; tasks: Row[]; tags: object[]; sections: object[] }>(
      editor,
      'POST',
      '/items/projects?fields=id,client,tasks.id,tags.tags_id,sections.item,sections.collection',
      {
        title: 'north-refers',
        client: { id: clients[0] },
        tasks: [tasks[0], { title: 'north-inner' }],
        tags: { create: [{ tags_id: tags[1] }, { tags_id: { name: 'north-new-tag' } }], update: [], delete: [] },
        sections: [
          { collection: 'clients', item: clients[1] },
          { collection: 'countries', item: String(world().countries[0]) },
        ],
      },
    );

    expect(row).toMatchObject({ client: clients[0], tasks: [{}, {}], tags: [{}, {}], sections: [{}, {}] });
    await must(editor, 'PATCH', `/items/tasks/${tasks[0]}`, { project: world().north.projects[0] });
    await must(editor, 'DELETE', `/items/projects/${row.id}`);
  });

  it('refuses files, folders and people of another tenant', async () => {
    const folder = await must<Row>(world().south.owner, 'POST', '/folders', { name: 'south-folder' });
    await refuses('POST', '/folders', 'parent', (key) => ({ name: 'north', parent: key }), folder.id);

    const file = await uploadFile(world().south.owner, 'south');
    await refuses('POST', '/items/projects', 'cover', (key) => ({ title: 'x', cover: key }), file);

    const own = await must<Row>(world().north.owner, 'POST', '/folders', { name: 'north-folder' });
    await must(editor, 'POST', '/folders', { name: 'north-inner', parent: own.id });
  });

  it('refuses a foreign row anywhere in a batch, and creates none of it', async () => {
    const before = await countOf('projects');
    const rows = (key: unknown): object[] => [{ client: world().north.clients[0] }, { title: 'y' }, { client: key }];
    await refuses('POST', '/items/projects', 'client', rows, world().south.clients[0]);
    expect(await countOf('projects')).toBe(before);
  });

  it('refuses a many-to-any row whose collection is changed under its key', async () => {
    // South's second tag has the same key as this shared country has.
    const tag = world().south.tags.find((key) => world().countries.includes(key));
    const key = tag ?? world().south.tags[0]!;
    const project = world().north.projects[0];

    const [section] = await must<{ sections: { id: number }[] }>(
      editor,
      'PATCH',
      `/items/projects/${project}?fields=sections.id`,
      {
        sections: { create: [{ collection: 'countries', item: String(world().countries[0]) }], update: [], delete: [] },
      },
    ).then(({ sections }) => sections.slice(-1));

    await runSql(host().database, 'UPDATE project_sections SET item = ? WHERE id = ?', [String(key), section!.id]);

    const answer = await editor.send('PATCH', `/items/project_sections/${section!.id}`, { collection: 'tags' });
    expect(answer.status).toBe(400);
    await must(editor, 'DELETE', `/items/project_sections/${section!.id}`);
  });

  it('refuses a many-to-any key that leaves its collection to the stored row', async () => {
    const { projects, clients } = world().north;
    const rows = await must<{ id: number; item: string }[]>(
      editor,
      'GET',
      `/items/project_sections?filter[project][_eq]=${projects[0]}&filter[collection][_eq]=clients`,
    );
    const path = `/items/project_sections/${rows[0]!.id}`;

    await refuses('PATCH', path, 'item', (key) => ({ item: key }), world().south.clients[0]!);
    await must(editor, 'PATCH', path, { item: clients[1] });
    await must(editor, 'PATCH', path, { item: rows[0]!.item });
  });

  it('refuses a many-to-any row in a collection that the field does not lead to', async () => {
    const { tasks } = world().south;
    const row = (key: unknown): object => ({ sections: [{ collection: 'tasks', item: String(key) }] });
    await refuses('POST', '/items/projects', 'sections.collection', row, tasks[0]);
  });

  it('is not led to from a shared row, which all tenants read', async () => {
    const { superAdmin, north, countries } = world();
    const policy = await createPolicy(superAdmin, everythingOn(['countries', 'clients']));
    const member = await createPerson(world().url, superAdmin, { role: north.id, policies: [policy] });
    const path = `/items/countries/${countries[0]}`;

    // First the way that takes nothing from its country: refused for what it names, whatever the list leaves out.
    for (const clients of [{ create: [], update: [{ id: north.clients[1] }], delete: [] }, [north.clients[1]]]) {
      const answer = await member.send('PATCH', path, { clients });
      expect(answer).toMatchObject({ status: 400, errors: [{ extensions: { field: 'clients' } }] });
    }

    await must(member, 'PATCH', path, { name: 'Norway' });
  });

  it('refuses values that only a database would take for a key', async () => {
    for (const client of [true, [world().south.clients[0]], [[1]]]) {
      const answer = await editor.send('POST', '/items/projects', { client });
      expect(answer.status).toBe(400);
      expect(answer.errors[0]!.extensions.field).toBe('client');
    }
  });

  it('holds for super-admins as well, who are told why', async () => {
    const { north, south, superAdmin } = world();

    const created = await superAdmin.send('POST', '/items/projects', {
      title: 'mixed',
      tenant_id: north.id,
      client: south.clients[0],
    });
    expect(created).toMatchObject({ status: 400, errors: [{ extensions: { field: 'client' } }] });

    const changed = await superAdmin.send('PATCH', `/items/projects/${north.projects[0]}`, {
      client: south.clients[0],
    });
    expect(changed).toMatchObject({ status: 400, errors: [{ extensions: { field: 'client' } }] });

    const file = await must<Row>(superAdmin, 'POST', '/folders', { name: 'of nobody' });
    await must(superAdmin, 'PATCH', `/folders/${file.id}`, { parent: null });
  });

  it('holds for a row of nobody that a super-admin gives to a tenant: it takes along what it refers to', async () => {
    const { north, south, superAdmin } = world();
    const database = host().database;
    await allowUnownedRows(database, 'projects');
    await runSql(database, `INSERT INTO projects (title, client) VALUES ('nobody-refers', ?)`, [south.clients[0]!]);
    const [row] = await runSql(database, `SELECT id FROM projects WHERE title = 'nobody-refers'`);
    const path = `/items/projects/${String(row!['id'])}`;

    expect(await superAdmin.send('PATCH', path, { tenant_id: north.id })).toMatchObject({
      status: 400,
      errors: [{ extensions: { field: 'client' } }],
    });
    await must(superAdmin, 'PATCH', path, { tenant_id: south.id });
    await must(superAdmin, 'DELETE', path);
  });

  it('holds for the people that a super-admin names in a row of a tenant', async () => {
    const { north, south, superAdmin } = world();
    const idOf = async (account: Account): Promise<string> =>
      (await must<{ id: string }>(account, 'GET', '/users/me')).id;

    const form = new FormData();
    form.append('file', new Blob(['north']), 'north.txt');
    const { id } = await must<Row>(north.owner, 'POST', '/files', form);

    expect(await superAdmin.send('PATCH', `/files/${id}`, { uploaded_by: await idOf(south.editor) })).toMatchObject({
      status: 400,
      errors: [{ extensions: { field: 'uploaded_by' } }],
    });

    for (const account of [north.editor, superAdmin]) {
      await must(superAdmin, 'PATCH', `/files/${id}`, { uploaded_by: await idOf(account) });
    }
  });

  it('is given its key by Directus, whether another tenant has the wanted one or nobody', async () => {
    for (const [collection, foreign, nobodys] of [
      ['projects', world().south.projects[0], 987_654],
      ['clients', world().south.clients[0], crypto.randomUUID()],
    ] as const) {
      for (const [method, path, body] of [
        ['POST', `/items/${collection}`, (id: unknown) => ({ id })],
        ['PATCH', `/items/${collection}`, (id: unknown) => [{ id, tenant_id: world().north.id }]],
      ] as const) {
        const one = await editor.send(method, path, body(foreign));
        const other = await editor.send(method, path, body(nobodys));
        expect(one.status).toBe(403);
        expect({ status: other.status, errors: other.errors }).toEqual({ status: one.status, errors: one.errors });
      }

      const importing = async (id: unknown): Promise<unknown> => {
        const form = new FormData();
        form.append('file', new Blob([JSON.stringify([{ id }])], { type: 'application/json' }), 'rows.json');
        const { status, errors } = await editor.send('POST', `/utils/import/${collection}`, form);
        return { status, errors };
      };

      const answer = await importing(foreign);
      expect(answer).toMatchObject({ status: 403 });
      expect(await importing(nobodys)).toEqual(answer);
    }
  });

  it('of GraphQL is held to the same', async () => {
    const answer = await editor.send('POST', '/graphql', {
      query: `mutation { create_projects_item(data: { title: "x", client: { id: "${world().south.clients[0]}" } }) { id } }`,
    });
    expect(JSON.stringify(answer.errors)).toContain('does not exist or is not yours');
  });
});
