import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { projectDirectory, runChild } from '../scripts/hosts/child.ts';
import { drawRatios } from './support/chart.ts';
import { asMarkdown, type Result } from './support/result.ts';
import { say } from './support/project.ts';

// `npm run bench`: everything of which docs/performance.md tells, one after the other. Writes the tables and the chart there, and the
// figures as JSON to `.artifacts/bench/`. Takes about two hours; nothing else should run beside it. `npm run bench -- performance
// <section…>` does some of it, by the names of the comments in the page.

const MEASURED = [
  { name: 'requests-postgres', file: 'requests', options: ['--database', 'postgres'] },
  { name: 'requests-sqlite', file: 'requests', options: ['--database', 'sqlite'] },
  {
    name: 'requests-many',
    file: 'requests',
    options: ['--database', 'postgres', '--tenants', '1000', '--rows', '1000', '--files', '2'],
  },
  { name: 'frozen-schema', file: 'frozen-schema', options: [] },
  { name: 'sizes', file: 'sizes', options: [] },
  { name: 'load', file: 'load', options: [] },
  { name: 'provisioning', file: 'provisioning', options: [] },
  { name: 'boot', file: 'boot', options: [] },
] as const;

const sections = process.argv.slice(2);
const chosen = MEASURED.filter(({ name }) => sections.length === 0 || sections.includes(name));
const unknown = sections.find((section) => !MEASURED.some(({ name }) => name === section));
if (unknown !== undefined) {
  const names = MEASURED.map(({ name }) => name).join(', ');
  throw new Error(`docs/performance.md has no section "${unknown}". Choose from: ${names}.`);
}

const document = join(projectDirectory, 'docs', 'performance.md');
const directory = join(projectDirectory, '.artifacts', 'bench');
await mkdir(directory, { recursive: true });

for (const { name, file, options } of chosen) {
  const output = join(directory, `${name}.json`);
  say(`\n## ${name}\n`);

  await runChild({
    file: join(projectDirectory, 'bench', `${file}.ts`),
    parameters: [...options, '--json', output],
    directory: projectDirectory,
    environment: process.env,
  });

  const result = JSON.parse(await readFile(output, 'utf8')) as Result;
  say(asMarkdown(result));
  await writeInto(name, asMarkdown(result));
  if (name === 'requests-postgres' && result.ratios) {
    await writeFile(join(projectDirectory, 'docs', 'images', 'performance.svg'), drawRatios(result.ratios));
  }
}

/** Puts a table between the comments that name it, `<!-- name -->` and `<!-- /name -->`. */
async function writeInto(name: string, table: string): Promise<void> {
  const text = await readFile(document, 'utf8');
  const place = new RegExp(`(<!-- ${name} -->\\n)[\\s\\S]*?(<!-- /${name} -->)`);
  if (!place.test(text)) throw new Error(`docs/performance.md has no place for "${name}".`);
  const written = text.replace(place, (_all, start: string, end: string) => `${start}\n${table}\n\n${end}`);
  await writeFile(document, await format(written, { ...(await resolveConfig(document)), filepath: document }));
}
