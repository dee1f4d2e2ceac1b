import autocannon from 'autocannon';
import { parseArgs } from 'node:util';
import { startPostgres } from '../scripts/hosts/postgres.ts';
import { login, type Account } from '../tests/support/client.ts';
import { must } from '../tests/support/world.ts';
import { countOf, keyOfTenant, measuredTenant } from './support/content.ts';
import { tell } from './support/result.ts';
import { medianOf } from './support/statistics.ts';
import { databaseNamed, startVariant, type Variant } from './support/variants.ts';

// `npm run bench -- load [--database postgres] [--connections 64] [--seconds 60] [--json FILE]`: as many members of as many tenants at
// once, who read and write; every answer is looked at for rows of others. Beside it, as many people without the bundle, in turn.

const { values } = parseArgs({
  options: {
    database: { type: 'string', default: 'postgres' },
    connections: { type: 'string', default: '64' },
    seconds: { type: 'string', default: '60' },
    json: { type: 'string' },
  },
});

const PASSWORD = 'correct horse battery';
/** Each of both is measured that often, in turn. */
const TURNS = 3;

const kind = databaseNamed(values.database);
const connections = Number(values.connections);
const seconds = Number(values.seconds) / TURNS;
const size = { tenants: connections, rows: 1000, files: 0, whale: 0 };
const [tasks, projects] = [countOf('tasks', size), countOf('projects', size)];

interface Task {
  id: number;
  title: string;
}

/** A member, with a row that nobody else changes. */
interface Worker {
  account: Account;
  tenant: number;
  task: number;
}

const firstTask = (tenant: number): number => (tenant - 1) * tasks + 1;
const markOf = (tenant: number): string => `of ${tenant}.`;

/** Whether a row is of the tenant: by its title where it was written here, by its key where it was there from the start. */
function isOwn({ id, title }: Task, tenant: number): boolean {
  if (title.startsWith('of ')) return title.startsWith(markOf(tenant));
  return id >= firstTask(tenant) && id < firstTask(tenant + 1);
}

/** How often something else was answered than a member should get. */
let wrong = 0;

/** The requests of a member, one after the other, again and again: three that read to two that write. */
function requestsOf({ account, tenant, task }: Worker): autocannon.Request[] {
  const headers = { Authorization: `Bearer ${account.token}`, 'Content-Type': 'application/json' };

  const ask = (method: 'GET' | 'POST' | 'PATCH', path: string, isRight: (rows: Task[]) => boolean, body?: object) => ({
    method,
    path,
    headers,
    ...(body && { body: JSON.stringify(body) }),
    onResponse: (_status: number, text: string) => {
      const { data } = JSON.parse(text) as { data?: Task | Task[] };
      const rows = data === undefined ? [] : [data].flat();
      if (!isRight(rows) || !rows.every((row) => isOwn(row, tenant))) wrong += 1;
    },
  });

  const one = (rows: Task[]): boolean => rows.length === 1;

  return [
    ask('GET', '/items/tasks?limit=25&sort=id&fields=id,title', (rows) => rows.length === 25),
    ask('GET', `/items/tasks/${task}?fields=id,title`, (rows) => one(rows) && rows[0]?.id === task),
    ask('POST', '/items/tasks?fields=id,title', one, {
      title: `${markOf(tenant)} new`,
      project: (tenant - 1) * projects + 1,
    }),
    ask('GET', '/items/tasks?limit=25&sort=-id&fields=id,title', (rows) => rows.length === 25),
    ask('PATCH', `/items/tasks/${task}?fields=id,title`, one, { title: `${markOf(tenant)} changed` }),
  ];
}

async function run({ url }: Variant, workers: readonly Worker[]): Promise<autocannon.Result> {
  const waiting = [...workers];

  return autocannon({
    url,
    connections,
    duration: seconds,
    setupClient(client) {
      const worker = waiting.shift();
      if (!worker) throw new Error('There are more connections than members.');
      client.setRequests(requestsOf(worker));
    },
  });
}

/** Without the bundle there are the rows of one tenant alone, with which all of them work. */
async function workersOf({ url, host, label }: Variant): Promise<Worker[]> {
  const superAdmin = await login(url, host.superAdmin);
  const workers: Worker[] = [];

  for (let number = 1; number <= connections; number += 1) {
    const credentials = { email: `member-${number}@example.com`, password: PASSWORD };

    if (label === 'bundle') {
      const path = `/tenancy/tenants/${keyOfTenant(number)}/members`;
      await must(superAdmin, 'POST', path, { ...credentials, level: 'editor' });
    } else {
      const [policy] = await must<{ id: string }[]>(superAdmin, 'GET', '/policies?filter[name][_starts_with]=Policy');
      await must(superAdmin, 'POST', '/users', { ...credentials, policies: [{ policy: policy?.id }] });
    }

    const tenant = label === 'bundle' ? number : measuredTenant(size);
    workers.push({ account: await login(url, credentials), tenant, task: firstTask(tenant) + number });
  }

  return workers;
}

const server = kind === 'postgres' ? await startPostgres() : undefined;
const variants: Variant[] = [];

try {
  const rates: Record<string, number[]> = {};
  let [errors, answers] = [0, 0];
  for (const name of ['plain', 'bundle'] as const) variants.push(await startVariant(name, kind, size, server?.url));
  const workers = await Promise.all(variants.map(workersOf));

  for (let turn = 0; turn < TURNS; turn += 1) {
    for (const [index, variant] of variants.entries()) {
      const result = await run(variant, workers[index] ?? []);
      (rates[variant.label] ??= []).push(result['2xx'] / result.duration);
      errors += result.errors + result.timeouts + result.non2xx;
      answers += result['2xx'];
    }
  }

  const [plain = [], bundle = []] = [rates['plain'], rates['bundle']];
  const ratios = bundle.map((rate, turn) => rate / (plain[turn] ?? NaN));

  await tell(
    {
      text: `${kind}, ${connections} connections of ${connections} tenants with ${size.rows} tasks each, three requests that read to two that write, ${values.seconds} s for each, in ${TURNS} turns.`,
      head: ['throughput beside plain', 'answers', 'errors', 'wrong answers'],
      rows: [
        [
          `${medianOf(ratios).toFixed(2)} (${Math.min(...ratios).toFixed(2)} to ${Math.max(...ratios).toFixed(2)})`,
          String(answers),
          String(errors),
          String(wrong),
        ],
      ],
    },
    values.json,
  );

  if (errors > 0 || wrong > 0) process.exitCode = 1;
} finally {
  for (const variant of variants) await variant.remove();
  await server?.stop();
}
