import { parseArgs } from 'node:util';
import { startHost } from '../scripts/hosts/host.ts';
import { login } from '../tests/support/client.ts';
import { createWorld, must, uploadFile } from '../tests/support/world.ts';
import { createProject, say } from './support/project.ts';

// `npm run bench -- erasure [--rows 100000] [--files 500]`: erases a tenant with many rows and files on PostgreSQL, beside
// another one with as many rows. Half of the rows refer to the other half, and each has activity and a revision.

const { values } = parseArgs({
  options: { rows: { type: 'string', default: '100000' }, files: { type: 'string', default: '500' } },
});
const half = Number(values.rows) / 2;
const files = Number(values.files);

const { database, sql, remove } = await createProject(2);
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
  await remove();
}
