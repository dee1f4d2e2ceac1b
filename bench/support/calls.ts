import { send, type Account } from '../../tests/support/client.ts';
import { countOf, measuredTenant, type Size } from './content.ts';

/** A Directus that is measured, with somebody who works in one tenant of it. */
export interface Subject {
  label: string;
  url: string;
  account: Account;
  size: Size;
}

interface Call {
  method: string;
  /** A function gets the key of the row that the call before has created. */
  path: string | ((created: unknown) => string);
  body?: unknown;
  /** Whether it makes what the next one is about, and is not measured. */
  prepares?: boolean;
}

/** One or more requests that are measured as one, in a round. */
type Kind = (round: number, size: Size) => Call[];

/** What the titles of rows begin with that are created by the requests, and of no others. */
export const NEW_TITLE = 'new ';

const get = (path: string): Call => ({ method: 'GET', path });

/** The key of a row of the measured tenant, another one in each round. */
function keyOf(table: 'tasks' | 'projects', round: number, size: Size): number {
  const count = countOf(table, size);
  return (measuredTenant(size) - 1) * count + 1 + (round % count);
}

export const KINDS: Readonly<Record<string, Kind>> = {
  'list of 25, sorted and filtered': () => [
    get('/items/tasks?limit=25&sort=-id&filter[done][_eq]=false&fields=id,title,done'),
  ],
  'one by its key': (round, size) => [get(`/items/tasks/${keyOf('tasks', round, size)}?fields=id,title,done`)],
  'list, two levels deep': () => [get('/items/tasks?limit=25&fields=id,title,project.title,project.client.name')],
  'filter through a relation': () => [
    get('/items/tasks?limit=25&fields=id,title&filter[project][client][name][_eq]=client 1'),
  ],
  count: () => [get('/items/tasks?aggregate[count]=*')],
  'GraphQL, two levels deep': () => [
    {
      method: 'POST',
      path: '/graphql',
      body: { query: '{ tasks(limit: 25) { id title project { title client { name } } } }' },
    },
  ],
  'list of files': () => [get('/files?limit=25&sort=title&fields=id,title,type')],
  'start of the Data Studio': () =>
    [
      '/users/me?fields=*',
      '/settings',
      '/server/info',
      '/collections',
      '/fields',
      '/relations',
      '/permissions/me',
      '/policies/me/globals',
      '/roles/me?fields=id',
      '/presets?limit=-1',
    ].map(get),
  'create one': (round, size) => [
    {
      method: 'POST',
      path: '/items/tasks',
      body: { title: `${NEW_TITLE}${round}`, project: keyOf('projects', round, size) },
    },
  ],
  'create 100 with references': (round, size) => [
    {
      method: 'POST',
      path: '/items/tasks',
      body: Array.from({ length: 100 }, (_, line) => ({
        title: `${NEW_TITLE}${line}`,
        project: keyOf('projects', round + line, size),
      })),
    },
  ],
  'change one': (round, size) => [
    { method: 'PATCH', path: `/items/tasks/${keyOf('tasks', round, size)}`, body: { title: `changed ${round}` } },
  ],
  'delete one': (round) => [
    { method: 'POST', path: '/items/projects', body: { title: `${NEW_TITLE}${round}` }, prepares: true },
    { method: 'DELETE', path: (created) => `/items/projects/${String(created)}` },
  ],
};

/**
 * Milliseconds that each subject answers before it is measured: all kinds that read at the start, and each kind before its turn. A
 * server that has just started is slower, and goes on getting faster for thousands of requests.
 */
const WARM_UP = { start: 8000, kind: 500 };

/** Milliseconds by kind of request and subject, in the order of the subjects and of the rounds. */
export type Times = Record<string, number[][]>;

/**
 * Sends each kind of request to each of the subjects in turn, round after round, over one connection at a time.
 *
 * @throws where one is refused
 */
export async function timesOfKinds(subjects: readonly Subject[], rounds: number): Promise<Times> {
  await warmUp(subjects);
  const result: Times = {};

  for (const [name, kind] of Object.entries(KINDS)) {
    const times = subjects.map((): number[] => []);
    const start = performance.now();
    let before = 0;

    for (let round = 0; round < before + rounds; round += 1) {
      if (performance.now() - start < WARM_UP.kind * subjects.length) before = round + 1;

      for (let turn = 0; turn < subjects.length; turn += 1) {
        // Whoever comes first in a round has the disadvantage, or the advantage, of coming first: each does as often.
        const place = (turn + round) % subjects.length;
        const subject = subjects[place];
        if (!subject) continue;
        const taken = await timeOf(subject, kind(round, subject.size));
        if (round >= before) times[place]?.push(taken);
      }
    }

    result[name] = times;
  }

  return result;
}

async function warmUp(subjects: readonly Subject[]): Promise<void> {
  const start = performance.now();

  for (let round = 0; performance.now() - start < WARM_UP.start * subjects.length; round += 1) {
    for (const kind of Object.values(KINDS)) {
      for (const subject of subjects) {
        const calls = kind(round, subject.size);
        if (isReading(calls)) await timeOf(subject, calls);
      }
    }
  }
}

function isReading(calls: readonly Call[]): boolean {
  return calls.every(({ method, path }) => method === 'GET' || path === '/graphql');
}

/** Milliseconds that the answers take. */
async function timeOf({ url, account, label }: Subject, calls: readonly Call[]): Promise<number> {
  let taken = 0;
  let created: unknown;

  for (const { method, path: given, body, prepares } of calls) {
    const path = typeof given === 'string' ? given : given(created);
    const start = performance.now();
    const { status, errors, data } = await send(url, method, path, { token: account.token, body });
    if (!prepares) taken += performance.now() - start;
    if (status >= 400) throw new Error(`${label}: ${method} ${path} answered ${status}: ${JSON.stringify(errors)}`);
    created = (data as { id?: unknown } | null)?.id;
  }

  return taken;
}
