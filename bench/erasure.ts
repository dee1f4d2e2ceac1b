import knex from 'knex';
import { createDatabase } from '../scripts/hosts/databases.ts';
import { defaultSuperAdmin } from '../scripts/hosts/environment.ts';
import { startHost } from '../scripts/hosts/host.ts';
import { installHost } from '../scripts/hosts/install.ts';
import { startPostgres } from '../scripts/hosts/postgres.ts';
import { login } from '../tests/support/client.ts';
import { createWorld, must, uploadFile } from '../tests/support/world.ts';
import { parseArgs } from 'node:util';

// `npm run bench -- erasure [--rows 100000] [--files 500]`: erases a tenant with many rows and files on PostgreSQL, beside
// another one with as many rows. Half of the rows refer to the other half, and each has activity and a revision.

const { values } = parseArgs({
  options: { rows: { type: 'string', default: '100000' }, files: { type: 'string', default: '500' } },
});
const half = Number(values.rows) / 2;
const files = Number(values.files);
const say = (text: string): void => void process.stdout.write(`${text}\n`);

const server = await startPostgres();
const install = await installHost('11');
const database = await createDatabase('postgres', {
  server: server.url,
  template: { install, superAdmin: defaultSuperAdmin },
});
if ('filename' in database.connection) throw new Error('PostgreSQL was asked for.');
const sql = knex({ client: 'pg', connection: database.connection.connectionString, pool: { min: 1, max: 2 } });
const host = await startHost({ directus: '11', database });

try {
  const { north, south } = await createWorld(host);

  for (const { id } of [north, south]) {
    await sql.raw(
      `INSERT INTO projects (title, tenant_id) SELECT 'project ' || number, ?::uuid FROM generate_series(1, ?) AS number`,
      [id, half],
    );
    await sql.raw(
      `INSERT INTO tasks (title, project, tenant_id) SELECT 'task ' || id, id, tenant_id FROM projects WHERE tenant_id = ?`,
      [id],
    );
  }

  for (const table of ['projects', 'tasks']) {
    await sql.raw(`INSERT INTO directus_activity (action, collection, item) SELECT 'create', ?, id::text FROM ??`, [
      table,
      table,
    ]);
    await sql.raw('ANALYZE ??', [table]);
  }
  await sql.raw(
    `INSERT INTO directus_revisions (activity, collection, item, data) SELECT id, collection, item, '{}' FROM directus_activity`,
  );
  await sql.raw('ANALYZE directus_activity, directus_revisions');
  for (let file = 0; file < files; file += 1) await uploadFile(north.owner, `north-${file}`);
  say(`${2 * half} rows for each of two tenants, ${files} files for one.`);

  const superAdmin = await login(host.url, host.superAdmin);
  const start = performance.now();
  const result = await must<{ erased: Record<string, number>; left: unknown[] }>(
    superAdmin,
    'DELETE',
    '/tenancy/tenants/north?confirm=north',
  );
  say(`Erased in ${((performance.now() - start) / 1000).toFixed(1)} s: ${JSON.stringify(result.erased)}.`);
} finally {
  await host.stop();
  await sql.destroy();
  await database.drop();
  await server.stop();
}
