import { expect, it } from 'vitest';
import { onEveryDatabase } from '../support/cells.ts';
import { must } from '../support/world.ts';

onEveryDatabase('The field tenant_id', (world) => {
  const state = async (collection: string): Promise<unknown> => {
    const { superAdmin } = world();
    return [
      await must(superAdmin, 'GET', `/fields/${collection}/tenant_id`),
      await must(superAdmin, 'GET', `/relations/${collection}/tenant_id`),
    ];
  };

  it.each<[string, string, string, unknown]>([
    ['its deletion', 'DELETE', '/fields/projects/tenant_id', undefined],
    ['another name', 'PATCH', '/fields/projects/tenant_id', { field: 'owner', meta: { note: 'x' } }],
    ['another type', 'PATCH', '/fields/projects/tenant_id', { type: 'text', schema: {} }],
    ['another type in a list', 'PATCH', '/fields/projects', [{ field: 'tenant_id', type: 'text', schema: {} }]],
    ['a unique column', 'PATCH', '/fields/projects/tenant_id', { schema: { is_unique: true } }],
    ['a default', 'PATCH', '/fields/projects/tenant_id', { schema: { default_value: 'x' } }],
    ['other special', 'PATCH', '/fields/projects/tenant_id', { meta: { special: ['uuid'] } }],
    ['no special', 'PATCH', '/fields/projects/tenant_id', { meta: { special: null } }],
    ['a foreign key elsewhere', 'PATCH', '/fields/projects/tenant_id', { schema: { foreign_key_table: 'clients' } }],
    [
      'rows that go with their tenant',
      'PATCH',
      '/relations/projects/tenant_id',
      { collection: 'projects', field: 'tenant_id', related_collection: 'tenants', schema: { on_delete: 'CASCADE' } },
    ],
    [
      'rows that lose their tenant',
      'PATCH',
      '/relations/projects/tenant_id',
      { collection: 'projects', field: 'tenant_id', related_collection: 'tenants', schema: { on_delete: 'SET NULL' } },
    ],
    [
      'another collection',
      'PATCH',
      '/relations/projects/tenant_id',
      { collection: 'projects', field: 'tenant_id', related_collection: 'clients' },
    ],
    [
      'another end',
      'PATCH',
      '/relations/projects/tenant_id',
      { collection: 'projects', field: 'tenant_id', meta: { one_collection: 'clients' } },
    ],
    ['no relation', 'DELETE', '/relations/projects/tenant_id', undefined],
    ['no tenants', 'DELETE', '/collections/tenants', undefined],
    ['no relation of files', 'DELETE', '/relations/directus_files/tenant_id', undefined],
    [
      'no relation, in GraphQL',
      'POST',
      '/graphql/system',
      { query: 'mutation { delete_relations_item(collection: "projects", field: "tenant_id") { field } }' },
    ],
    [
      'no field, in GraphQL',
      'POST',
      '/graphql/system',
      { query: 'mutation { delete_fields_item(collection: "projects", field: "tenant_id") { field } }' },
    ],
  ])('is refused %s, and stays as it is', async (_what, method, path, body) => {
    const { superAdmin, north } = world();
    const before = await state('projects');

    const answer = await superAdmin.send(method, path, body);
    expect(answer.errors[0]?.message).toMatch(/\btenant_id\b|collection "tenants"/);
    if (!path.startsWith('/graphql')) expect(answer.status).toBe(403);

    expect(await state('projects')).toEqual(before);
    expect(await must(north.viewer, 'GET', '/items/projects')).toHaveLength(3);
  });

  it('may get other looks, alone, in a list and with all that is stored beside them', async () => {
    const { superAdmin, north } = world();
    const path = '/fields/tasks/tenant_id';
    const meta = async (): Promise<Record<string, unknown>> =>
      (await must<{ meta: Record<string, unknown> }>(superAdmin, 'GET', path)).meta;

    const looks = {
      note: 'Whose',
      width: 'full',
      hidden: true,
      translations: [{ language: 'de-DE', translation: 'X' }],
    };
    await must(superAdmin, 'PATCH', path, { meta: looks });
    expect(await meta()).toMatchObject(looks);

    await must(superAdmin, 'PATCH', '/fields/tasks', [{ field: 'tenant_id', meta: { sort: 3 } }]);
    expect(await meta()).toMatchObject({ sort: 3 });

    const {
      type,
      schema,
      meta: all,
    } = await must<{ type: string; schema: object; meta: object }>(superAdmin, 'GET', path);
    await must(superAdmin, 'PATCH', path, { field: 'tenant_id', type, schema, meta: { ...all, note: 'Mine' } });
    expect(await meta()).toMatchObject({ note: 'Mine', special: ['m2o', 'uuid'] });

    const relation = await must<object>(superAdmin, 'GET', '/relations/tasks/tenant_id');
    await must(superAdmin, 'PATCH', '/relations/tasks/tenant_id', relation);
    expect(await must(north.viewer, 'GET', '/items/tasks')).toHaveLength(6);
  });

  it('is seen in the Data Studio by super-admins alone', async () => {
    const { superAdmin, north } = world();
    type Meta = { meta: { hidden: boolean; display: string } };

    for (const collection of ['projects', 'directus_files', 'directus_folders']) {
      const one = `/fields/${collection}/tenant_id`;
      const display = 'tenancy-tenant';
      expect(await must(superAdmin, 'GET', one)).toMatchObject({ meta: { hidden: false, display } });

      // Twice, since an answer may be kept and is shown to others then.
      for (const account of [north.viewer, superAdmin, north.owner]) {
        const hidden = account !== superAdmin;
        expect(await must<Meta>(account, 'GET', one)).toMatchObject({ meta: { hidden } });
        const all = await must<(Meta & { field: string; collection: string })[]>(account, 'GET', '/fields');
        expect(all.filter(({ field }) => field === 'tenant_id')).not.toEqual([]);
        expect(
          all
            .filter((row) => row.collection === collection && row.field === 'tenant_id')
            .map(({ meta }) => meta.hidden),
        ).toEqual([hidden]);
        const listed = await must<(Meta & { field: string })[]>(account, 'GET', `/fields/${collection}`);
        expect(listed.find(({ field }) => field === 'tenant_id')?.meta.hidden).toBe(hidden);
        expect(
          listed.filter(({ field, meta }) => field !== 'tenant_id' && meta?.hidden).map(({ field }) => field),
        ).toEqual(
          (await must<(Meta & { field: string })[]>(superAdmin, 'GET', `/fields/${collection}`))
            .filter(({ field, meta }) => field !== 'tenant_id' && meta?.hidden)
            .map(({ field }) => field),
        );
      }
    }
  });

  it('is not the only relation that may be changed', async () => {
    const { superAdmin, north } = world();
    const path = '/relations/tasks/project';
    const relation = await must<{ schema: object }>(superAdmin, 'GET', path);

    await must(superAdmin, 'PATCH', path, { ...relation, schema: { ...relation.schema, on_delete: 'SET NULL' } });
    expect(await must(superAdmin, 'GET', path)).toMatchObject({ schema: { on_delete: 'SET NULL' } });

    const data = '{ collection: "tasks", field: "project", related_collection: "projects" }';
    const mutation = `mutation { update_relations_item(collection: "tasks", field: "project", data: ${data}) { field } }`;
    const { status, errors } = await superAdmin.send('POST', '/graphql/system', { query: mutation });
    expect({ status, errors }).toEqual({ status: 200, errors: [] });
    expect(await must(north.viewer, 'GET', '/items/tasks')).toHaveLength(6);
  });

  it('of a collection that is not the tenants’ is nobody’s business', async () => {
    const { superAdmin } = world();
    await must(superAdmin, 'PUT', '/tenancy/collections/countries', { scope: 'shared' });
    await must(superAdmin, 'POST', '/fields/countries', { field: 'tenant_id', type: 'string', schema: {} });
    await must(superAdmin, 'PATCH', '/fields/countries/tenant_id', { type: 'text', schema: {}, meta: {} });
    expect(await must(world().north.viewer, 'GET', '/fields/countries/tenant_id')).toMatchObject({
      meta: { hidden: false },
    });
    await must(superAdmin, 'DELETE', '/fields/countries/tenant_id');
  });
});
