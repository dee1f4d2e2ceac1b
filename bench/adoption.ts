import { readFile } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import type { Knex } from 'knex';
import { startHost, type Host } from '../scripts/hosts/host.ts';
import { login } from '../tests/support/client.ts';
import { createCollection } from '../tests/support/collections.ts';
import { must } from '../tests/support/world.ts';
import { createProject, say } from './support/project.ts';

// `npm run bench -- adoption [--rows 1000000]`: gives a large table to a tenant on PostgreSQL, kills Directus half-way, goes on,
// and sets that beside one plain UPDATE of an equal table: time, the longest that somebody else who writes has to wait, and
// what it takes of the memory of Directus.

const { values } = parseArgs({ options: { rows: { type: 'string', default: '1000000' } } });
const rows = Number(values.rows);

const { database, sql, remove } = await createProject(4);

/** Seconds that work takes, and the longest that a single change of another row takes meanwhile. */
async function measure(table: string, work: () => Promise<unknown>): Promise<{ seconds: number; wait: number }> {
  let isDone = false;
  let longest = 0;

  const disturb = async (): Promise<void> => {
    while (!isDone) {
      const start = performance.now();
      await sql(table)
        .where('id', 1 + Math.floor(Math.random() * rows))
        .update({ text: 'changed meanwhile' });
      longest = Math.max(longest, performance.now() - start);
      await wait(20);
    }
  };

  const start = performance.now();
  const disturbing = disturb();
  await work();
  const seconds = (performance.now() - start) / 1000;
  isDone = true;
  await disturbing;
  return { seconds, wait: longest / 1000 };
}

/** The most memory that a process has had, in MiB. */
async function peakMemory(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? NaN) / 1024;
}

const count = async (builder: Knex.QueryBuilder): Promise<number> =>
  Number(((await builder.count({ count: '*' }).first()) as { count: string }).count);

let host: Host = await startHost({ directus: '11', database });

try {
  let superAdmin = await login(host.url, host.superAdmin);
  for (const collection of ['large', 'equal', 'small']) {
    await createCollection(superAdmin, collection, [{ field: 'text', type: 'string', schema: {} }]);
    await must(superAdmin, 'PUT', `/tenancy/collections/${collection}`, { scope: 'shared' });
  }
  await must(superAdmin, 'POST', '/tenancy/tenants', { name: 'First' });

  for (const table of ['large', 'equal']) {
    await sql.raw(`INSERT INTO ?? (text) SELECT 'row ' || number FROM generate_series(1, ?) AS number`, [table, rows]);
    await sql.raw('ANALYZE ??', [table]);
  }
  say(`${rows} rows in each of two tables.`);

  const adopt = (collection: string): Promise<{ adopted: number; rows: object }> =>
    must(superAdmin, 'PUT', `/tenancy/collections/${collection}`, { scope: 'tenant', assign: { tenant: 'first' } });

  // What the first request costs in any case is no memory of the adoption.
  await adopt('small');
  const memoryBefore = await peakMemory(host.pid);

  const interrupted = adopt('large').catch(() => null);
  for (;;) {
    await wait(20);
    if (!(await sql.schema.hasColumn('large', 'tenant_id'))) continue;
    if ((await count(sql('large').whereNotNull('tenant_id'))) >= rows * 0.3) break;
  }
  await host.kill();
  await interrupted;
  // The database ends the statement that it was at.
  const busy = sql('pg_stat_activity')
    .whereRaw('datname = current_database() AND pid <> pg_backend_pid()')
    .where({ state: 'active' });
  while ((await count(busy.clone())) > 0) await wait(50);
  const given = await count(sql('large').whereNotNull('tenant_id'));
  say(`Killed with ${given} of ${rows} rows given.`);

  host = await startHost({ directus: '11', database });
  superAdmin = await login(host.url, host.superAdmin);
  await adopt('small');
  const memoryAfterStart = await peakMemory(host.pid);
  const rest = await adopt('large');
  say(`Resumed: ${rest.adopted} rows given, ${JSON.stringify(rest.rows)}.`);
  if (given + rest.adopted !== rows || (await count(sql('large').whereNull('tenant_id'))) > 0) {
    throw new Error('Rows were lost, or given twice.');
  }

  await must(superAdmin, 'PUT', '/tenancy/collections/large', { scope: 'shared', confirm: true });
  await sql.raw('VACUUM FULL large');
  await sql.raw('ALTER TABLE equal ADD COLUMN owner uuid');

  const adoption = await measure('large', () => adopt('large'));
  const memory = await peakMemory(host.pid);
  const plain = await measure('equal', async () => {
    await sql.raw('UPDATE equal SET owner = (SELECT id FROM tenants LIMIT 1)');
    await sql.raw('CREATE INDEX ON equal (owner, id)');
  });

  const ratio = (a: number, b: number): string => (a / b).toFixed(2);
  say(`Adoption: ${adoption.seconds.toFixed(1)} s, longest wait of another writer ${adoption.wait.toFixed(2)} s.`);
  say(`One UPDATE and an index: ${plain.seconds.toFixed(1)} s, longest wait ${plain.wait.toFixed(2)} s.`);
  say(`Ratios: time ${ratio(adoption.seconds, plain.seconds)}, wait ${ratio(adoption.wait, plain.wait)}.`);
  say(
    `Peak memory of Directus: ${memory.toFixed(0)} MiB; before ${memoryBefore.toFixed(0)} and ${memoryAfterStart.toFixed(0)} MiB.`,
  );
} finally {
  await host.stop();
  await remove();
}
