import { createItem, createItems, deleteItem, deleteItems, updateItem, updateItems } from '@directus/sdk';
import { beforeAll, describe, expect, it } from 'vitest';
import { inEveryCell } from '../support/cells.ts';
import { outcome, type Account } from '../support/client.ts';
import { must } from '../support/world.ts';

interface Project {
  id: number;
  title: string;
  tenant_id: string;
}

inEveryCell('A member writes rows of the own tenant and no other', (world) => {
  let editor: Account;
  let foreign: number;

  const asSuperAdmin = async (id: number): Promise<Project> =>
    (await world().superAdmin.send<Project>('GET', `/items/projects/${id}`)).data;

  const foreignIsUntouched = async (): Promise<void> => {
    expect(await asSuperAdmin(foreign)).toMatchObject({ title: 'south-project-1', tenant_id: world().south.id });
  };

  beforeAll(() => {
    editor = world().north.editor;
    foreign = world().south.projects[0]!;
  });

  describe('creating', () => {
    it('stamps a row that names no tenant', async () => {
      const created = await editor.sdk.request(createItem('projects', { title: 'north-new' }));
      expect(created).toMatchObject({ title: 'north-new', tenant_id: world().north.id });
    });

    it('stamps every row of a batch, and rows that are created inside of others', async () => {
      const rows = await editor.sdk.request(createItems('tags', [{ name: 'north-b1' }, { name: 'north-b2' }]));
      expect(rows.map(({ tenant_id }) => tenant_id as string)).toEqual([world().north.id, world().north.id]);

      const nested = await editor.send<{ tenant_id: string; tasks: Project[]; client: Project }>(
        'POST',
        '/items/projects?fields=tenant_id,tasks.tenant_id,client.tenant_id',
        { title: 'north-nested', tasks: [{ title: 'north-inner' }], client: { name: 'north-inner-client' } },
      );
      expect(nested.data).toEqual({
        tenant_id: world().north.id,
        tasks: [{ tenant_id: world().north.id }],
        client: { tenant_id: world().north.id },
      });
    });

    it('refuses a forged tenant with an error that names the field, alone or in a batch', async () => {
      const forged = { title: 'forged', tenant_id: world().south.id };

      for (const request of [
        () => editor.sdk.request(createItem('projects', forged)),
        () => editor.sdk.request(createItems('projects', [{ title: 'forged' }, forged])),
        () => editor.sdk.request(createItem('projects', { title: 'forged', tasks: [forged] })),
        () => editor.sdk.request(createItem('projects', { ...forged, tenant_id: { id: world().south.id } })),
        () => editor.sdk.request(createItem('projects', { ...forged, tenant_id: null })),
      ]) {
        const answer = await outcome(request());
        expect(answer).toMatchObject({
          refused: true,
          status: 400,
          errors: [{ extensions: { code: 'INVALID_PAYLOAD', field: 'tenant_id' } }],
        });
      }

      const left = await world().superAdmin.send<unknown[]>('GET', '/items/projects?filter[title][_eq]=forged');
      expect(left.data).toEqual([]);
    });

    it('takes the own tenant where a client sends it along', async () => {
      const created = await editor.sdk.request(
        createItem('projects', { title: 'north-explicit', tenant_id: world().north.id }),
      );
      expect(created).toMatchObject({ tenant_id: world().north.id });
    });

    it('does not take over a foreign row by its primary key', async () => {
      const answer = await outcome(editor.sdk.request(createItem('projects', { id: foreign, title: 'stolen' })));
      expect(answer.refused).toBe(true);
      await foreignIsUntouched();
    });

    it('is not for viewers', async () => {
      const answer = await outcome(world().north.viewer.sdk.request(createItem('projects', { title: 'north-viewer' })));
      expect(answer).toMatchObject({ refused: true, status: 403 });
    });
  });

  describe('updating', () => {
    it('changes an own row', async () => {
      const id = world().north.projects[0]!;
      const updated = await editor.sdk.request(updateItem('projects', id, { budget: 101 }));
      expect(updated).toMatchObject({ id, budget: 101, tenant_id: world().north.id });
    });

    it('refuses a foreign row as it refuses one that does not exist', async () => {
      const foreignAnswer = await editor.send('PATCH', `/items/projects/${foreign}`, { title: 'stolen' });
      const missingAnswer = await editor.send('PATCH', '/items/projects/987654', { title: 'stolen' });

      expect(foreignAnswer.status).toBe(403);
      expect(foreignAnswer.errors).toEqual(missingAnswer.errors);
      await foreignIsUntouched();
    });

    it('changes nothing of a batch that names one foreign row', async () => {
      const own = world().north.projects[1]!;
      const answers = [
        await outcome(editor.sdk.request(updateItems('projects', [own, foreign], { title: 'stolen' }))),
        await editor.send('PATCH', '/items/projects', [
          { id: own, title: 'stolen' },
          { id: foreign, title: 'stolen' },
        ]),
      ];

      for (const answer of answers) expect(answer).toMatchObject({ status: 403 });
      expect((await asSuperAdmin(own)).title).toBe('north-project-2');
      await foreignIsUntouched();
    });

    it('does not take a foreign row in through a relation', async () => {
      const own = world().north.clients[0]!;
      for (const projects of [
        [foreign],
        [{ id: foreign, title: 'stolen' }],
        { update: [{ id: foreign, title: 'stolen' }] },
      ]) {
        const answer = await editor.send('PATCH', `/items/clients/${own}`, { projects });
        expect(answer.status, JSON.stringify(projects)).toBeGreaterThanOrEqual(400);
      }

      await foreignIsUntouched();
    });

    it('keeps the tenant of a row, for members and for super-admins', async () => {
      const own = world().north.projects[0]!;
      const expected = { status: 400, errors: [{ extensions: { code: 'INVALID_PAYLOAD', field: 'tenant_id' } }] };

      expect(await editor.send('PATCH', `/items/projects/${own}`, { tenant_id: world().south.id })).toMatchObject(
        expected,
      );
      expect(await editor.send('PATCH', `/items/projects/${own}`, { tenant_id: null })).toMatchObject(expected);
      expect(
        await world().superAdmin.send('PATCH', `/items/projects/${own}`, { tenant_id: world().south.id }),
      ).toMatchObject(expected);

      expect((await asSuperAdmin(own)).tenant_id).toBe(world().north.id);
    });

    it('lets a client send the tenant back as it is', async () => {
      const own = world().north.projects[0]!;
      const answer = await editor.send('PATCH', `/items/projects/${own}`, { budget: 100, tenant_id: world().north.id });
      expect(answer.status).toBe(200);
    });

    it('does not change tenants or memberships themselves', async () => {
      const { owner } = world().north;
      const [membership] = (await owner.send<{ id: string }[]>('GET', '/items/tenant_members')).data;

      for (const [path, body] of [
        [`/items/tenants/${world().north.id}`, { name: 'mine' }],
        [`/items/tenant_members/${membership!.id}`, { tenant_id: world().south.id }],
      ] as const) {
        expect((await owner.send('PATCH', path, body)).status, path).toBe(403);
      }

      // Super-admins write tenants this way, and members by the routes of the endpoint only.
      const path = `/items/tenant_members/${membership!.id}`;
      expect((await world().superAdmin.send('PATCH', path, { tenant_id: world().south.id })).status).toBe(403);
    });
  });

  describe('upserting', () => {
    it('does not reach a foreign row', async () => {
      const own = world().north.projects[2]!;
      const answer = await editor.send('PATCH', '/items/clients/' + world().north.clients[0]!, {
        projects: {
          create: [],
          update: [
            { id: own, client: world().north.clients[0] },
            { id: foreign, client: world().north.clients[0] },
          ],
          delete: [],
        },
      });
      expect(answer.status).toBeGreaterThanOrEqual(400);
      await foreignIsUntouched();
    });

    it('does not overwrite a foreign row by import', async () => {
      const form = new FormData();
      form.append(
        'file',
        new Blob([JSON.stringify([{ id: foreign, title: 'stolen' }])], { type: 'application/json' }),
        'rows.json',
      );
      const answer = await editor.send('POST', '/utils/import/projects', form);
      expect(answer.status).toBeGreaterThanOrEqual(400);
      await foreignIsUntouched();
    });
  });

  describe('deleting', () => {
    it('deletes an own row', async () => {
      const created = await editor.sdk.request(createItem('projects', { title: 'north-short-lived' }));
      await editor.sdk.request(deleteItem('projects', created['id'] as number));
      expect((await world().superAdmin.send('GET', `/items/projects/${created['id'] as number}`)).status).toBe(403);
    });

    it('refuses foreign rows, alone, in a batch and by query', async () => {
      const own = world().north.projects[1]!;

      expect(await outcome(editor.sdk.request(deleteItem('projects', foreign)))).toMatchObject({ status: 403 });
      expect(await outcome(editor.sdk.request(deleteItems('projects', [own, foreign])))).toMatchObject({ status: 403 });

      await editor.send('DELETE', '/items/projects', {
        query: { filter: { title: { _starts_with: 'south' } }, limit: -1 },
      });
      expect((await asSuperAdmin(own)).title).toBe('north-project-2');
      await foreignIsUntouched();
    });

    it('takes no key for more rows than it names, whatever the database makes of it', async () => {
      const { north, south, superAdmin } = world();
      await must(superAdmin, 'POST', '/collections', {
        collection: 'codes',
        meta: {},
        schema: {},
        fields: [
          { field: 'code', type: 'string', schema: { is_primary_key: true, max_length: 20 } },
          { field: 'text', type: 'string', schema: {} },
        ],
      });
      await must(superAdmin, 'PUT', '/tenancy/collections/codes', { scope: 'tenant' });
      await must(north.editor, 'POST', '/items/codes', { code: 'alpha', text: 'north' });
      await must(south.editor, 'POST', '/items/codes', { code: 'beta', text: 'south' });

      // To MySQL, the number 0 is equal to both.
      await editor.send('DELETE', '/items/codes', [0]);
      await editor.send('DELETE', '/items/codes', { keys: [0] });
      await editor.send('PATCH', '/items/codes', { keys: [0], data: { text: 'stolen' } });
      await editor.send('PATCH', '/items/codes', [{ code: 0, text: 'stolen' }]);

      expect(await must(superAdmin, 'GET', '/items/codes?fields=code,text&sort=code')).toEqual([
        { code: 'alpha', text: 'north' },
        { code: 'beta', text: 'south' },
      ]);
    });
  });

  describe('as a super-admin', () => {
    it('has to say which tenant a row belongs to, unless its references tell', async () => {
      const { superAdmin } = world();

      expect(await superAdmin.send('POST', '/items/projects', { title: 'nobody' })).toMatchObject({
        status: 400,
        errors: [{ extensions: { code: 'INVALID_PAYLOAD', field: 'tenant_id' } }],
      });

      const told = await superAdmin.send<Project>('POST', '/items/projects', {
        title: 'told',
        client: world().south.clients[0],
      });
      expect(told.data.tenant_id).toBe(world().south.id);
      await superAdmin.send('DELETE', `/items/projects/${told.data.id}`);
    });
  });
});
