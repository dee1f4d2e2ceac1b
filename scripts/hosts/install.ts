import { existsSync, globSync, readFileSync } from 'node:fs';
import { copyFile, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { basename, delimiter, dirname, join } from 'node:path';
import { cacheDirectory, hostKey } from './cache.ts';
import { projectDirectory, runChild } from './child.ts';
import { withLock } from './lock.ts';
import { reportProgress } from './progress.ts';

/** The major versions of Directus that the bundle is tested with. */
export const directusVersions = ['11', '12'] as const;
export type DirectusVersion = (typeof directusVersions)[number];

/** A real Directus, ready to run. */
export interface HostInstall {
  directus: DirectusVersion;
  /** Tells apart installs that may differ; part of cache and database names. */
  key: string;
  directory: string;
  /** The program behind `npx directus`, without its look for updates on the network. */
  program: string;
}

/** Written last, so that a folder without it is known to be incomplete. */
const completionMarker = 'complete';

const draftSuffix = '.draft-';

/** Seconds between two signs of life during an install. */
const heartbeat = 30;

/**
 * Installs a Directus into this user's cache folder, once for each lockfile, Node version and platform, and completes
 * an install that was interrupted. Several processes may ask at the same time.
 *
 * @throws when npm fails, with npm's output
 */
export async function installHost(directus: DirectusVersion): Promise<HostInstall> {
  const source = join(projectDirectory, 'hosts', `directus-${directus}`);
  const key = hostKey({
    directus,
    lockfile: readFileSync(join(source, 'package-lock.json')),
    nodeVersion: process.versions.node,
    platform: process.platform,
    architecture: process.arch,
  });
  const directory = join(cacheDirectory(), key);
  const program = join(directory, 'node_modules', '@directus', 'api', 'dist', 'cli', 'run.js');
  const isComplete = (): boolean => existsSync(join(directory, completionMarker)) && existsSync(program);

  if (!isComplete()) {
    await withLock(
      `${directory}.lock`,
      async () => {
        if (isComplete()) return;
        await removeIncomplete(directory);
        // Whatever an interrupted install left running goes on in a folder of its own and cannot spoil this one.
        const draft = `${directory}${draftSuffix}${process.pid}`;
        await mkdir(draft, { recursive: true });
        for (const file of ['package.json', 'package-lock.json']) await copyFile(join(source, file), join(draft, file));
        await installPackages(directus, draft);
        await writeFile(join(draft, completionMarker), '');
        await rename(draft, directory);
      },
      () => reportProgress(`Waiting for another process that installs Directus ${directus} …`),
    );
  }
  return { directus, key, directory, program };
}

/** Deletes what interrupted installs of the host left behind. Only for the one who holds its lock. */
async function removeIncomplete(directory: string): Promise<void> {
  const drafts = globSync(`${basename(directory)}${draftSuffix}*`, { cwd: dirname(directory) });
  for (const path of [directory, ...drafts.map((draft) => join(dirname(directory), draft))]) {
    await rm(path, { recursive: true, force: true, maxRetries: 10 });
  }
}

async function installPackages(directus: DirectusVersion, directory: string): Promise<void> {
  const npm = process.env.npm_execpath;
  if (!npm) throw new Error('Start this through npm (npm run demo, npm test): it is needed to install Directus.');
  reportProgress(`Installing Directus ${directus} into ${cacheDirectory()} (once, about four minutes) …`);
  const start = Date.now();
  const seconds = (): number => Math.round((Date.now() - start) / 1000);
  const timer = setInterval(() => reportProgress(`  still installing (${seconds()} s)`), heartbeat * 1000);
  try {
    await runChild({
      file: npm,
      parameters: ['ci', '--no-audit', '--no-fund', '--loglevel=error'],
      directory,
      environment: installEnvironment(process.env, process.execPath),
    });
  } finally {
    clearInterval(timer);
  }
  reportProgress(`Installed Directus ${directus} in ${seconds()} s.`);
}

/**
 * The environment for `npm ci` of a host. Native modules must be compiled by and for the Node that will run them, so
 * that one comes first on PATH; when it is the one from the npm package `node`, the headers are taken from there too
 * instead of being downloaded.
 */
export function installEnvironment(environment: NodeJS.ProcessEnv, executable: string): NodeJS.ProcessEnv {
  const result: NodeJS.ProcessEnv = {};
  let path = '';
  for (const [name, value] of Object.entries(environment)) {
    // What npm tells the scripts of this project is not meant for the install of another one.
    if (/^npm_(package|lifecycle)_|^npm_config_local_prefix$|^NODE_ENV$/i.test(name)) continue;
    if (name.toUpperCase() === 'PATH') path = value ?? '';
    else result[name] = value;
  }
  result.PATH = [dirname(executable), path].filter(Boolean).join(delimiter);
  const headers = findPackagedHeaders(executable);
  if (headers) result.npm_config_nodedir = headers;
  return result;
}

/** The directory with `include/node` of a Node from the npm package `node`, undefined for every other Node. */
function findPackagedHeaders(executable: string): string | undefined {
  const packageDirectory = dirname(dirname(executable));
  if (basename(dirname(packageDirectory)) !== 'node_modules') return undefined;
  // `node` is only a link to the executable of its platform's package, which may lie in it or beside it.
  const candidates = globSync(['.', 'node_modules/node-*', '../node-*'], { cwd: packageDirectory });
  return candidates
    .map((candidate) => join(packageDirectory, candidate))
    .find((directory) => existsSync(join(directory, 'include', 'node')));
}
