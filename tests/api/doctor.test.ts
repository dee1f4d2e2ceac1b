import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Database } from '../../scripts/hosts/databases.ts';
import { startHost, type Host } from '../../scripts/hosts/host.ts';
import type { DoctorCheck, DoctorReport } from '../../src/tenancy/doctor/report.ts';
import { POLICIES, TENANTS_ROLE } from '../../src/tenancy/managed.ts';
import type { CollectionScope } from '../../src/tenancy/types.ts';
import { UNCACHED } from '../support/cells.ts';
import { login, send, type Account } from '../support/client.ts';
import { createCollection } from '../support/collections.ts';
import { startTestHost } from '../support/host.ts';
import { createPerson, createPolicy, everythingOn, logInAgain } from '../support/people.ts';
import { runSql } from '../support/sql.ts';
import { allowUnownedRows } from '../support/unowned.ts';
import { createReadingFlow, must, type World } from '../support/world.ts';
import { startWorld } from '../support/worlds.ts';

type MendedReport = DoctorReport & { fixed: { id: string; message: string }[] };

const examine = (superAdmin: Account): Promise<DoctorReport> => must(superAdmin, 'GET', '/tenancy/doctor');

const mend = (superAdmin: Account, ...checks: string[]): Promise<MendedReport> =>
  must(superAdmin, 'POST', '/tenancy/doctor/fix', { checks });

function pick({ checks }: DoctorReport, id: string): DoctorCheck {
  const check = checks.find((candidate) => candidate.id === id);
  if (!check) throw new Error(`The report has no check "${id}".`);
  return check;
}

/** Runs a statement that foreign keys would refuse, as a restored dump or a bulk load does. */
async function runWithoutForeignKey(database: Database, constraint: string, table: string, sql: string): Promise<void> {
  if ('filename' in database.connection) {
    const file = new DatabaseSync(database.connection.filename, {
      timeout: 10_000,
      enableForeignKeyConstraints: false,
    });
    file.exec(sql);
    file.close();
    return;
  }

  await runSql(database, `ALTER TABLE ${table} DROP CONSTRAINT ${constraint}`);
  await runSql(database, sql);
}

