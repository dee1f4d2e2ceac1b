import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import { beforeAll, describe, expect, it } from 'vitest';
import { inEveryCell } from '../support/cells.ts';
import { send, type Account } from '../support/client.ts';
import { createPerson, createPolicy, everythingOn } from '../support/people.ts';
import { runSql } from '../support/sql.ts';
import { must } from '../support/world.ts';

interface Row {
  id: string | number;
}

inEveryCell(
  'A route that asks no permission for each row',
  (world, host) => {
    let editor: Account;
    let foreign: Account;

    beforeAll(() => {
      editor = world().north.editor;
      foreign = world().south.owner;
    });

    const all = (table: string): Promise<Record<string, unknown>[]> =>
      runSql(host().database, `SELECT * FROM ${table} ORDER BY id`);

    describe('sorting', () => {
      beforeAll(async () => {
        const admin = world().superAdmin;
        await must(admin, 'POST', '/fields/tags', {
          field: 'sort',
          type: 'integer',
          meta: { hidden: true },
          schema: {},
        });
        await must(admin, 'PATCH', '/collections/tags', { meta: { sort_field: 'sort' } });
        await must(editor, 'POST', '/items/tags', [{ name: 'north-tag-3' }, { name: 'north-tag-4' }]);
      });

      const order = async (account: Account): Promise<(string | number)[]> =>
        (await must<Row[]>(account, 'GET', '/items/tags?sort=sort,id')).map(({ id }) => id);

      it('moves an own row among the own rows, and leaves those of others as they are', async () => {
        const before = await order(editor);
        const [first, , third] = before;
        const others = (await all('tags')).filter(({ tenant_id }) => tenant_id === world().south.id);
        expect(others.length).toBeGreaterThan(0);

        const answer = await editor.send('POST', '/utils/sort/tags', { item: third, to: first });
        expect(answer.status).toBe(200);

        expect(await order(editor)).toEqual([third, first, before[1], before[3]]);
        expect((await all('tags')).filter(({ tenant_id }) => tenant_id === world().south.id)).toEqual(others);

        await must(editor, 'POST', '/utils/sort/tags', { item: third, to: before[3] });
        expect(await order(editor)).toEqual([first, before[1], before[3], third]);
      });

      it('refuses a foreign row as it refuses one that does not exist', async () => {
        const before = await all('tags');
        const own = world().north.tags[0];

        for (const body of [(key: unknown) => ({ item: key, to: own }), (key: unknown) => ({ item: own, to: key })]) {
          const one = await editor.send('POST', '/utils/sort/tags', body(world().south.tags[0]));
          const other = await editor.send('POST', '/utils/sort/tags', body(987_654));
          expect(one.status).toBe(403);
          expect({ status: other.status, errors: other.errors }).toEqual({ status: one.status, errors: one.errors });
        }

        expect((await world().north.viewer.send('POST', '/utils/sort/tags', { item: own, to: own })).status).toBe(403);
        expect((await send(host().url, 'POST', '/UTILS/sort/tags', { body: { item: own, to: own } })).status).toBe(403);
        expect(await all('tags')).toEqual(before);
      });

      it('is not to be had in GraphQL', async () => {
        const before = await all('tags');
        const answer = await editor.send('POST', '/graphql/system', {
          query: `mutation { any: utils_sort(collection: "tags", item: "${world().north.tags[0]}", to: "${world().south.tags[0]}") }`,
        });
        expect(answer.status).toBe(403);
        expect(await all('tags')).toEqual(before);
      });
    });

    describe('naming rows by a query', () => {
      it.each(['PATCH', 'DELETE'])('is refused for %s, whatever the query would meet', async (method) => {
        const titles = await all('projects');

        const ask = (title: string) =>
          editor.send(method, '/items/projects', {
            query: { filter: { title: { _starts_with: title } } },
            ...(method === 'PATCH' && { data: { budget: 1 } }),
          });

        const answers = [await ask('south'), await ask('nobody')];
        for (const answer of answers) {
          expect(answer).toMatchObject({ status: 400, errors: [{ extensions: { field: 'query' } }] });
        }

        expect(answers[0]!.errors).toEqual(answers[1]!.errors);
        expect(await all('projects')).toEqual(titles);
      });

      it('is left to super-admins, and to a row that has such a field', async () => {
        const answer = await world().superAdmin.send('PATCH', '/items/projects', {
          query: { filter: { title: { _eq: 'nobody' } } },
          data: { budget: 1 },
        });
        expect(answer.status).toBe(200);
      });
    });

    describe('deleting users and flows', () => {
      it('changes nothing for somebody who may not', async () => {
        const { id } = await must<Row>(foreign, 'GET', '/users/me');
        const comment = await must<Row>(foreign, 'POST', '/comments', {
          collection: 'projects',
          item: String(world().south.projects[0]),
          comment: 'south-comment',
        });
        await must(foreign, 'PATCH', `/comments/${comment.id}`, { comment: 'south-comment-2' });
        const before = await all('directus_comments');

        for (const account of [editor, null]) {
          for (const [method, path, body] of [
            ['DELETE', `/users/${id}`, undefined],
            ['DELETE', '/users', [id]],
            ['DELETE', '/users', { keys: [id] }],
            ['POST', '/graphql/system', { query: `mutation { delete_users_item(id: "${id}") { id } }` }],
          ] as const) {
            const answer = await send(host().url, method, path, { token: account?.token ?? null, body });
            expect([400, 403], `${method} ${path}`).toContain(answer.status);
          }
        }

        expect(await all('directus_comments')).toEqual(before);
        expect(before[0]).toMatchObject({ user_updated: id });
      });
    });

    describe('the owner of the project', () => {
      it('is told by nobody who may not change the settings', async () => {
        await runSql(host().database, 'UPDATE directus_settings SET project_status = NULL');
        const before = await all('directus_settings');

        for (const account of [editor, null]) {
          for (const path of ['/settings/owner', '/settings/OWNER']) {
            const answer = await send(host().url, 'POST', path, {
              token: account?.token ?? null,
              body: { project_owner: 'intruder@example.com', org_name: 'x', project_usage: 'personal' },
            });
            expect(answer.status).toBe(403);
          }
        }

        // Directus reports it behind its answer, and notes when it could not.
        await must(world().superAdmin, 'GET', '/server/info');
        expect(await all('directus_settings')).toEqual(before);
      });
    });

    describe('resumable uploads', () => {
      const metadata = (fields: Record<string, string>): string =>
        Object.entries(fields)
          .map(([name, value]) => `${name} ${Buffer.from(value).toString('base64')}`)
          .join(',');

      const start = (account: Account, fields: Record<string, string>, path = '/files/tus') =>
        send(host().url, 'POST', path, {
          token: account.token,
          headers: {
            'Tus-Resumable': '1.0.0',
            'Upload-Length': '5',
            'Upload-Metadata': metadata({ filename_download: 'x.txt', type: 'text/plain', ...fields }),
          },
        });

      it('cannot name a stored file', async () => {
        const form = new FormData();
        form.append('file', new Blob(['south']), 'south.txt');
        const file = await must<{ id: string; filename_disk: string }>(foreign, 'POST', '/files', form);

        for (const fields of [
          { replace_id: file.id },
          { filename_disk: file.filename_disk },
          { storage: 'local' },
          { tenant_id: world().south.id },
        ] as Record<string, string>[]) {
          for (const path of ['/files/tus', '/FILES/tus']) {
            const answer = await start(editor, fields, path);
            expect(answer).toMatchObject({ status: 400, errors: [{ extensions: { field: Object.keys(fields)[0] } }] });
          }
        }

        const replacing = await start(editor, { id: file.id });
        expect(replacing.status).toBe(403);
        expect((await foreign.send('GET', `/assets/${file.id}`)).data).toBe('south');
      });

      it('cannot go into a folder of another tenant', async () => {
        const folder = await must<Row>(foreign, 'POST', '/folders', { name: 'south-tus' });
        const one = await start(editor, { folder: String(folder.id) });
        const other = await start(editor, { folder: crypto.randomUUID() });
        expect(one).toMatchObject({ status: 400, errors: [{ extensions: { field: 'folder' } }] });
        expect(other.errors).toEqual(one.errors);
      });

      it('are the tenant’s', async () => {
        const folder = await must<Row>(editor, 'POST', '/folders', { name: 'north-tus' });
        const created = await start(editor, { folder: String(folder.id) });
        expect(created.status).toBe(201);

        const finished = await fetch(new URL(created.headers.get('location')!, host().url), {
          method: 'PATCH',
          headers: {
            Authorization: `Bearer ${editor.token}`,
            'Tus-Resumable': '1.0.0',
            'Upload-Offset': '0',
            'Content-Type': 'application/offset+octet-stream',
          },
          body: 'north',
        });
        expect(finished.status).toBe(204);

        const [file] = await must<{ id: string; tenant_id: string }[]>(
          editor,
          'GET',
          `/files?filter[folder][_eq]=${folder.id}`,
        );
        expect(file!.tenant_id).toBe(world().north.id);
        expect((await foreign.send('GET', `/assets/${file!.id}`)).status).toBe(403);
      });
    });

    describe('stored files', () => {
      const upload = async (account: Account, fields: Record<string, string>, text: string, path = '/files') => {
        const form = new FormData();
        for (const [name, value] of Object.entries(fields)) form.append(name, value);
        form.append('file', new Blob([text], { type: 'text/plain' }), 'file.txt');
        return account.send<{ id: string; filename_disk: string; folder: string | null; tenant_id: string }>(
          path === '/files' ? 'POST' : 'PATCH',
          path,
          form,
        );
      };

      const filesOf = async (account: Account) =>
        (await must<{ id: string }[]>(account, 'GET', '/files?fields=id&sort=id&limit=-1')).map(({ id }) => id);

      it('have the name that Directus gives them', async () => {
        const { data: file } = await upload(foreign, {}, 'south-secret');
        const { data: own } = await upload(editor, {}, 'north');
        const [name] = file.filename_disk.split('.');

        for (const wanted of [
          name!.slice(0, 3),
          `${name!.slice(0, 3)}.txt`,
          `${name}.txt`,
          `${name}.TXT`,
          `${name}__${createHash('md5').digest('hex')}.jpg`,
        ]) {
          expect([400, 403], wanted).toContain((await upload(editor, { filename_disk: wanted }, 'x')).status);

          const extension = { filename_download: `x.${wanted.split('.')[1] ?? ''}` };
          const replaced = await upload(editor, { ...extension, filename_disk: wanted }, 'x', `/files/${own.id}`);
          expect(replaced).toMatchObject({ status: 400, errors: [{ extensions: { field: 'filename_disk' } }] });

          for (const [path, body] of [
            ['/files/import', { url: `${host().url}/server/ping`, data: { id: own.id, filename_disk: wanted } }],
            [
              '/graphql/system',
              {
                query:
                  'mutation ($url: String!, $data: create_directus_files_input) { import_file(url: $url, data: $data) { id } }',
                variables: { url: `${host().url}/server/ping`, data: { id: own.id, filename_disk: wanted } },
              },
            ],
          ] as const) {
            expect([400, 403], path).toContain((await editor.send('POST', path, body)).status);
          }

          const stored = await must<{ filename_disk: string }>(world().superAdmin, 'GET', `/files/${own.id}`);
          expect(stored.filename_disk).toBe(own.filename_disk);

          for (const [method, path, body] of [
            ['POST', '/files', { filename_disk: wanted, type: 'text/plain' }],
            ['PATCH', `/files/${own.id}`, { filename_disk: wanted }],
          ] as const) {
            const answer = await editor.send(method, path, body);
            expect(answer).toMatchObject({ status: 400, errors: [{ extensions: { field: 'filename_disk' } }] });
          }
        }

        // However it came about: the beginning of this name is that of South's file too.
        await runSql(host().database, 'UPDATE directus_files SET filename_disk = ? WHERE id = ?', [
          `${name!.slice(0, 4)}.txt`,
          own.id,
        ]);
        expect((await editor.send('DELETE', `/files/${own.id}`)).status).toBe(403);
        expect((await foreign.send('GET', `/assets/${file.id}`)).data).toBe('south-secret');
      });

      it('keep their key, and are replaced by nobody who names them', async () => {
        const { data: file } = await upload(foreign, {}, 'south-secret');
        const { data: own } = await upload(editor, {}, 'north');

        for (const id of [file.id, crypto.randomUUID()]) {
          for (const path of ['/files', `/files/${own.id}`]) {
            expect(await upload(editor, { id }, 'x', path), path).toMatchObject({
              status: 400,
              errors: [{ extensions: { field: 'id' } }],
            });
          }
          const taken = await editor.send('POST', '/files/import', { url: `${host().url}/server/ping`, data: { id } });
          expect(taken).toMatchObject({ status: 403, errors: [{ extensions: { code: 'FORBIDDEN' } }] });
        }

        const taken = await upload(editor, {}, 'x', `/files/${file.id}`);
        expect(taken.status).toBe(403);
        expect((await upload(editor, {}, 'x', `/files/${crypto.randomUUID()}`)).errors).toEqual(taken.errors);

        expect((await foreign.send('GET', `/assets/${file.id}`)).data).toBe('south-secret');
        expect((await editor.send('GET', `/assets/${own.id}`)).data).toBe('north');
      });

      it('are replaced and deleted by their tenant', async () => {
        const { data: own } = await upload(editor, {}, 'north-1');
        expect((await upload(editor, { title: 'Second' }, 'north-2', `/files/${own.id}`)).status).toBe(200);
        expect((await editor.send('GET', `/assets/${own.id}`)).data).toBe('north-2');

        const replacement = { url: `${host().url}/server/ping`, data: { id: own.id } };
        expect((await editor.send('POST', '/files/import', replacement)).status).toBe(200);
        expect((await editor.send('GET', `/assets/${own.id}`)).data).toBe('pong');
        expect((await editor.send('DELETE', `/files/${own.id}`)).status).toBe(204);
      });

      it('go into no folder of another tenant', async () => {
        const folder = await must<{ id: string }>(foreign, 'POST', '/folders', { name: 'south-uploads' });
        const { data: own } = await upload(editor, {}, 'north');
        const url = `${host().url}/server/ping`;
        const before = await filesOf(editor);

        for (const send of [
          (wanted: string) => upload(editor, { folder: wanted }, 'x'),
          (wanted: string) => upload(editor, { folder: wanted }, 'x', `/files/${own.id}`),
          (wanted: string) => editor.send('POST', '/files/import', { url, data: { folder: wanted } }),
          (wanted: string) => editor.send('POST', '/files/import', { url, data: { id: own.id, folder: wanted } }),
        ]) {
          const refused = await send(folder.id);
          expect(refused).toMatchObject({ status: 400, errors: [{ extensions: { field: 'folder' } }] });
          for (const wanted of [crypto.randomUUID(), 'no key']) {
            expect((await send(wanted)).errors).toEqual(refused.errors);
          }
        }

        const nested = { url, data: { folder: { id: folder.id, name: 'north' } } };
        expect(await editor.send('POST', '/files/import', nested)).toMatchObject({
          status: 400,
          errors: [{ extensions: { field: 'folder' } }],
        });

        expect(await filesOf(editor)).toEqual(before);
        expect((await editor.send('GET', `/assets/${own.id}`)).data).toBe('north');
      });

      it('go into a folder of their own, or into none', async () => {
        const folder = await must<{ id: string }>(editor, 'POST', '/folders', { name: 'north-uploads' });
        // More than a reader takes in before the folder is found to be the own one.
        const text = 'north'.repeat(200_000);
        const { data: file } = await upload(editor, { folder: folder.id, title: 'true' }, text);
        expect(file).toMatchObject({ folder: folder.id, tenant_id: world().north.id });
        expect((await editor.send('GET', `/assets/${file.id}`)).data).toBe(text);

        const replaced = await upload(editor, { folder: 'null' }, 'replaced', `/files/${file.id}`);
        expect(replaced.data.folder).toBeNull();
        expect((await editor.send('GET', `/assets/${file.id}`)).data).toBe('replaced');

        const data = { folder: folder.id };
        const imported = await must<Row>(editor, 'POST', '/files/import', { url: `${host().url}/server/ping`, data });
        expect(imported).toMatchObject(data);
      });

      it('of one form go where the fields in front of each say', async () => {
        const [one, two] = await Promise.all(
          ['one', 'two'].map((name) => must<{ id: string }>(editor, 'POST', '/folders', { name })),
        );

        const form = new FormData();
        for (const [name, folder] of [
          ['one.txt', one!.id],
          ['two.txt', two!.id],
        ] as const) {
          form.append('folder', folder);
          form.append('file', new Blob([name], { type: 'text/plain' }), name);
        }

        const files = await must<{ filename_download: string; folder: string }[]>(editor, 'POST', '/files', form);
        expect(Object.fromEntries(files.map((file) => [file.filename_download, file.folder]))).toEqual({
          'one.txt': one!.id,
          'two.txt': two!.id,
        });
      });

      /** Sends a form as it is, over a connection that nobody goes on with. */
      const statusOfForm = async (url: string, token: string, form: string): Promise<number | undefined> => {
        const sent = request(url, {
          method: 'POST',
          agent: false,
          headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'multipart/form-data; boundary=x' },
        });
        sent.end(form);
        const [answer] = (await once(sent, 'response')) as [IncomingMessage];
        answer.resume();
        return answer.statusCode;
      };

      it('that break off while their fields are looked at end nothing else', async () => {
        const form = (fields: string): string =>
          `${fields}--x\r\nContent-Disposition: form-data; name="file"; filename="x.txt"\r\nContent-Type: text/plain\r\n\r\nx`;
        const field = (name: string, value: string): string =>
          `--x\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`;

        const before = await filesOf(editor);
        for (const body of [
          form(''),
          form(field('title', 'Broken')),
          form(field('folder', crypto.randomUUID())),
          form(field('id', crypto.randomUUID())),
        ]) {
          expect(await statusOfForm(`${host().url}/files`, editor.token, body)).toBeGreaterThanOrEqual(400);
        }

        // Directus answers at once, and takes back afterwards what it has begun to store.
        await expect.poll(() => host().logs()).toContain("Couldn't save file");
        await expect.poll(() => filesOf(editor)).toEqual(before);
      });

      it('lead to no rows of another tenant', async () => {
        const admin = world().superAdmin;
        const [own, other] = [world().north, world().south];
        await must(admin, 'POST', '/fields/directus_files', { field: 'sent_by', type: 'uuid', schema: {} });
        await must(admin, 'POST', '/relations', {
          collection: 'directus_files',
          field: 'sent_by',
          related_collection: 'clients',
          meta: { one_field: 'documents' },
          schema: { on_delete: 'SET NULL' },
        });

        try {
          const url = `${host().url}/server/ping`;
          const before = await filesOf(editor);

          for (const send of [
            (wanted: string) => upload(editor, { sent_by: wanted }, 'x'),
            (wanted: string) => editor.send('POST', '/files/import', { url, data: { sent_by: wanted } }),
          ]) {
            const refused = await send(other.clients[0]!);
            expect(refused).toMatchObject({ status: 400, errors: [{ extensions: { field: 'sent_by' } }] });
            expect((await send(crypto.randomUUID())).errors).toEqual(refused.errors);
          }

          const nested = { url, data: { sent_by: { name: 'x', tenant_id: other.id } } };
          expect(await editor.send('POST', '/files/import', nested)).toMatchObject({
            status: 400,
            errors: [{ extensions: { field: 'sent_by' } }],
          });
          expect(await filesOf(editor)).toEqual(before);

          const { data: file } = await upload(editor, { sent_by: own.clients[0]! }, 'north');
          const read = await must<{ sent_by: Row }>(editor, 'GET', `/files/${file.id}?fields=sent_by.id`);
          expect(read.sent_by).toEqual({ id: own.clients[0] });
        } finally {
          await must(admin, 'DELETE', '/fields/directus_files/sent_by');
        }
      });

      it('of a super-admin leave a folder of another tenant', async () => {
        const folder = await must<{ id: string }>(foreign, 'POST', '/folders', { name: 'south-of-admin' });
        const fields = { folder: folder.id, tenant_id: world().north.id };
        const { data: file } = await upload(world().superAdmin, fields, 'north');
        await expect
          .poll(async () => (await must<{ folder: string | null }>(editor, 'GET', `/files/${file.id}`)).folder)
          .toBeNull();
      });
    });

    describe('going back to a revision', () => {
      it('is for those who may read it', async () => {
        const project = world().south.projects[1];
        await must(foreign, 'PATCH', `/items/projects/${project}`, { budget: 1 });
        await must(foreign, 'PATCH', `/items/projects/${project}`, { budget: 2 });
        const [revision] = await runSql(
          host().database,
          `SELECT id FROM directus_revisions WHERE collection = 'projects' AND item = ? ORDER BY id LIMIT 1`,
          [String(project)],
        );

        expect((await editor.send('POST', `/utils/revert/${String(revision!['id'])}`)).status).toBe(403);
        const missing = await editor.send('POST', '/utils/revert/987654');
        expect(missing.status).toBe(403);
      });
    });

    describe('content versions', () => {
      it('are held to the tenant of their row, whoever saves them', async () => {
        const admin = world().superAdmin;
        const [own, other] = [world().north, world().south];
        await must(admin, 'PATCH', '/collections/projects', { meta: { versioning: true } });

        const version = await must<Row>(admin, 'POST', '/versions', {
          key: 'draft',
          name: 'Draft',
          collection: 'projects',
          item: String(own.projects[0]),
        });

        for (const [field, delta] of [
          ['client', { client: other.clients[0] }],
          ['client', { client: { id: other.clients[0], tenant_id: own.id } }],
          ['delta.tenant_id', { tenant_id: other.id }],
          ['delta.client.tenant_id', { client: { name: 'x', tenant_id: other.id } }],
          ['tasks', { tasks: { create: [], update: [{ id: other.tasks[0], title: 'x' }], delete: [] } }],
          ['delta.cover.', { cover: { title: 'x', uploaded_by: { policies: [] } } }],
        ] as const) {
          const answer = await admin.send('POST', `/versions/${version.id}/save`, delta);
          expect(answer, JSON.stringify(delta)).toMatchObject({ status: 400, errors: [{ extensions: { field } }] });
        }

        await must(admin, 'POST', `/versions/${version.id}/save`, { title: 'north-draft', client: own.clients[0] });
        const read = await must<{ title: string }>(admin, 'GET', `/items/projects/${own.projects[0]}?version=draft`);
        expect(read.title).toBe('north-draft');
      });

      it('of somebody without tenant lead into none', async () => {
        const admin = world().superAdmin;
        await must(admin, 'PATCH', '/collections/countries', { meta: { versioning: true } });
        const policy = await createPolicy(admin, everythingOn(['directus_versions', 'countries', 'directus_files']), {
          appAccess: true,
        });
        const staff = await createPerson(host().url, admin, { policies: [policy] });
        const version = await must<Row>(staff, 'POST', '/versions', {
          key: 'staff',
          name: 'Staff',
          collection: 'countries',
          item: String(world().countries[0]),
        });

        const answer = await staff.send('POST', `/versions/${version.id}/save`, {
          clients: { create: [], update: [{ id: world().north.clients[0], name: 'x' }], delete: [] },
        });
        expect(answer).toMatchObject({ status: 400, errors: [{ extensions: { field: 'clients' } }] });
      });

      it('are closed to members', async () => {
        const answer = await editor.send('GET', `/items/projects/${world().north.projects[0]}?version=draft`);
        expect(answer.status).toBe(403);
      });
    });
  },
  // Files are imported from Directus itself.
  { env: { IMPORT_IP_DENY_LIST: '169.254.169.254', TUS_ENABLED: 'true' } },
);
