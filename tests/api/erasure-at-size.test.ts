import { createHash, randomUUID } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Host } from '../../scripts/hosts/host.ts';
import type { Erasure } from '../../src/client/index.ts';
import { dumpOf, rowsOnlyIn, storedFiles, type Dump } from '../support/dump.ts';
import { runSql } from '../support/sql.ts';
import { createTenant, must, type World } from '../support/world.ts';
import { startWorld } from '../support/worlds.ts';

interface Size {
  projects: number;
  tags: number;
  files: number;
}

/** 100,000 rows: a task for each project, and a tag for each fifth one, with the row that ties it to the project. */
const LARGE: Size = { projects: 40_000, tags: 10_000, files: 500 };
const SMALL: Size = { projects: 4_000, tags: 1_000, files: 100 };

describe('Erasing a tenant with 100,000 rows and 500 files, beside others', { timeout: 180_000 }, () => {
  let host: Host;
  let world: World;
  let others: string[];
  let counts: Record<string, number>;
  let storage: number;
  let before: Dump;
  let after: Dump;
  let storedBefore: Map<string, string>;
  let erasure: Erasure;

  const sql = (statement: string, values: (string | number)[] = []): Promise<Record<string, unknown>[]> =>
    runSql(host.database, statement, values);

  /** Rows as they would be after years, with references within a table and between tables. */
  const fill = async (tenant: string, { projects, tags, files }: Size): Promise<void> => {
    await sql(
      `INSERT INTO projects (title, budget, tenant_id)
        SELECT 'project ' || number, number, ?::uuid FROM generate_series(1, ?) AS number`,
      [tenant, projects],
    );
    await sql(
      `INSERT INTO tasks (title, project, tenant_id)
        SELECT 'task', id, tenant_id FROM projects WHERE tenant_id = ? AND title LIKE 'project %'`,
      [tenant],
    );
    await sql(
      `UPDATE tasks SET parent = id - 1 WHERE tenant_id = ? AND title = 'task'
        AND EXISTS (SELECT 1 FROM tasks AS other WHERE other.id = tasks.id - 1 AND other.tenant_id = tasks.tenant_id)`,
      [tenant],
    );
    await sql(
      `INSERT INTO tags (name, tenant_id) SELECT 'tag ' || number, ?::uuid FROM generate_series(1, ?) AS number`,
      [tenant, tags],
    );
    await sql(
      `INSERT INTO projects_tags (projects_id, tags_id, tenant_id)
        SELECT project.id, tag.id, tag.tenant_id
        FROM (SELECT id, row_number() OVER (ORDER BY id) AS number FROM projects WHERE tenant_id = ?) AS project
        JOIN (SELECT id, tenant_id, row_number() OVER (ORDER BY id) AS number FROM tags
          WHERE tenant_id = ? AND name LIKE 'tag %') AS tag USING (number)`,
      [tenant, tenant],
    );
    await sql(
      `INSERT INTO directus_activity (action, collection, item)
        SELECT 'create', 'projects', id::text FROM projects WHERE tenant_id = ? AND title LIKE 'project %0'`,
      [tenant],
    );

    for (let file = 0; file < files; file += 1) {
      const id = randomUUID();
      await writeFile(join(host.directory, 'uploads', `${id}.txt`), `${tenant} ${file}`);
      // What Directus derives from a file is beside it.
      if (file % 10 === 0) await writeFile(join(host.directory, 'uploads', `${id}__derived.txt`), `${tenant} ${file}`);
    }
  };

  /** Registers what is stored and has no row yet. */
  const registerFiles = async (tenant: string): Promise<void> => {
    const known = new Set((await sql('SELECT filename_disk FROM directus_files')).map((row) => row['filename_disk']));
    const names = (await storedFiles(host)).filter((name) => !name.includes('__') && !known.has(name));
    await sql(
      `INSERT INTO directus_files (id, storage, filename_disk, filename_download, type, filesize, tenant_id)
        SELECT replace(name, '.txt', '')::uuid, 'local', name, name, 'text/plain', 40, ?::uuid
        FROM json_array_elements_text(?::json) AS name`,
      [tenant, JSON.stringify(names)],
    );
  };

  const storedNow = async (): Promise<Map<string, string>> => {
    const names = await storedFiles(host);
    const contents = await Promise.all(names.map((name) => readFile(join(host.directory, 'uploads', name))));
    return new Map(names.map((name, at) => [name, createHash('sha256').update(contents[at]!).digest('hex')]));
  };

  beforeAll(async () => {
    ({ host, world } = await startWorld({ directus: '11', database: 'postgres' }));
    const west = await createTenant(host.url, world.superAdmin, 'West');
    others = [world.south.id, west.id];

    for (const [tenant, size] of [
      [world.north.id, LARGE],
      [world.south.id, SMALL],
      [west.id, SMALL],
    ] as const) {
      await fill(tenant, size);
      await registerFiles(tenant);
    }

    const tables = await sql(
      `SELECT table_name AS name FROM information_schema.columns WHERE column_name = 'tenant_id' AND table_schema = 'public'`,
    );
    counts = { directus_users: 3, directus_roles: 1, tenants: 1 };
    for (const { name } of tables) {
      const [row] = await sql(`SELECT COUNT(*) AS count FROM ${String(name)} WHERE tenant_id = ?`, [world.north.id]);
      if (Number(row!['count']) > 0) counts[String(name)] = Number(row!['count']);
    }
    const [sum] = await sql('SELECT SUM(filesize) AS sum FROM directus_files WHERE tenant_id = ?', [world.north.id]);
    storage = Number(sum!['sum']);

    before = await dumpOf(host.database);
    storedBefore = await storedNow();
    erasure = await must<Erasure>(world.superAdmin, 'DELETE', '/tenancy/tenants/north?confirm=north');
    after = await dumpOf(host.database);
  }, 300_000);

  afterAll(async () => {
    await host?.stop();
    await host?.database.drop();
  });

  it('reports what was counted before', () => {
    expect(counts['projects']! + counts['tasks']! + counts['tags']! + counts['projects_tags']!).toBeGreaterThan(
      100_000,
    );
    expect(counts['directus_files']).toBe(500);
    expect(erasure).toMatchObject({ erased: counts, storage, left: [] });

    // And of what has no tenant of its own, such as activity, what is gone.
    const gone = rowsOnlyIn(before, after);
    const changed = rowsOnlyIn(after, before);
    const expected = Object.fromEntries(
      Object.keys(erasure.erased).map((table) => [table, (gone[table] ?? []).length - (changed[table] ?? []).length]),
    );
    expect(erasure.erased).toEqual(expected);
    expect(erasure.erased['directus_activity']).toBeGreaterThan(4_000);
  });

  it('leaves every row of the others as it was', () => {
    const rowsOfOthers = (dump: Dump, table: string): string[] =>
      (dump.get(table) ?? []).filter((row) => others.some((tenant) => row.includes(tenant)) || row.includes('south-'));

    let compared = 0;
    for (const table of before.keys()) {
      const [then, now] = [rowsOfOthers(before, table), rowsOfOthers(after, table)];
      expect(now.length, table).toBe(then.length);
      expect(now.join('\n') === then.join('\n'), `rows of others in "${table}" are the same`).toBe(true);
      compared += now.length;
    }
    expect(compared).toBeGreaterThan(20_000);
  });

  it('leaves no row but what it has to, and changes none but the activity of who is gone', () => {
    for (const [table, rows] of after) {
      if (['tenancy_audit', 'tenancy_erasures'].includes(table)) continue;
      expect(rows.filter((row) => row.includes(world.north.id)).length, table).toBe(0);
    }
    expect(Object.keys(rowsOnlyIn(after, before)).sort()).toEqual(['tenancy_audit', 'tenancy_erasures']);
  });

  it('leaves every stored file of the others as it was, and none of the tenant', async () => {
    const files = await sql('SELECT id FROM directus_files');
    const ids = new Set(files.map((row) => String(row['id'])));
    expect(files).toHaveLength(2 * SMALL.files);

    const kept = [...storedBefore].filter(([name]) => ids.has(name.slice(0, 36)));
    expect(storedBefore.size - kept.length).toBe(1.1 * LARGE.files);
    expect([...(await storedNow())]).toEqual(kept);
  });
});