describe.each(UNCACHED)('The doctor (Directus $directus, $database)', (cell) => {
  let host: Host;
  let world: World;
  let superAdmin: Account;

  const check = async (id: string): Promise<DoctorCheck> => pick(await examine(superAdmin), id);
  const sql = (statement: string, values: (string | number | null)[] = []) => runSql(host.database, statement, values);
  const dropIndex = async (table: string, index: string) => {
    if (cell.database !== 'mariadb') return sql(`DROP INDEX ${index}`);

    // A foreign key keeps the last index that begins with its column.
    await sql(`ALTER TABLE ${table} DROP CONSTRAINT IF EXISTS ${table}_tenant_id_foreign`);
    return sql(`DROP INDEX ${index} ON ${table}`);
  };
  const passes = async (id: string): Promise<void> => {
    expect(await check(id)).toMatchObject({ id, status: 'pass', fix: null, fixable: false });
  };

  /** Mends one check, sees that nothing is left of it, and that a second time there is nothing to do. */
  const mendsFully = async (id: string): Promise<string> => {
    const report = await mend(superAdmin, id);
    expect(report.fixed).toHaveLength(1);
    expect(report.fixed[0]?.id).toBe(id);
    expect(pick(report, id)).toMatchObject({ status: 'pass', fixable: false });
    expect((await mend(superAdmin, id)).fixed).toEqual([]);
    return report.fixed[0]!.message;
  };

  beforeAll(async () => {
    ({ host, world } = await startWorld(cell));
    ({ superAdmin } = world);
  });

  afterAll(async () => {
    await host?.stop();
    await host?.database.drop();
  });

  it('finds nothing wrong with a fresh world but what there is to know about it', async () => {
    const { status, checks } = await examine(superAdmin);
    const unusual = checks.filter((candidate) => candidate.status !== 'pass').map(({ id }) => id);

    // The world has an alias from a shared collection, and its hosts run with sockets.
    expect(unusual).toEqual(['bridges', 'graphql-subscriptions']);
    expect(status).toBe('warn');
    expect(new Set(checks.map(({ id }) => id)).size).toBe(checks.length);
  });

  describe('is for super-admins only', () => {
    it.each([
      ['GET', '/tenancy/doctor', undefined],
      ['POST', '/tenancy/doctor/fix', { checks: ['missing-indexes'] }],
    ] as const)('%s %s', async (method, path, body) => {
      const staff = await createPerson(host.url, superAdmin);
      for (const { token } of [world.north.owner, world.north.viewer, staff, { token: null }]) {
        expect(await send(host.url, method, path, { token, body })).toMatchObject({
          status: 403,
          errors: [{ extensions: { code: 'FORBIDDEN' } }],
        });
      }
      await must(superAdmin, 'DELETE', `/users/${staff.id}`);
    });
  });

  it.each([
    [{ checks: ['missing-indexes', 'headache'] }, 'checks.1', /names no check \("headache"\); there are .*walls/],
    [{ checks: ['missing-indexes', 'bridges'] }, 'checks.1', /cannot mend safely\. Do it by hand: Delete these fields/],
    [{ checks: ['walls'] }, 'checks.0', /cannot mend safely\. There is nothing to do/],
    [{ checks: [] }, 'checks', /must name a check/],
    [{ checks: 'missing-indexes' }, 'checks', /must be a list/],
    [{ checks: [1] }, 'checks.0', /must be the id of a check/],
    [{ checks: ['missing-indexes'], force: true }, 'force', /is not a field/],
    [{}, 'checks', /is required/],
  ])('refuses to fix %j', async (body, field, message) => {
    expect(await superAdmin.send('POST', '/tenancy/doctor/fix', body)).toMatchObject({
      status: 400,
      errors: [
        {
          message: expect.stringMatching(message) as string,
          extensions: { code: 'INVALID_PAYLOAD', field },
        },
      ],
    });
  });

  it('mends nothing when one of the checks cannot be mended', async () => {
    await dropIndex('tasks', 'tenancy_tasks_tenant_id_id_index');
    expect(
      (await superAdmin.send('POST', '/tenancy/doctor/fix', { checks: ['missing-indexes', 'flows'] })).status,
    ).toBe(400);
    expect(await check('missing-indexes')).toMatchObject({ status: 'warn' });
    await mendsFully('missing-indexes');
  });

  it('finds permissions that lost the tenant rule, of any policy, and stores it again', async () => {
    const policy = await createPolicy(superAdmin, everythingOn(['projects']));
    const { name } = await must<{ name: string }>(superAdmin, 'GET', `/policies/${policy}`);
    await passes('stored-rules');

    await sql('UPDATE directus_permissions SET permissions = NULL, validation = NULL WHERE policy = ?', [policy]);
    await sql("UPDATE directus_permissions SET permissions = NULL WHERE collection = 'clients' AND action = 'read'");
    const drifted = await check('stored-rules');
    expect(drifted).toMatchObject({ status: 'warn', fixable: true });
    expect(drifted.message).toContain(`update on projects in "${name}"`);
    expect(drifted.message).toContain('and 1 more');

    expect(await mendsFully('stored-rules')).toContain('and 1 more');
    const rows = await sql('SELECT permissions FROM directus_permissions WHERE policy = ?', [policy]);
    expect(rows).toHaveLength(5);
    for (const { permissions } of rows) expect(JSON.stringify(permissions)).toContain('$CURRENT_ROLE');
  });

  it('stores the rules of a collection that an interrupted run left without', async () => {
    await sql("UPDATE tenancy_scopes SET rules_stored = (1 = 0) WHERE collection = 'tags'");
    await sql("DELETE FROM directus_permissions WHERE collection = 'tags'");
    expect(await check('stored-rules')).toMatchObject({
      status: 'warn',
      message: expect.stringContaining('The permissions of tags do not follow') as string,
    });

    await mendsFully('stored-rules');
    expect(await must(world.north.viewer, 'GET', '/items/tags')).toHaveLength(2);
  });

  it('finds managed policies that give more or less than installed', async () => {
    const path = (level: keyof typeof POLICIES): string => `/policies/${POLICIES[level]}`;
    await sql('UPDATE directus_policies SET admin_access = (1 = 1) WHERE id = ?', [POLICIES.viewer]);
    await must(superAdmin, 'PATCH', path('api'), { app_access: true });
    await must(superAdmin, 'PATCH', path('owner'), { enforce_tfa: true });

    const changed = await check('managed-policies');
    expect(changed).toMatchObject({ status: 'fail', fixable: false });
    expect(changed.message).toMatch(/"Tenant Viewer" gives admin access.*"Tenant API" gives access to the Data Studio/);
    expect(changed.fix).toMatch(/Switch off "Admin Access" in the policy "Tenant Viewer"/);
    expect(changed.message).not.toContain('Tenant Owner');
    expect(await check('super-admins')).toMatchObject({ status: 'fail' });

    await must(superAdmin, 'PATCH', path('viewer'), { admin_access: false });
    await must(superAdmin, 'PATCH', path('api'), { app_access: false });
    await must(superAdmin, 'PATCH', path('owner'), { enforce_tfa: false });
    await passes('managed-policies');
  });

  it('attaches "Tenant Member" to the role "Tenants" again', async () => {
    const [attached] = await must<{ id: string }[]>(superAdmin, 'GET', `/access?filter[role][_eq]=${TENANTS_ROLE}`);
    await must(superAdmin, 'DELETE', `/access/${attached!.id}`);
    expect(await check('managed-policies')).toMatchObject({ status: 'fail', fixable: true });

    await mendsFully('managed-policies');
    expect(await must(world.north.owner, 'GET', '/items/projects')).toHaveLength(3);
  });

  it('puts the role of a tenant back below the role "Tenants"', async () => {
    await sql('UPDATE directus_roles SET parent = NULL WHERE id = ?', [world.north.id]);
    await sql('UPDATE directus_roles SET parent = ? WHERE id = ?', [world.south.id, TENANTS_ROLE]);
    expect(await check('tenant-roles')).toMatchObject({
      status: 'fail',
      fixable: true,
      message: expect.stringMatching(/"Tenants" is below another role.*role of 1 tenant \(North\)/) as string,
    });

    expect(await mendsFully('tenant-roles')).toMatch(/Took the role "Tenants" out.*Put the role of North below/);
  });

  it('creates the role of a tenant again', async () => {
    const { id } = await must<{ id: string }>(superAdmin, 'POST', '/tenancy/tenants', { name: 'West' });
    await sql('DELETE FROM directus_roles WHERE id = ?', [id]);
    expect(await check('tenant-roles')).toMatchObject({
      status: 'fail',
      message: expect.stringContaining('1 tenant without role (West)') as string,
    });

    await mendsFully('tenant-roles');
    expect(await must(superAdmin, 'GET', `/roles/${id}?fields=name,parent`)).toEqual({
      name: 'West',
      parent: TENANTS_ROLE,
    });
  });

  it('finds roles of no tenant, users of the role "Tenants", and policies of one tenant only', async () => {
    // The write wall refuses all of this, so it comes from before the bundle, or from the database.
    const role = await must<{ id: string }>(superAdmin, 'POST', '/roles', { name: 'Stray' });
    const below = await must<{ id: string }>(superAdmin, 'POST', '/roles', { name: 'Below' });
    await sql('UPDATE directus_roles SET parent = ? WHERE id = ?', [TENANTS_ROLE, role.id]);
    await sql('UPDATE directus_roles SET parent = ? WHERE id = ?', [world.north.id, below.id]);
    const policy = await createPolicy(superAdmin, []);
    const { name } = await must<{ name: string }>(superAdmin, 'GET', `/policies/${policy}`);
    const access = await must<{ id: string }>(superAdmin, 'POST', '/access', { role: role.id, policy });
    await sql('UPDATE directus_access SET role = ? WHERE id = ?', [world.north.id, access.id]);
    const person = await createPerson(host.url, superAdmin);
    await sql('UPDATE directus_users SET role = ? WHERE id = ?', [TENANTS_ROLE, person.id]);

    const found = await check('tenant-roles');
    expect(found).toMatchObject({ status: 'warn', fixable: false });
    expect(found.message).toContain('2 roles below the role "Tenants" without a tenant (Below and Stray)');
    expect(found.message).toContain(`North: ${name}`);
    expect(found.message).toContain(person.email);
    expect((await mend(superAdmin, 'tenant-roles')).fixed).toEqual([]);

    await must(superAdmin, 'DELETE', `/users/${person.id}`);
    await must(superAdmin, 'DELETE', `/access/${access.id}`);
    await must(superAdmin, 'DELETE', '/roles', [role.id, below.id]);
    await passes('tenant-roles');
  });

  it('finds admin access of members: of their own, through the role, and as a level', async () => {
    const { id: policy } = await must<{ id: string }>(superAdmin, 'POST', '/policies', {
      name: 'Everything',
      admin_access: true,
      app_access: true,
    });

    const person = await createPerson(host.url, superAdmin, { policies: [policy] });
    await passes('super-admins');
    await sql('UPDATE directus_users SET role = ? WHERE id = ?', [world.north.id, person.id]);
    const direct = await check('super-admins');
    expect(direct).toMatchObject({ status: 'fail', fixable: false });
    expect(direct.message).toContain(`1 member of a tenant (${person.email}) with admin access`);
    await must(superAdmin, 'DELETE', `/users/${person.id}`);

    const staff = await must<{ id: string }>(superAdmin, 'POST', '/roles', { name: 'Others' });
    const access = await must<{ id: string }>(superAdmin, 'POST', '/access', { role: staff.id, policy });
    await sql('UPDATE directus_access SET role = ? WHERE id = ?', [world.south.id, access.id]);
    expect(await check('super-admins')).toMatchObject({
      status: 'fail',
      message: expect.stringContaining('The role of 1 tenant (South) has admin access') as string,
    });
    await must(superAdmin, 'DELETE', `/access/${access.id}`);

    // Somebody on the list of a tenant, whose role has admin access through the role above.
    const [viewer] = await sql('SELECT id FROM directus_users WHERE email = ?', [world.north.viewer.email]);
    const top = await must<{ id: string }>(superAdmin, 'POST', '/roles', { name: 'Top' });
    const role = await must<{ id: string }>(superAdmin, 'POST', '/roles', { name: 'Staff', parent: top.id });
    const above = await must<{ id: string }>(superAdmin, 'POST', '/access', { role: top.id, policy });
    await must(superAdmin, 'PATCH', `/users/${String(viewer!['id'])}`, { role: role.id });
    expect((await check('super-admins')).message).toContain(world.north.viewer.email);
    await must(superAdmin, 'PATCH', `/users/${String(viewer!['id'])}`, { role: world.north.id });
    await must(superAdmin, 'DELETE', `/access/${above.id}`);

    await sql('UPDATE tenant_members SET policy = ? WHERE user_id = ?', [policy, String(viewer!['id'])]);
    expect((await check('super-admins')).message).toContain('gives admin access: Everything');
    expect((await check('memberships')).message).toMatch(/without the policy of their level.*Tenant Viewer/);
    await sql('UPDATE tenant_members SET policy = ? WHERE user_id = ?', [POLICIES.viewer, String(viewer!['id'])]);

    await passes('super-admins');
    await passes('memberships');
  });

  it('puts users of a tenant on its list where their level is clear, and leaves the others to people', async () => {
    // Past Directus, which makes a member of whoever gets the role of a tenant.
    const createUnlisted = async (policies: string[]): Promise<{ id: string; email: string }> => {
      const person = await createPerson(host.url, superAdmin, { policies });
      await sql('UPDATE directus_users SET role = ? WHERE id = ?', [world.north.id, person.id]);
      return person;
    };

    const clear = await createUnlisted([POLICIES.editor]);
    expect(await check('memberships')).toMatchObject({
      status: 'warn',
      fixable: true,
      message: expect.stringContaining(clear.email) as string,
    });
    await mendsFully('memberships');
    const members = await must<{ user: { email: string }; level: string }[]>(
      superAdmin,
      'GET',
      `/tenancy/tenants/${world.north.id}/members`,
    );
    expect(members.find(({ user }) => user.email === clear.email)).toMatchObject({ level: 'editor' });

    const people = [await createUnlisted([]), await createUnlisted([POLICIES.editor, POLICIES.owner])];
    expect(await check('memberships')).toMatchObject({ status: 'warn', fixable: false });
    expect((await mend(superAdmin, 'memberships')).fixed).toEqual([]);
    await must(
      superAdmin,
      'DELETE',
      '/users',
      people.map(({ id }) => id),
    );

    await must(superAdmin, 'PATCH', `/users/${clear.id}`, { role: null });
    expect((await check('memberships')).message).toMatch(/1 member \(.*\) without the role of a tenant/);
    await must(superAdmin, 'DELETE', `/users/${clear.id}`);
    await passes('memberships');
  });

  it('finds rows without tenant', async () => {
    await allowUnownedRows(host.database, 'tasks');
    expect(await check('required-tenants')).toMatchObject({ status: 'warn', fixable: true });
    await sql("INSERT INTO tasks (id, title) VALUES (9001, 'a'), (9002, 'b')");
    await passes('required-tenants');
    const found = await check('unowned-rows');
    expect(found).toMatchObject({ status: 'warn', fixable: false });
    expect(found.message).toContain('2 rows of "tasks" (9001 and 9002) without tenant');

    await must(superAdmin, 'PATCH', '/items/tasks', { keys: [9001, 9002], data: { tenant_id: world.north.id } });
    await passes('unowned-rows');
  });

  it('makes the database refuse rows without tenant, where all of them have one', async () => {
    // As somebody made it by hand, or an older version of this extension, which did not mark the field.
    await allowUnownedRows(host.database, 'tags');
    await sql("UPDATE directus_fields SET special = 'm2o' WHERE collection = 'tags' AND field = 'tenant_id'");
    const found = await check('required-tenants');
    expect(found).toMatchObject({ status: 'warn', fixable: true });
    expect(found.message).toContain('tags');

    expect(await mendsFully('required-tenants')).toContain('tags');
    await expect(sql("INSERT INTO tags (name) VALUES ('nobody')")).rejects.toThrow(/null|default value/i);
    await must(world.north.editor, 'POST', '/items/tags', { name: 'north-new' });
  });

  it('gives files of members to their tenant where it is clear which', async () => {
    const upload = async (account: Account): Promise<string> => {
      const form = new FormData();
      form.set('file', new Blob(['hello'], { type: 'text/plain' }), 'hello.txt');
      return (await must<{ id: string }>(account, 'POST', '/files', form)).id;
    };

    const [editor] = await sql('SELECT id FROM directus_users WHERE email = ?', [world.south.editor.email]);
    const files = [await upload(world.north.editor), await upload(world.south.editor), await upload(superAdmin)];
    await sql('UPDATE directus_files SET tenant_id = NULL');

    // The editor of South belongs to North as well: nobody can tell for whom the file was uploaded.
    const membership = '00000000-0000-4000-8000-00000000d0c1';
    await sql('INSERT INTO tenant_members (id, tenant_id, user_id, policy) VALUES (?, ?, ?, ?)', [
      membership,
      world.north.id,
      String(editor!['id']),
      POLICIES.viewer,
    ]);

    const found = await check('unowned-rows');
    expect(found).toMatchObject({ status: 'warn', fixable: true });
    expect(found.message).toContain('2 files');
    expect(found.message).not.toContain(files[2]);

    const report = await mend(superAdmin, 'unowned-rows');
    expect(report.fixed).toMatchObject([{ message: expect.stringContaining('1 file') as string }]);
    expect(pick(report, 'unowned-rows')).toMatchObject({ status: 'warn', fixable: false });
    const owners = await sql('SELECT id, tenant_id FROM directus_files');
    expect(Object.fromEntries(owners.map(({ id, tenant_id: tenant }) => [String(id), tenant]))).toEqual({
      [files[0]!]: world.north.id,
      [files[1]!]: null,
      [files[2]!]: null,
    });

    await sql('DELETE FROM tenant_members WHERE id = ?', [membership]);
    await mendsFully('unowned-rows');
  });

  it('makes a member of an owner whose tenant was written as a row by a process that ended', async () => {
    const tenant = '00000000-0000-4000-8000-00000000d0c2';
    const person = await createPerson(host.url, superAdmin);
    await sql("INSERT INTO tenants (id, name, slug, status, owner) VALUES (?, 'Half', 'half', 'active', ?)", [
      tenant,
      person.id,
    ]);
    await sql('INSERT INTO directus_roles (id, name, parent) VALUES (?, ?, ?)', [tenant, 'Half', TENANTS_ROLE]);

    const found = await check('memberships');
    expect(found).toMatchObject({ status: 'warn', fixable: true });
    expect(found.message).toContain(`half: ${person.email}`);

    await mendsFully('memberships');
    const owner = await logInAgain(host.url, person);
    expect(await must(owner, 'GET', '/tenancy/me')).toMatchObject({ tenant: { id: tenant }, level: 'owner' });
    await must(superAdmin, 'DELETE', '/tenancy/tenants/half?confirm=half');
  });

  it('finds rows and memberships whose tenant is gone', async () => {
    const gone = '00000000-0000-4000-8000-0000000000aa';
    await runWithoutForeignKey(
      host.database,
      'tags_tenant_id_foreign',
      'tags',
      `INSERT INTO tags (id, name, tenant_id) VALUES (9001, 'lost', '${gone}')`,
    );
    await runWithoutForeignKey(
      host.database,
      'tenant_members_user_id_foreign',
      'tenant_members',
      `INSERT INTO tenant_members (id, tenant_id, user_id, policy)
       VALUES ('${gone}', '${world.north.id}', '${gone}', '${POLICIES.viewer}')`,
    );

    const found = await check('orphans');
    expect(found).toMatchObject({ status: 'warn', fixable: false });
    expect(found.message).toContain('1 row of "tags" (9001) names in "tenant_id" something that is not in "tenants"');
    expect(found.message).toContain(`1 row of "tenant_members" (${gone}) names in "user_id"`);

    await sql('DELETE FROM tags WHERE id = 9001');
    await sql('DELETE FROM tenant_members WHERE id = ?', [gone]);
    await passes('orphans');
  });

  describe('finds references that lead to another tenant', () => {
    const [one, two] = [0, 1];

    it('many-to-one, to itself, over a junction and to files', async () => {
      const { north, south } = world;
      const [file] = await sql('SELECT id FROM directus_files WHERE tenant_id = ?', [south.id]);
      await sql('UPDATE tasks SET project = ? WHERE id IN (?, ?)', [
        south.projects[one]!,
        north.tasks[one]!,
        north.tasks[two]!,
      ]);
      await sql('UPDATE tasks SET parent = ? WHERE id = ?', [south.tasks[one]!, north.tasks[one]!]);
      await sql('UPDATE projects SET client = ?, cover = ? WHERE id = ?', [
        south.clients[one]!,
        String(file!['id']),
        north.projects[one]!,
      ]);
      await sql('UPDATE projects_tags SET tags_id = ? WHERE projects_id = ?', [south.tags[one]!, north.projects[one]!]);

      const found = await check('foreign-references');
      expect(found).toMatchObject({ status: 'fail', fixable: false });
      expect(found.message).toContain(
        `2 rows of "tasks" (${north.tasks[one]} and ${north.tasks[two]}) refer in "project" to "projects" of another tenant`,
      );
      expect(found.message).toContain(`1 row of "tasks" (${north.tasks[one]}) refers in "parent"`);
      expect(found.message).toContain('in "client" to "clients" of another tenant');
      expect(found.message).toContain('in "cover" to "directus_files" of another tenant');
      expect(found.message).toContain('in "tags_id" to "tags" of another tenant');

      await sql('UPDATE tasks SET project = NULL, parent = NULL WHERE tenant_id = ?', [north.id]);
      await sql('UPDATE projects SET client = NULL, cover = NULL WHERE tenant_id = ?', [north.id]);
      await sql('DELETE FROM projects_tags WHERE tenant_id = ?', [north.id]);
      await passes('foreign-references');
    });

    it('to users, where they are in no way of the own tenant', async () => {
      const { north, south } = world;
      const [stranger] = await sql('SELECT id FROM directus_users WHERE email = ?', [south.viewer.email]);
      await sql('UPDATE directus_files SET uploaded_by = ? WHERE tenant_id = ?', [String(stranger!['id']), north.id]);
      const found = await check('foreign-references');
      expect(found).toMatchObject({ status: 'warn' });
      expect(found.message).toMatch(
        /1 row of "directus_files" \(.*\) refers in "uploaded_by" to users of another tenant/,
      );

      await sql('UPDATE directus_users SET role = ? WHERE id = ?', [north.id, String(stranger!['id'])]);
      await passes('foreign-references');
      await sql('UPDATE directus_users SET role = ? WHERE id = ?', [south.id, String(stranger!['id'])]);
      await sql('UPDATE directus_files SET uploaded_by = NULL');
    });

    it('many-to-any, with keys of every kind', async () => {
      const { north, south } = world;
      await createCollection(superAdmin, 'blocks', [
        { field: 'item', type: 'string', schema: {} },
        { field: 'collection', type: 'string', schema: {} },
      ]);
      await must(superAdmin, 'PUT', '/tenancy/collections/blocks', { scope: 'tenant' });
      await must(superAdmin, 'POST', '/relations', {
        collection: 'blocks',
        field: 'item',
        related_collection: null,
        meta: { one_collection_field: 'collection', one_allowed_collections: ['projects', 'clients'] },
      });

      const add = (id: number, collection: string, item: string): Promise<unknown> =>
        sql('INSERT INTO blocks (id, item, collection, tenant_id) VALUES (?, ?, ?, ?)', [
          id,
          item,
          collection,
          north.id,
        ]);
      await add(1, 'projects', String(north.projects[one]));
      await add(2, 'projects', String(south.projects[one]));
      await add(3, 'clients', south.clients[one]!);
      await add(4, 'clients', north.clients[one]!);

      const found = await check('foreign-references');
      expect(found).toMatchObject({ status: 'fail' });
      expect(found.message).toBe(
        '1 row of "blocks" (2) refers in "item" to "projects" of another tenant. ' +
          '1 row of "blocks" (3) refers in "item" to "clients" of another tenant.',
      );
      await must(superAdmin, 'DELETE', '/collections/blocks');
      await passes('foreign-references');
    });
  });

  it('finds values that are unique across tenants', async () => {
    await must(superAdmin, 'POST', '/fields/projects', { field: 'code', type: 'string', schema: { is_unique: true } });
    const found = await check('unique-values');
    expect(found).toMatchObject({ status: 'warn', fixable: true });
    expect(found.message).toContain('projects.code');
    expect(found.fix).toContain('PATCH /tenancy/collections/:collection/fields/:field');

    expect(await mendsFully('unique-values')).toContain('projects.code');
    const unique = (await must<CollectionScope[]>(superAdmin, 'GET', '/tenancy/collections')).find(
      ({ collection }) => collection === 'projects',
    )?.unique;
    expect(unique).toEqual([{ field: 'code', within: 'tenant' }]);
    await must(superAdmin, 'PATCH', '/tenancy/collections/projects/fields/code', { unique: false });

    await sql('CREATE UNIQUE INDEX code_and_title ON projects (code, title)');
    const byHand = await check('unique-values');
    expect(byHand).toMatchObject({ status: 'warn', fixable: false });
    expect(byHand.message).toContain('projects.code + title');
    expect(byHand.fix).toContain('tenant_id');
    expect((await mend(superAdmin, 'unique-values')).fixed).toEqual([]);
    await dropIndex('projects', 'code_and_title');

    await sql('CREATE UNIQUE INDEX code_within_tenant ON projects (tenant_id, code)');
    await passes('unique-values');
    await dropIndex('projects', 'code_within_tenant');
    await must(superAdmin, 'DELETE', '/fields/projects/code');
  });

  it('builds indexes that are missing', async () => {
    await dropIndex('tasks', 'tenancy_tasks_tenant_id_id_index');
    await dropIndex('directus_files', 'tenancy_directus_files_tenant_id_id_index');
    const found = await check('missing-indexes');
    expect(found).toMatchObject({ status: 'warn', fixable: true });
    expect(found.message).toContain('directus_files and tasks');

    expect(await mendsFully('missing-indexes')).toContain('directus_files and tasks');
  });

  it('builds indexes of references between rows of tenants that are missing', async () => {
    // A foreign key keeps its index there.
    if (cell.database === 'mariadb') return;
    await dropIndex('tasks', 'tenancy_tasks_project_tenant_id_index');
    await dropIndex('directus_files', 'tenancy_directus_files_folder_tenant_id_index');
    const references = /(directus_files\.folder and tasks\.project|tasks\.project and directus_files\.folder)/;
    const found = await check('missing-indexes');
    expect(found).toMatchObject({ status: 'warn', fixable: true });
    expect(found.message).toMatch(references);

    expect(await mendsFully('missing-indexes')).toMatch(references);
  });

  it('knows the fields that are bridges', async () => {
    expect((await check('bridges')).message).toContain('countries.clients (into clients)');

    const setAlias = (collection: string, field: string, related: string, alias: string | null): Promise<unknown> =>
      must(superAdmin, 'PATCH', `/relations/${collection}/${field}`, {
        collection,
        field,
        related_collection: related,
        meta: { one_field: alias },
      });

    await setAlias('tasks', 'tenant_id', 'tenants', 'tasks');
    await must(superAdmin, 'POST', '/fields/tenants', { field: 'tasks', type: 'alias', meta: { special: ['o2m'] } });
    const found = await check('bridges');
    expect(found).toMatchObject({ status: 'warn', fixable: false });
    expect(found.message).toContain('tenants.tasks (into tasks)');

    await setAlias('tasks', 'tenant_id', 'tenants', null);
    await setAlias('clients', 'country', 'countries', null);
    await passes('bridges');
    await setAlias('clients', 'country', 'countries', 'clients');
  });

  it('finds what the public may do with what belongs to tenants', async () => {
    const [access] = await must<{ policy: string }[]>(
      superAdmin,
      'GET',
      '/access?filter[role][_null]=true&filter[user][_null]=true',
    );
    const permission = await must<{ id: number }>(superAdmin, 'POST', '/permissions', {
      policy: access!.policy,
      collection: 'projects',
      action: 'read',
      fields: ['*'],
    });
    expect(await check('public-access')).toMatchObject({
      status: 'warn',
      message: expect.stringContaining('projects: read') as string,
    });

    await must(superAdmin, 'DELETE', `/permissions/${permission.id}`);
    await passes('public-access');
  });

  it('finds registration into a tenant', async () => {
    // The write wall refuses the role of all tenants, so it comes from before the bundle, or from the database.
    const register = async (role: string | null, open = true): Promise<void> => {
      await must(superAdmin, 'PATCH', '/settings', { public_registration: open });
      await sql('UPDATE directus_settings SET public_registration_role = ?', [role]);
    };

    await register(world.north.id);
    expect(await check('registration')).toMatchObject({
      status: 'warn',
      message: expect.stringContaining('can become a member of the tenant "North" (viewer)') as string,
    });
    await register(TENANTS_ROLE);
    expect(await check('registration')).toMatchObject({ status: 'warn' });
    await register(null);
    await passes('registration');
    await register(world.north.id, false);
    await passes('registration');
  });

  it('finds flows with full access', async () => {
    const idOf = (path: string): string => path.split('/').at(-1)!;
    const tame = idOf(await createReadingFlow(superAdmin, world.north.id));
    await passes('flows');

    const wild = idOf(await createReadingFlow(superAdmin, '$full'));
    expect(await check('flows')).toMatchObject({
      status: 'warn',
      message: expect.stringContaining('Flows that a webhook starts act with full access: "As a tenant"') as string,
    });
    await must(superAdmin, 'PATCH', `/flows/${wild}`, {
      name: 'Nightly',
      trigger: 'schedule',
      options: { cron: '0 0 1 1 *' },
    });
    expect((await check('flows')).message).toContain('Flows act with full access: "Nightly"');
    await must(superAdmin, 'PATCH', `/flows/${wild}`, { status: 'inactive' });
    await passes('flows');
    for (const flow of [tame, wild]) await must(superAdmin, 'DELETE', `/flows/${flow}`);
  });

  it('finds content versioning in collections of tenants', async () => {
    await must(superAdmin, 'PATCH', '/collections/countries', { meta: { versioning: true } });
    await passes('versioning');
    await must(superAdmin, 'PATCH', '/collections/projects', { meta: { versioning: true } });
    expect(await check('versioning')).toMatchObject({
      status: 'warn',
      message: expect.stringContaining('projects') as string,
    });
    await must(superAdmin, 'PATCH', '/collections/projects', { meta: { versioning: false } });
    await passes('versioning');
  });

  it('finds environment variables that weaken isolation', async () => {
    await passes('landing-level');
    const ids = ['must-load', 'cache', 'graphql-subscriptions', 'resumable-uploads', 'auto-reload'];

    for (const [value, status] of [
      ['true', 'warn'],
      ['false', 'pass'],
    ] as const) {
      const other = await startHost({
        directus: cell.directus,
        database: host.database,
        env: {
          EXTENSIONS_MUST_LOAD: String(value === 'false'),
          CACHE_ENABLED: value,
          WEBSOCKETS_GRAPHQL_ENABLED: value,
          TUS_ENABLED: value,
          EXTENSIONS_AUTO_RELOAD: value,
        },
      });

      try {
        const report = await examine(await login(other.url, other.superAdmin));
        expect(ids.map((id) => [id, pick(report, id).status])).toEqual(ids.map((id) => [id, status]));
        for (const id of ids) if (status === 'warn') expect(pick(report, id).fix).toMatch(/Set /);
      } finally {
        await other.stop();
      }
    }
  });

  describe('on the command line', () => {
    const doctor = (...options: string[]): Promise<string> => host.run('tenancy', 'doctor', ...options);

    it('prints a report for people, and passes with warnings', async () => {
      const output = await doctor();
      expect(output).toContain('pass  walls: All walls are registered in this command');
      expect(output).toContain('pass  licence: Custom permission rules are available.');
      expect(output).toMatch(/warn {2}bridges: .*countries\.clients/);
      expect(output).toContain('What to do: Delete these fields');
      expect(output).toMatch(/\d+ checks: \d+ passed, 2 with a warning, 0 failed\./);
    });

    it('prints the same as JSON, in the last line', async () => {
      const report = JSON.parse((await doctor('--json')).trim().split('\n').at(-1)!) as DoctorReport;
      const { checks } = await examine(superAdmin);
      expect(report.checks.map(({ id, status }) => [id, status])).toEqual(checks.map(({ id, status }) => [id, status]));
    });

    it('exits with 1 for warnings where it is strict, and for failures', { timeout: 240_000 }, async () => {
      await expect(doctor('--strict')).rejects.toThrow('exit code 1');

      await sql('UPDATE directus_roles SET parent = NULL WHERE id = ?', [world.north.id]);
      await expect(doctor()).rejects.toThrow(/exit code 1[^]*fail {2}tenant-roles[^]*--fix tenant-roles/);
      expect(await doctor('--fix', 'tenant-roles', 'missing-indexes')).toMatch(
        /mended {2}tenant-roles: Put the role of North below/,
      );
      await passes('tenant-roles');
      expect(await doctor('--fix', 'tenant-roles')).toContain('There was nothing to mend.');
    });

    it.each([
      [['--fix', 'headache'], 'names no check ("headache")'],
      [['--fix', 'bridges'], 'Do it by hand: Delete these fields'],
    ])('says what is wrong with %j, without a stack trace', async (options, message) => {
      const failure = await doctor(...options).then(
        () => '',
        (error: unknown) => String(error),
      );
      expect(failure).toContain('exit code 2');
      expect(failure).toContain(message);
      expect(failure).not.toMatch(/^\s+at /m);
    });
  });
});

