import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { projectDirectory } from '../scripts/hosts/child.ts';
import { createDatabase } from '../scripts/hosts/databases.ts';
import { defaultSuperAdmin } from '../scripts/hosts/environment.ts';
import { startHost } from '../scripts/hosts/host.ts';
import { installHost } from '../scripts/hosts/install.ts';
import { tell } from './support/result.ts';
import { medianOf, ratioOf } from './support/statistics.ts';

// `npm run bench -- boot [--times 15] [--json FILE]`: starts Directus with and without the bundle in turn, on SQLite, where the bundle is installed
// already. Tells the time until Directus answers and its memory then, and the size of the bundle.

const { values } = parseArgs({ options: { times: { type: 'string', default: '15' }, json: { type: 'string' } } });
const times = Number(values.times);

interface Start {
  milliseconds: number;
  /** MiB. */
  memory: number;
}

async function memoryOf(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? NaN) / 1024;
}

const install = await installHost('11');
const template = { install, superAdmin: defaultSuperAdmin };
const databases = {
  without: await createDatabase('sqlite', { template }),
  with: await createDatabase('sqlite', { template }),
};

async function start(variant: keyof typeof databases): Promise<Start> {
  const begin = performance.now();
  const host = await startHost({ directus: '11', database: databases[variant], bundle: variant === 'with' });
  const milliseconds = performance.now() - begin;

  try {
    // Someone has asked for something: only then everything is loaded.
    await fetch(`${host.url}/server/info`);
    return { milliseconds, memory: await memoryOf(host.pid) };
  } finally {
    await host.stop();
  }
}

try {
  const starts = { without: [] as Start[], with: [] as Start[] };
  // The first start installs.
  for (const variant of ['without', 'with'] as const) await start(variant);

  for (let time = 0; time < times; time += 1) {
    const order = time % 2 === 0 ? (['without', 'with'] as const) : (['with', 'without'] as const);
    for (const variant of order) starts[variant].push(await start(variant));
  }

  const rows = (
    [
      ['start', 'milliseconds', 'ms'],
      ['memory', 'memory', 'MiB'],
    ] as const
  ).map(([name, key, unit]) => {
    const ours = starts.with.map((each) => each[key]);
    const theirs = starts.without.map((each) => each[key]);
    const more = medianOf(ours.map((value, index) => value - (theirs[index] ?? NaN)));
    const { median, spread } = ratioOf(ours, theirs);
    return [
      name,
      `${more.toFixed(0)} ${unit}`,
      `${median.toFixed(2)} (${spread[0].toFixed(2)} to ${spread[1].toFixed(2)})`,
    ];
  });

  const sizes = await Promise.all(
    ['api.js', 'app.js', 'pages.js'].map(async (file) => {
      const { size } = await stat(join(projectDirectory, 'dist', file));
      return [`\`dist/${file}\``, `${(size / 1000).toFixed(0)} KB`, ''];
    }),
  );

  await tell(
    {
      text: `SQLite, ${times} starts of each in turn, until Directus answers: the median of what a pair differs by.`,
      head: ['', 'more with the bundle', 'ratio'],
      rows: [...rows, ...sizes],
    },
    values.json,
  );
} finally {
  for (const database of Object.values(databases)) await database.drop();
}
