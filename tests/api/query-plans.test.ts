import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Database } from '../../scripts/hosts/databases.ts';
import type { Host } from '../../scripts/hosts/host.ts';
import { TENANT_FIELD, TENANTS_ROLE } from '../../src/tenancy/managed.ts';
import type { Account } from '../support/client.ts';
import { runSql } from '../support/sql.ts';
import { must, type World } from '../support/world.ts';
import { startWorld } from '../support/worlds.ts';

/** Enough that reading the rows of all tenants would be dearer than asking an index. */
const TENANTS = 300;
const ROWS_OF_EACH = 40;

const GRAPHQL = '{ tasks(limit: 25) { title project { title } } }';

/** How a query reaches the rows of one table. */
interface Access {
  table: string;
  /** The index that is asked; null where the whole table is read. */
  index: string | null;
}

interface Statement {
  sql: string;
  values: string[];
}

/** What Directus has asked of the database, out of its log: lines of JSON, with `[1.234ms] select … [value, value]` as message. */
function statementsIn(log: string): Statement[] {
  return log.split('\n').flatMap((line) => {
    const message = /^\{.*"msg":/.test(line) ? (JSON.parse(line) as { msg: string }).msg : '';
    const [, sql, values = ''] = /^\[(?:[\d.]+|\?)ms\] (select .*) \[(.*)\]$/is.exec(message) ?? [];
    return sql === undefined ? [] : { sql, values: values === '' ? [] : values.split(', ') };
  });
}

interface PlanNode {
  'Relation Name'?: string;
  'Index Name'?: string;
  Plans?: PlanNode[];
}

/** The tables that a plan of PostgreSQL reads; the index of a bitmap stands below the node that names the table. */
function accessesOf(node: PlanNode, table?: string): Access[] {
  const own = node['Relation Name'] ?? table;
  const below = (node.Plans ?? []).flatMap((each) => accessesOf(each, own));
  if (node['Index Name'] && own) return [{ table: own, index: node['Index Name'] }, ...below];
  if (node['Relation Name'] && below.length === 0) return [{ table: node['Relation Name'], index: null }];
  return below;
}

async function explain(database: Database, { sql, values }: Statement): Promise<Access[]> {
  if (database.kind === 'sqlite') {
    const steps = await runSql(database, `EXPLAIN QUERY PLAN ${sql}`, values);

    return steps.flatMap(({ detail }) => {
      const [, table, by = ''] = /^(?:SCAN|SEARCH) (\S+)(?: USING (.*))?$/.exec(String(detail)) ?? [];
      const index = by.startsWith('INTEGER PRIMARY KEY') ? 'primary' : (/INDEX (\S+)/.exec(by)?.[1] ?? null);
      return table ? [{ table, index }] : [];
    });
  }

  const rows = await runSql(database, `EXPLAIN (FORMAT JSON) ${sql.replaceAll(/\$\d+/g, '?')}`, values);
  return rows.flatMap((row) => accessesOf((row['QUERY PLAN'] as [{ Plan: PlanNode }])[0].Plan));
}

/** The names of the indexes of which the tenant is the first column, or the second one behind a reference. */
async function tenantIndexes(database: Database, place: 1 | 2): Promise<Set<string>> {
  const rows = await runSql(
    database,
    database.kind === 'sqlite'
      ? `SELECT list.name AS name FROM sqlite_master AS master, pragma_index_list(master.name) AS list,
           pragma_index_info(list.name) AS info
         WHERE master.type = 'table' AND info.seqno = ${place - 1} AND info.name = '${TENANT_FIELD}'`
      : `SELECT class.relname AS name FROM pg_index AS list
         JOIN pg_class AS class ON class.oid = list.indexrelid
         JOIN pg_attribute AS attribute ON attribute.attrelid = list.indrelid AND attribute.attnum = list.indkey[${place - 1}]
         WHERE attribute.attname = '${TENANT_FIELD}'`,
  );
  return new Set(rows.map(({ name }) => String(name)));
}

/** What Directus logs while it answers; it keeps the newest of what it was told alone. */
async function logOf(host: Host, request: () => Promise<unknown>): Promise<string> {
  const end = host.logs().slice(-2000);
  await request();
  const log = host.logs();
  return log.slice(log.lastIndexOf(end) + end.length);
}

/** What Directus asks of the database while it answers. */
async function statementsOf(host: Host, request: () => Promise<unknown>): Promise<Statement[]> {
  return statementsIn(await logOf(host, request));
}

describe.each(['sqlite', 'postgres'] as const)('The lists of a member (%s)', (kind) => {
  let host: Host;
  let world: World;
  let member: Account;
  let indexes: Set<string>;
  let indexesOfReferences: Set<string>;

  beforeAll(async () => {
    ({ host, world } = await startWorld({ directus: '11', database: kind, env: { LOG_LEVEL: 'trace' } }));
    member = world.north.editor;
    const { database } = host;

    const numbers = (to: number): string =>
      `(WITH RECURSIVE counter(number) AS (SELECT 1 UNION ALL SELECT number + 1 FROM counter WHERE number < ${to}) SELECT number FROM counter)`;
    const uuid = (text: string): string => (kind === 'sqlite' ? text : `CAST(${text} AS uuid)`);
    const digits =
      kind === 'sqlite' ? `substr('000000000000' || tenant.number, -12)` : `lpad(CAST(tenant.number AS text), 12, '0')`;
    const id = uuid(`'00000000-0000-4000-8000-' || ${digits}`);
    const tenants = `${numbers(TENANTS)} AS tenant`;

    await runSql(
      database,
      `INSERT INTO directus_roles (id, name, icon, parent) SELECT ${id}, 'Tenant ' || tenant.number, 'domain', ${uuid(`'${TENANTS_ROLE}'`)} FROM ${tenants}`,
    );
    await runSql(
      database,
      `INSERT INTO tenants (id, name, slug, status) SELECT ${id}, 'Tenant ' || tenant.number, 'tenant-' || tenant.number, 'active' FROM ${tenants}`,
    );
    for (const [table, column] of [
      ['projects', 'title'],
      ['tasks', 'title'],
      ['tags', 'name'],
    ] as const) {
      await runSql(
        database,
        `INSERT INTO ${table} (${column}, ${TENANT_FIELD}) SELECT 'row ' || line.number, ${id} FROM ${tenants}, ${numbers(ROWS_OF_EACH)} AS line`,
      );
    }

    const text = (expression: string): string => `CAST(${expression} AS ${kind === 'sqlite' ? 'text' : 'varchar'})`;
    const rowDigits = `tenant.number * 1000 + line.number`;
    const rowId = uuid(
      kind === 'sqlite'
        ? `'10000000-0000-4000-8000-' || substr('000000000000' || (${rowDigits}), -12)`
        : `'10000000-0000-4000-8000-' || lpad(${text(rowDigits)}, 12, '0')`,
    );
    await runSql(
      database,
      `INSERT INTO clients (id, name, ${TENANT_FIELD}) SELECT ${rowId}, 'client', ${id} FROM ${tenants}, ${numbers(ROWS_OF_EACH)} AS line`,
    );
    await runSql(
      database,
      `INSERT INTO directus_files (id, storage, filename_disk, filename_download, title, type, ${TENANT_FIELD})
       SELECT ${rowId}, 'local', 'file-' || tenant.number || '-' || line.number, 'file.txt', 'file', 'text/plain', ${id}
       FROM ${tenants}, ${numbers(ROWS_OF_EACH)} AS line`,
    );
    await runSql(database, 'ANALYZE');
    indexes = await tenantIndexes(database, 1);
    indexesOfReferences = await tenantIndexes(database, 2);
  });

  afterAll(async () => {
    await host?.stop();
    await host?.database.drop();
  });

  it.each([
    ['with sort and filter', 'projects', '/items/projects?limit=25&sort=-budget&filter[budget][_gte]=0'],
    [
      'as the Data Studio asks for it',
      'projects',
      '/items/projects?limit=25&sort[]=id&fields[]=id&fields[]=title&page=1',
    ],
    ['with counts', 'tasks', '/items/tasks?limit=25&meta=total_count,filter_count'],
    ['with a search', 'tasks', '/items/tasks?limit=25&search=north'],
    ['nested two levels', 'tasks', '/items/tasks?limit=25&fields=title,project.title,project.client.name'],
    [
      'with what belongs to the rows',
      'projects',
      '/items/projects?limit=25&fields=title,tasks.title,tags.tags_id.name',
    ],
    ['sorted through a relation', 'tasks', '/items/tasks?limit=25&sort=project.title'],
    ['counted', 'tags', '/items/tags?aggregate[count]=*'],
    ['counted by groups', 'tasks', '/items/tasks?aggregate[count]=*&groupBy[]=project'],
    ['of files', 'directus_files', '/files?limit=25&sort=-uploaded_on'],
  ])('ask an index that begins with the tenant: %s', async (_name, table, path) => {
    const all = await statementsOf(host, () => must(member, 'GET', path));
    const statements = all.filter(({ sql }) => new RegExp(`from .?${table}\\b`).test(sql));
    expect(statements.length).toBeGreaterThan(0);

    const accesses = (await Promise.all(statements.map((statement) => explain(host.database, statement)))).flat();
    const own = accesses.filter((access) => access.table === table);
    expect(own.filter(({ index }) => index === null)).toEqual([]);
    expect(own.map(({ index }) => index).filter((index) => indexes.has(index ?? ''))).not.toEqual([]);
  });

  it.each([
    ['two steps away', '/items/tasks?limit=25&filter[project][client][name][_contains]=north'],
    ['one step away', '/items/tasks?limit=25&filter[project][title][_eq]=north'],
    ['in the row itself', '/items/tasks?limit=25&filter[project][_eq]=1'],
  ])('filtered by a reference, ask indexes with the tenant in them: %s', async (_name, path) => {
    const all = await statementsOf(host, () => must(member, 'GET', path));
    const statements = all.filter(({ sql }) => /from .?tasks\b/.test(sql));
    expect(statements).toHaveLength(1);

    const accesses = await explain(host.database, statements[0]!);
    expect(accesses.filter(({ index }) => index === null)).toEqual([]);
    const withTenant = accesses.filter(({ index }) => indexes.has(index ?? '') || indexesOfReferences.has(index ?? ''));
    expect(withTenant.map(({ table }) => table)).toContain('tasks');
  });

  it('ask one in GraphQL too', async () => {
    const all = await statementsOf(host, () => must(member, 'POST', '/graphql', { query: GRAPHQL }));
    const statements = all.filter(({ sql }) => /from .?tasks\b/.test(sql));
    const accesses = (await Promise.all(statements.map((statement) => explain(host.database, statement)))).flat();
    expect(accesses.filter(({ table, index }) => table === 'tasks' && indexes.has(index ?? ''))).not.toEqual([]);
  });

  it.each([
    ['a list', 'GET', '/items/tasks?limit=25', undefined],
    ['GraphQL', 'POST', '/graphql', { query: GRAPHQL }],
  ])('ask once what is true now, besides the rows: %s', async (_name, method, path, body) => {
    // Somebody who has worked for longer than a request may go on with what it knew: Directus keeps the first one in GraphQL for all.
    const start = performance.now();
    do await must(member, method, path, body);
    while (performance.now() - start < 1100);

    const times = 10;
    const log = await logOf(host, async () => {
      for (let time = 0; time < times; time += 1) await must(member, method, path, body);
    });

    // The line of one request may come a little late.
    const asked = log.match(/FROM .{0,2}tenancy_revision\b/gi) ?? [];
    expect(Math.abs(asked.length - times)).toBeLessThanOrEqual(1);
  });
});
