import { createServer } from 'node:net';
import { join } from 'node:path';
import { shortHash } from '../hosts/cache.ts';
import { createDatabase, type Database } from '../hosts/databases.ts';
import { defaultSuperAdmin } from '../hosts/environment.ts';
import { startHost, type Host } from '../hosts/host.ts';
import { installHost, type HostInstall } from '../hosts/install.ts';
import { withLock } from '../hosts/lock.ts';
import { startPostgres } from '../hosts/postgres.ts';
import { reportProgress } from '../hosts/progress.ts';
import type { DemoOptions } from './options.ts';
import { seed, type Account } from './seed.ts';
import { assertUnused, DirectoryError, lockFile, markSeeded, openDirectory, type SeededState } from './state.ts';

/** Something that has to be stopped in the end. */
interface Stoppable {
  stop(): Promise<void>;
}

export interface DemoEvents {
  /** Called with each program that was started, in this order. */
  onStart: (started: Stoppable) => void;
  /** Called when people can log in. */
  onReady: (url: string, state: SeededState) => void;
}

/** The demo cannot start; the message says what to do. */
export class DemoError extends Error {}

/** The usual port of Directus. */
const usualPort = 8055;

/**
 * Runs the demo until Directus ends. The folder is locked meanwhile.
 *
 * @throws DirectoryError, DemoError
 */
export async function runDemo(options: DemoOptions, events: DemoEvents): Promise<void> {
  const { directory } = options;
  const port = await choosePort(options.port);
  assertUnused(directory);
  await withLock(
    join(directory, lockFile),
    async () => {
      const known = await openDirectory(options);
      const superAdmin = known?.superAdmin ?? superAdminFromEnvironment();
      const install = await installHost(options.directus);
      const database = await openDatabase(options, { install, superAdmin }, known, events);
      reportProgress(`Starting Directus ${options.directus} …`);
      const host = await startHost({ directus: options.directus, database, directory, port, superAdmin });
      events.onStart(host);
      const state = known ?? (await fill(options, host, install));
      events.onReady(host.url, state);
      await host.exited;
    },
    () => {
      throw new DirectoryError(
        `Another demo is running in ${directory}. Stop it, or choose another folder with --dir.`,
      );
    },
  );
}

/** `ADMIN_EMAIL` and `ADMIN_PASSWORD` are Directus' own variables for the first user. */
function superAdminFromEnvironment({ ADMIN_EMAIL, ADMIN_PASSWORD }: NodeJS.ProcessEnv = process.env): Account {
  return {
    email: ADMIN_EMAIL || defaultSuperAdmin.email,
    password: ADMIN_PASSWORD || defaultSuperAdmin.password,
  };
}

async function fill(options: DemoOptions, host: Host, install: HostInstall): Promise<SeededState> {
  const { superAdmin, url } = host;
  const tenants = options.empty
    ? []
    : await seed({ url, directus: options.directus, superAdmin, today: new Date(), onProgress: reportProgress });
  const state = { install: install.key, superAdmin, tenants };
  await markSeeded(options.directory, state);
  return state;
}

async function openDatabase(
  { database: kind, directory }: DemoOptions,
  template: { install: HostInstall; superAdmin: Account },
  known: SeededState | undefined,
  events: DemoEvents,
): Promise<Database> {
  const isMigrated = known?.install === template.install.key;
  if (kind === 'sqlite') {
    const database = await createDatabase(kind, { file: join(directory, 'data.sqlite'), template });
    return { ...database, isBootstrapped: database.isBootstrapped || isMigrated };
  }
  reportProgress('Starting PostgreSQL …');
  const postgres = await startPostgres({ directory: join(directory, 'postgres') });
  events.onStart(postgres);
  const name = `tenancy_demo_${shortHash(directory)}`;
  // A server that other folders use too (TEST_POSTGRES_URL) may still have the database of an interrupted run.
  if (!known) await (await createDatabase(kind, { server: postgres.url, name })).drop();
  const database = await createDatabase(kind, { server: postgres.url, name, template });
  return { ...database, isBootstrapped: database.isBootstrapped || isMigrated };
}

async function choosePort(wanted: number | undefined): Promise<number | undefined> {
  const port = wanted ?? usualPort;
  if (await isFree(port)) return port;
  if (wanted === undefined) return undefined;
  throw new DemoError(`Port ${port} is in use. Stop what uses it, or choose another one with --port.`);
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
