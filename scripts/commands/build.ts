import { createHash } from 'node:crypto';
import { existsSync, globSync, readFileSync, statSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { projectDirectory, runChild } from '../hosts/child.ts';
import { withLock } from '../hosts/lock.ts';
import { reportProgress } from '../hosts/progress.ts';
import { LOCALES, readTexts } from '../texts.ts';

const program = join(projectDirectory, 'node_modules', '@directus', 'extensions-sdk', 'cli.js');
const compiler = join(projectDirectory, 'node_modules', 'typescript', 'bin', 'tsc');
const stampFile = join(projectDirectory, 'node_modules', '.cache', 'directus-extension-tenancy', 'build.json');

/** What the bundle is made from, and what is made. */
const inputs = [
  'src/**',
  'extension.config.js',
  'package.json',
  'package-lock.json',
  'tsconfig.json',
  'tsconfig.client.json',
];
const outputs = [
  'dist/app.js',
  'dist/api.js',
  'dist/pages.js',
  ...LOCALES.map((locale) => `dist/texts/${locale}.json`),
  ...['client', 'testing'].flatMap((name) => [`dist/client/${name}/index.js`, `dist/client/${name}/index.d.ts`]),
];

/**
 * Builds the bundle unless `dist` already belongs to the sources as they are. Several processes may ask at the same time.
 *
 * @throws when the build fails, with its output
 */
export async function ensureBuilt(): Promise<void> {
  await withLock(`${stampFile}.lock`, async () => {
    const source = hashFiles(inputs);
    if (readStamp() === stampOf(source)) return;
    reportProgress('Building the bundle …');
    const start = Date.now();
    await run(program, 'build');
    await run(program, 'build', '--type', 'module', '--input', 'src/pages.ts', '--output', 'dist/pages.js');
    await run(compiler, '--project', 'tsconfig.client.json');
    await writeTexts();
    for (const file of outputs) {
      if (!existsSync(join(projectDirectory, file))) throw new Error(`The build ended without making ${file}.`);
    }
    await mkdir(dirname(stampFile), { recursive: true });
    await writeFile(stampFile, stampOf(source));
    reportProgress(`Built the bundle in ${((Date.now() - start) / 1000).toFixed(1)} s.`);
  });
}

/** One file for each language, which the bundle reads when it is asked for. */
async function writeTexts(): Promise<void> {
  const directory = join(projectDirectory, 'dist', 'texts');
  await mkdir(directory, { recursive: true });

  for (const locale of LOCALES) {
    await writeFile(join(directory, `${locale}.json`), JSON.stringify(readTexts(locale)));
  }
}

function run(file: string, ...parameters: string[]): Promise<unknown> {
  return runChild({ file, parameters, directory: projectDirectory, environment: process.env });
}

function readStamp(): string | undefined {
  return existsSync(stampFile) ? readFileSync(stampFile, 'utf8') : undefined;
}

/** The output belongs to it, so that a bundle which was deleted or built otherwise is not taken for ours. */
function stampOf(source: string): string {
  return JSON.stringify({ source, output: hashFiles(outputs) });
}

function hashFiles(patterns: string[]): string {
  const hash = createHash('sha256');
  for (const file of globSync(patterns, { cwd: projectDirectory }).sort()) {
    const path = join(projectDirectory, file);
    if (statSync(path).isFile()) hash.update(`${file}\0`).update(readFileSync(path)).update('\0');
  }
  return hash.digest('hex');
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await ensureBuilt();