describe('The doctor on Directus 12 without custom permission rules', () => {
  let host: Host;

  beforeAll(async () => {
    host = await startTestHost({ directus: '12' });
  });

  afterAll(async () => {
    await host?.stop();
    await host?.database.drop();
  });

  it('fails for the licence alone, over HTTP and on the command line', async () => {
    const report = await examine(await login(host.url, host.superAdmin));
    expect(report.checks.filter(({ status }) => status === 'fail').map(({ id }) => id)).toEqual(['licence']);
    expect(pick(report, 'licence').fix).toContain('Activate a licence');
    expect(pick(report, 'directus-version')).toMatchObject({ status: 'pass' });

    await expect(host.run('tenancy', 'doctor')).rejects.toThrow(
      /exit code 1[^]*fail {2}licence: The licence of this project/,
    );
  });
});

describe('The command of the doctor', () => {
  it('says that Directus has to be started first', async () => {
    const host = await startTestHost({ directus: '11' });

    try {
      await runSql(host.database, 'DELETE FROM tenancy_steps WHERE number = 3');
      const failure = await host.run('tenancy', 'doctor').then(
        () => '',
        (error: unknown) => String(error),
      );
      expect(failure).toContain('exit code 2');
      expect(failure).toContain('Start Directus once, then try again.');
      expect(failure).not.toMatch(/^\s+at /m);
    } finally {
      await host.stop();
      await host.database.drop();
    }
  });
});
