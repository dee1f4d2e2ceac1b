import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startHost, type Host } from '../../scripts/hosts/host.ts';
import { onEveryDatabase } from '../support/cells.ts';
import { login, send, type Account, type Answer } from '../support/client.ts';
import { dumpOf, rowsOnlyIn, storedFiles, type Dump } from '../support/dump.ts';
import { followLines } from '../support/lines.ts';
import { runSql } from '../support/sql.ts';
import { createTenant, must, TENANT_COLLECTIONS, uploadFile } from '../support/world.ts';

interface Erasure {
  tenant: { id: string; slug: string; name: string };
  erased: Record<string, number>;
  storage: number;
  hash: string;
  left: string[];
}

const SERIAL = { field: 'id', type: 'integer', schema: { is_primary_key: true, has_auto_increment: true } };

/** One red pixel. */
const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==',
  'base64',
);

onEveryDatabase('Erasing a tenant', (world, host) => {
  let superAdmin: Account;

  const erase = (tenant: string, confirm: string, account = superAdmin): Promise<Answer<Erasure>> =>
    account.send('DELETE', `/tenancy/tenants/${tenant}?confirm=${confirm}`);

  const create = async (
    collection: string,
    scope: string,
    fields: object[],
    { relations = [], meta = {} }: { relations?: object[]; meta?: object } = {},
  ): Promise<void> => {
    await must(superAdmin, 'POST', '/collections', { collection, meta, schema: {}, fields: [SERIAL, ...fields] });
    for (const relation of relations) await must(superAdmin, 'POST', '/relations', { collection, ...relation });
    await must(superAdmin, 'PUT', `/tenancy/collections/${collection}`, { scope });
  };

  const uploadImage = async (account: Account, name: string): Promise<string> => {
    const form = new FormData();
    form.append('title', name);
    form.append('file', new Blob([PNG], { type: 'image/png' }), `${name}.png`);
    const { id } = await must<{ id: string }>(account, 'POST', '/files', form);
    for (const width of [5, 7]) await account.send('GET', `/assets/${id}?width=${width}`);
    return id;
  };

  const quoted = (name: string): string => (host().database.kind === 'mariadb' ? `\`${name}\`` : `"${name}"`);

  const userOf = async (account: Account): Promise<string> =>
    (await must<{ id: string }>(account, 'GET', '/users/me?fields=id')).id;

  /** Everything that somebody may have in a project, of one tenant. */
  const fill = async (tenant: 'north' | 'south'): Promise<void> => {
    const { id, owner, editor, mark, projects } = world()[tenant];
    const project = projects[0]!;

    const image = await uploadImage(owner, `${mark}-image`);
    await must(owner, 'PATCH', `/items/projects/${project}`, { cover: image });
    const folder = await must<{ id: string }>(owner, 'POST', '/folders', { name: `${mark}-folder` });
    const inner = await must<{ id: string }>(owner, 'POST', '/folders', { name: `${mark}-inner`, parent: folder.id });
    const text = await uploadFile(editor, `${mark}-text`);
    await must(owner, 'PATCH', `/files/${text}`, { folder: inner.id });

    const [parent] = await must<{ id: number }[]>(owner, 'POST', '/items/nodes', [{ title: `${mark}-node` }]);
    await must(owner, 'POST', '/items/nodes', [{ title: `${mark}-child`, parent: parent!.id }]);
    const team = await must<{ id: number }>(owner, 'POST', '/items/teams', { title: `${mark}-team` });
    const lead = await must<{ id: number }>(owner, 'POST', '/items/staff', { title: `${mark}-lead`, team: team.id });
    await must(owner, 'PATCH', `/items/teams/${team.id}`, { lead: lead.id });
    await must(owner, 'POST', '/items/announcements', { title: `${mark}-announcement` });
    await must(owner, 'PATCH', '/items/looks', { title: `${mark}-looks` });

    await must(superAdmin, 'POST', '/comments', {
      collection: 'projects',
      item: String(project),
      comment: `${mark}-comment`,
    });
    const version = await must<{ id: string }>(superAdmin, 'POST', '/versions', {
      key: 'draft',
      name: `${mark}-draft`,
      collection: 'projects',
      item: String(project),
    });
    await must(superAdmin, 'POST', `/versions/${version.id}/save`, { title: `${mark}-later` });
    await must(superAdmin, 'POST', '/shares', {
      name: `${mark}-share`,
      collection: 'projects',
      item: String(project),
      role: id,
    });
    await must(superAdmin, 'POST', '/presets', { collection: 'projects', role: id, bookmark: `${mark}-bookmark` });
    await must(superAdmin, 'POST', '/presets', { collection: 'projects', user: await userOf(editor) });
    await must(superAdmin, 'POST', '/notifications', {
      recipient: await userOf(editor),
      subject: `${mark}-notification`,
    });
    await runSql(
      host().database,
      `INSERT INTO directus_dashboards (id, name, icon, user_created) VALUES (?, ?, 'x', ?)`,
      [crypto.randomUUID(), `${mark}-dashboard`, await userOf(editor)],
    );

    // A row that was deleted before, and lives on in what Directus remembers.
    const [gone] = await must<{ id: number }[]>(editor, 'POST', '/items/tasks', [{ title: `${mark}-deleted` }]);
    await must(editor, 'DELETE', `/items/tasks/${gone!.id}`);

    // What somebody did to a row that stays.
    await runSql(
      host().database,
      `INSERT INTO directus_activity (action, ${quoted('user')}, ip, collection, item) VALUES ('update', ?, ?, 'countries', '1')`,
      [await userOf(editor), `${mark}-address`],
    );
    await runSql(
      host().database,
      `INSERT INTO directus_revisions (activity, collection, item, data)
        SELECT id, collection, item, '{}' FROM directus_activity WHERE ip = ?`,
      [`${mark}-address`],
    );

    // What the project keeps about somebody.
    await runSql(host().database, 'INSERT INTO audits (title, author) VALUES (?, ?)', [
      `of ${tenant}`,
      await userOf(editor),
    ]);
  };

  beforeAll(async () => {
    superAdmin = world().superAdmin;
    const text = { field: 'title', type: 'string', schema: {} };
    const number = (field: string, nullable = true): object => ({
      field,
      type: 'integer',
      schema: { is_nullable: nullable },
    });
    const to = (field: string, related: string): object => ({
      field,
      related_collection: related,
      schema: { on_delete: 'NO ACTION' },
    });

    await create('nodes', 'tenant', [text, number('parent')], { relations: [to('parent', 'nodes')] });
    await create('teams', 'tenant', [text, number('lead')]);
    await create('staff', 'tenant', [text, number('team', false)], { relations: [to('team', 'teams')] });
    await must(superAdmin, 'POST', '/relations', { collection: 'teams', ...to('lead', 'staff') });
    await create('announcements', 'mixed', [text]);
    await create('looks', 'tenant', [text], { meta: { singleton: true } });
    await create('audits', 'shared', [text, { field: 'author', type: 'uuid', schema: {} }], {
      relations: [to('author', 'directus_users')],
    });
    await must(superAdmin, 'PATCH', '/collections/projects', { meta: { versioning: true } });
    await must(superAdmin, 'PATCH', '/tenancy/collections/tags/fields/name', { unique: 'tenant' });
    await must(superAdmin, 'POST', '/items/announcements', { title: 'of nobody' });

    await fill('north');
    await fill('south');
    await must(superAdmin, 'POST', '/tenancy/tenants/south/members', {
      email: world().north.viewer.email,
      level: 'viewer',
    });
  });

  it('asks for the slug, and does nothing without it', async () => {
    const before = await dumpOf(host().database);
    const { id } = world().north;

    for (const path of [`/tenancy/tenants/${id}`, `/tenancy/tenants/${id}?confirm=south`, '/tenancy/tenants/north']) {
      expect(await superAdmin.send('DELETE', path), path).toMatchObject({
        status: 400,
        errors: [{ extensions: { code: 'INVALID_PAYLOAD', field: 'confirm' } }],
      });
    }

    expect(rowsOnlyIn(before, await dumpOf(host().database))).toEqual({});
  });

  it('is the super-admins’', async () => {
    for (const account of [world().north.owner, world().south.owner]) {
      expect((await erase('north', 'north', account)).status).toBe(403);
    }
    expect((await send(host().url, 'DELETE', '/tenancy/tenants/north?confirm=north')).status).toBe(403);
    expect((await erase('nobody', 'nobody')).status).toBe(404);
  });

  it('is refused, and changes nothing, as long as rows of others have to refer to the tenant’s', async () => {
    await create('receipts', 'shared', [{ field: 'client', type: 'uuid', schema: { is_nullable: false } }], {
      relations: [{ field: 'client', related_collection: 'clients', schema: { on_delete: 'CASCADE' } }],
    });
    await runSql(host().database, 'INSERT INTO receipts (client) VALUES (?)', [world().north.clients[0]!]);
    const before = await dumpOf(host().database);

    const answer = await erase('north', 'north');
    expect(answer).toMatchObject({ status: 409, errors: [{ extensions: { code: 'CONFLICT' } }] });
    expect(answer.errors[0]!.message).toContain('1 row of "receipts" (1), not of this tenant, refers to its "clients"');
    expect(rowsOnlyIn(before, await dumpOf(host().database))).toEqual({});

    await runSql(host().database, 'DELETE FROM receipts');
  });

  it('is refused, and changes nothing, as long as stored files of others would go too', async () => {
    const { database } = host();
    const [own] = await runSql(database, 'SELECT filename_disk FROM directus_files WHERE tenant_id = ?', [
      world().north.id,
    ]);
    const [other] = await runSql(database, 'SELECT id, filename_disk FROM directus_files WHERE tenant_id = ?', [
      world().south.id,
    ]);
    const rename = (name: string): Promise<unknown> =>
      runSql(database, 'UPDATE directus_files SET filename_disk = ? WHERE id = ?', [name, String(other!['id'])]);
    await rename(`${String(own!['filename_disk']).slice(0, 36).toUpperCase()}-x.txt`);

    const answer = await erase('north', 'north');
    expect(answer.status).toBe(409);
    expect(answer.errors[0]!.message).toContain(`1 file (${String(other!['id'])}) that is not the tenant’s`);

    await rename(String(other!['filename_disk']));
    expect((await must<{ status: string }>(superAdmin, 'GET', '/tenancy/tenants/north')).status).toBe('active');
  });

  describe('once it is confirmed', () => {
    let before: Dump;
    let after: Dump;
    let filesBefore: string[];
    let answer: Answer<Erasure>;
    let goes: string[];
    let stays: string;
    let counts: Record<string, number>;

    const countIn = async (collection: string, where: string, values: string[]): Promise<number> =>
      (await runSql(host().database, `SELECT 1 AS found FROM ${collection} WHERE ${where}`, values)).length;

    beforeAll(async () => {
      const { north } = world();
      goes = [await userOf(north.owner), await userOf(north.editor)];
      stays = await userOf(north.viewer);

      counts = { directus_users: 2, tenants: 1, directus_roles: 1, directus_dashboards: 1 };
      const owned = [...TENANT_COLLECTIONS, 'nodes', 'teams', 'staff', 'announcements', 'looks'];
      for (const collection of [...owned, 'directus_files', 'directus_folders', 'tenant_members']) {
        counts[collection] = await countIn(collection, 'tenant_id = ?', [north.id]);
      }
      for (const collection of ['directus_comments', 'directus_versions', 'directus_shares']) {
        counts[collection] = await countIn(collection, `collection = 'projects' AND item = ?`, [
          String(north.projects[0]),
        ]);
      }
      counts['directus_presets'] = await countIn('directus_presets', `role = ? OR ${quoted('user')} = ?`, [
        north.id,
        goes[1]!,
      ]);
      counts['directus_notifications'] = await countIn('directus_notifications', 'recipient = ?', [goes[1]!]);

      // What somebody who goes did in another tenant is that tenant's to know, and by whom it is not.
      await runSql(
        host().database,
        `INSERT INTO tenancy_audit (at, tenant, action, ${quoted('user')}, ip, details) VALUES (1, ?, 'switched', ?, '::1', '{}')`,
        [crypto.randomUUID(), goes[0]!],
      );

      before = await dumpOf(host().database);
      filesBefore = await storedFiles(host());
      answer = await erase('north', 'north');
      after = await dumpOf(host().database);
    });

    it('answers what was erased', () => {
      const { id } = world().north;
      expect(answer).toMatchObject({ status: 200, errors: [] });
      expect(answer.data).toMatchObject({ tenant: { id, slug: 'north', name: 'North' }, left: [], erased: counts });
      expect(answer.data.storage).toBe(PNG.length + 'north-text'.length);
    });

    it('and answers for it with a hash over the keys', () => {
      const gone = rowsOnlyIn(before, after);
      const changed = new Set(Object.values(rowsOnlyIn(after, before)).flat().map(keyOf));
      const lines = Object.keys(answer.data.erased)
        .sort()
        .flatMap((table) =>
          (gone[table] ?? [])
            .map(keyOf)
            .filter((key) => !changed.has(key) || !(after.get(table) ?? []).some((row) => keyOf(row) === key))
            .sort()
            .map((key) => `${table}:${key}\n`),
        );

      const sum = Object.values(answer.data.erased).reduce((total, count) => total + count, 0);
      expect(lines).toHaveLength(sum);
      expect(answer.data.hash).toBe(createHash('sha256').update(lines.join('')).digest('hex'));
    });

    it('leaves nothing that names the tenant, or whoever belonged to it alone', () => {
      const traces = [...after].flatMap(([table, rows]) =>
        rows
          .filter((row) => [world().north.id, ...goes, 'north-', '"slug":"north"'].some((trace) => row.includes(trace)))
          .map((row) => `${table} ${row}`),
      );
      // Who erased how much of which tenant, by its id.
      expect(traces.sort()).toEqual([
        expect.stringMatching(/^tenancy_audit .*"action":"erased"/),
        expect.stringMatching(/^tenancy_erasures /),
      ]);
    });

    it('leaves what is stored of others, and nothing else', async () => {
      const files = await runSql(host().database, 'SELECT filename_disk FROM directus_files');
      const stems = files.map((row) => String(row['filename_disk']).slice(0, 36));
      const own = filesBefore.filter((name) => stems.some((stem) => name.startsWith(stem)));
      expect(await storedFiles(host())).toEqual(own);
      expect(own.length).toBeGreaterThanOrEqual(4);
      expect(filesBefore.length).toBe(2 * own.length);
    });

    it('changes of others what has to change, and nothing else', () => {
      const changes = rowsOnlyIn(after, before);
      expect(Object.keys(changes).sort()).toEqual([
        'audits',
        'directus_activity',
        'directus_users',
        'tenancy_audit',
        'tenancy_erasures',
      ]);

      // The person who belongs to both acts in the other tenant, what the project noted about somebody names nobody.
      expect(changes['directus_users']).toHaveLength(1);
      expect(changes['directus_users']![0]).toContain(stays);
      expect(changes['directus_users']![0]).toContain(world().south.id);
      expect(changes['audits']).toEqual([expect.stringContaining('"title":"of north","author":null')]);
      // The erasure, and what somebody did here who is gone.
      expect(changes['tenancy_audit']).toHaveLength(2);
      expect(changes['tenancy_audit']!.join()).toContain('"action":"switched","user":null,"ip":null');
      expect(changes['tenancy_erasures']).toHaveLength(1);
      expect(changes['directus_activity']).toEqual([expect.stringMatching(/"user":null.*"ip":null.*"countries"/)]);

      const gone = Object.entries(rowsOnlyIn(before, after)).flatMap(([table, rows]) =>
        rows.filter((row) => row.includes('south-') || row.includes(world().south.id)).map((row) => `${table} ${row}`),
      );
      expect(gone).toEqual([]);
    });

    it('lets everybody else go on', async () => {
      const viewer = await login(host().url, { email: world().north.viewer.email, password: 'correct horse battery' });
      const projects = await must<{ title: string }[]>(viewer, 'GET', '/items/projects?sort=title');
      expect(projects.map(({ title }) => title)).toEqual(['south-project-1', 'south-project-2', 'south-project-3']);
      expect((await world().south.owner.send('GET', '/items/projects')).status).toBe(200);

      const body = { email: world().north.owner.email, password: 'correct horse battery' };
      expect((await send(host().url, 'POST', '/auth/login', { body })).status).toBe(401);
      expect((await erase('north', 'north')).status).toBe(404);
      expect((await superAdmin.send('POST', '/tenancy/tenants', { name: 'North' })).status).toBe(200 + 1);
    });
  });

  describe('which takes long', () => {
    const ROWS = 2 ** 14;
    let running: Host | undefined;

    afterAll(async () => {
      await running?.kill();
    });

    /** A tenant with many rows and files. */
    const createLarge = async (name: string): Promise<{ id: string; slug: string }> => {
      const tenant = await createTenant(host().url, superAdmin, name);
      await must(tenant.owner, 'POST', '/items/nodes', { title: 'first' });
      for (let rows = 1; rows < ROWS; rows *= 2) {
        await runSql(
          host().database,
          'INSERT INTO nodes (title, tenant_id) SELECT title, tenant_id FROM nodes WHERE tenant_id = ?',
          [tenant.id],
        );
      }
      for (let file = 0; file < 60; file += 1) await uploadFile(tenant.owner, `${tenant.slug}-${file}`);
      return tenant;
    };

    const indexesForTheTime = (): Promise<unknown[]> =>
      runSql(
        host().database,
        {
          sqlite: `SELECT name FROM sqlite_master WHERE name LIKE '%erasing'`,
          postgres: `SELECT indexname FROM pg_indexes WHERE indexname LIKE '%erasing'`,
          mariadb: `SELECT index_name FROM information_schema.statistics WHERE index_name LIKE '%erasing'`,
        }[host().database.kind],
      );

    /** Erases a tenant, and hands over each line that comes. */
    const follow = async (
      at: Host,
      account: Account,
      slug: string,
      seen: (line: Record<string, unknown>) => void,
    ): Promise<Record<string, unknown>[]> => {
      const response = await fetch(`${at.url}/tenancy/tenants/${slug}?confirm=${slug}`, {
        method: 'DELETE',
        headers: { Authorization: `Bearer ${account.token}`, Accept: 'application/x-ndjson' },
      });
      return followLines(response, seen);
    };

    it('is done once when two ask for it', async () => {
      const { slug } = await createTenant(host().url, superAdmin, 'Twice');
      const answers = await Promise.all([erase(slug, slug), erase(slug, slug)]);
      expect(answers.map(({ status }) => status).sort()).toEqual([200, 404]);
    });

    it('goes on after it was killed, and loses nothing of others', { timeout: 240_000 }, async () => {
      const { id, slug } = await createLarge('Doomed');
      const before = await dumpOf(host().database);
      const filesBefore = await storedFiles(host());
      running = host();
      let account = superAdmin;

      for (const collection of ['nodes', 'directus_files']) {
        const at = running;
        let killing: Promise<void> | undefined;
        const interrupted = follow(at, account, slug, (line) => {
          if (line['collection'] === collection) killing ??= at.kill();
        });
        await expect(interrupted).rejects.toThrow();
        await killing;

        const { database, directory } = host();
        running = await startHost({ directus: '11', database, directory });
        account = await login(running.url, running.superAdmin);
        expect(await account.send('POST', `/tenancy/tenants/${slug}/resume`)).toMatchObject({ status: 409 });
      }

      // A request that was on its way when the tenant was suspended writes to a collection that was done.
      let late: Promise<unknown> | undefined;
      const lines = await follow(running, account, slug, () => {
        late ??= must(account, 'POST', '/items/announcements', { title: 'late', tenant_id: id });
      });
      await late;
      expect(lines.at(-1)).toEqual({ data: expect.anything() as unknown });
      const { data } = lines.at(-1) as unknown as { data: Erasure };
      expect(data).toMatchObject({
        erased: { nodes: ROWS, announcements: 1, directus_files: 60, directus_users: 3 },
        left: [],
      });
      expect(lines.some((line) => line['collection'] === 'tenants')).toBe(true);

      const after = await dumpOf(host().database);
      const traces = [...after].flatMap(([table, rows]) => rows.filter((row) => row.includes(id)).map(() => table));
      expect(traces.sort()).toEqual(['tenancy_audit', 'tenancy_erasures']);
      expect(await storedFiles(host())).toEqual(
        filesBefore.filter(
          (name) => !(before.get('directus_files') ?? []).some((row) => row.includes(id) && row.includes(name)),
        ),
      );
      for (const [table, rows] of Object.entries(rowsOnlyIn(before, after))) {
        const others = rows.filter((row) => row.includes(world().south.id) || row.includes('south-'));
        expect(others, table).toEqual([]);
      }
      expect(after.get('tenancy_erased')).toEqual([]);
      expect(await indexesForTheTime()).toEqual([]);
    });
  });
});

/** The key of a row in a dump. */
function keyOf(row: string): string {
  return String((JSON.parse(row) as { id?: unknown }).id);
}
