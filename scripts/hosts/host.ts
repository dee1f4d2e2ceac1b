import { existsSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureBuilt } from '../commands/build.ts';
import { projectDirectory, type Child, type ChildExit } from './child.ts';
import type { Database } from './databases.ts';
import { runDirectus, startDirectus } from './directus.ts';
import { defaultSuperAdmin, directusEnvironment, superAdminEnvironment, type SuperAdmin } from './environment.ts';
import { installHost, type DirectusVersion } from './install.ts';
import { findFreePort } from './ports.ts';

export interface HostOptions {
  directus: DirectusVersion;
  database: Database;
  /** Where uploads and extensions live; a new temporary folder, deleted when the host stops, when left out. */
  directory?: string;
  /** A free port when left out or 0. */
  port?: number;
  /** Environment variables for Directus; they win over those of this process. */
  env?: Record<string, string>;
  /** Whether the bundle of this project is installed (and built before, where needed). Default: true. */
  bundle?: boolean;
  /** Who is made the first user of an empty database. The template databases have the default one. */
  superAdmin?: SuperAdmin;
}

/** A running Directus. */
export interface Host {
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  readonly superAdmin: SuperAdmin;
  readonly directory: string;
  readonly database: Database;
  /** What Directus has printed so far. */
  logs(): string;
  /** Resolves when Directus has ended, for whatever reason. */
  readonly exited: Promise<ChildExit>;
  /** Runs another Directus command in the same project, as `npx directus …` would, and resolves to what it printed. */
  run(...parameters: string[]): Promise<string>;
  /** As `run`, for a command that reads its standard input. */
  runWithInput(input: string, ...parameters: string[]): Promise<string>;
  /** Stops Directus and deletes the temporary folder, not the database. */
  stop(): Promise<void>;
  /** Ends Directus at once, as a crash would; the folder stays. */
  kill(): Promise<void>;
}

/** How often another free port is tried when somebody else was faster. */
const portAttempts = 3;

/**
 * Starts a real Directus on the loopback interface and resolves when it answers. It ends with this process, however this
 * process ends.
 *
 * @throws when Directus does not start, with its log
 */
export async function startHost(options: HostOptions): Promise<Host> {
  const install = await installHost(options.directus);
  const withBundle = options.bundle ?? true;
  if (withBundle) await ensureBuilt();

  const temporaryDirectory = options.directory ? undefined : await mkdtemp(join(tmpdir(), 'tenancy-host-'));
  const directory = options.directory ?? temporaryDirectory ?? '';
  const removeTemporaryDirectory = async (): Promise<void> => {
    if (temporaryDirectory) await rm(temporaryDirectory, { recursive: true, force: true });
  };
  const superAdmin = options.superAdmin ?? defaultSuperAdmin;
  const environmentFor = (port: number): Record<string, string> =>
    directusEnvironment(
      { PUBLIC_URL: urlOf(port), EXTENSIONS_MUST_LOAD: String(withBundle), ...process.env },
      superAdminEnvironment(superAdmin),
      options.database.env,
      { HOST: '127.0.0.1', PORT: String(port) },
      options.env ?? {},
    );

  try {
    await prepareDirectory(directory, withBundle);
    if (!options.database.isBootstrapped) {
      await runDirectus({
        install,
        parameters: ['bootstrap'],
        directory,
        environment: environmentFor(options.port ?? 0),
      });
    }
    for (let attempt = 1; ; attempt += 1) {
      const port = options.port || (await findFreePort());
      const environment = environmentFor(port);
      const child = startDirectus({ install, parameters: ['start'], directory, environment });
      const failure = await waitUntilReady(child);
      if (!failure) {
        return {
          url: urlOf(port),
          port,
          pid: child.pid,
          superAdmin,
          directory,
          database: options.database,
          logs: () => child.output(),
          exited: child.exited,
          run: (...parameters) => runDirectus({ install, parameters, directory, environment }),
          runWithInput: (input, ...parameters) => runDirectus({ install, parameters, directory, environment, input }),
          stop: async () => {
            await child.stop();
            await removeTemporaryDirectory();
          },
          kill: () => child.kill(),
        };
      }
      const isPortTaken = /address already in use|is already in use/i.test(child.output());
      if (options.port || !isPortTaken || attempt === portAttempts) throw failure;
    }
  } catch (error) {
    await removeTemporaryDirectory();
    throw error;
  }
}

function urlOf(port: number): string {
  return `http://127.0.0.1:${port}`;
}

/** Directus tells a parent process when its port is open; what is left is to see that the application answers. */
async function waitUntilReady(child: Child): Promise<Error | undefined> {
  try {
    await child.firstMessage;
    return undefined;
  } catch (error) {
    return new Error(`Directus did not start. Its log:\n${child.output()}`, { cause: error });
  }
}

/** Makes a folder a Directus project: with a package.json, or no extensions are loaded, and the bundle linked into it. */
async function prepareDirectory(directory: string, withBundle: boolean): Promise<void> {
  for (const folder of ['uploads', 'extensions']) await mkdir(join(directory, folder), { recursive: true });
  const manifest = join(directory, 'package.json');
  if (!existsSync(manifest)) await writeFile(manifest, '{ "private": true }\n');
  const extension = join(directory, 'extensions', 'directus-extension-tenancy');
  await rm(extension, { recursive: true, force: true });
  if (!withBundle) return;
  await mkdir(extension, { recursive: true });
  const linkKind = process.platform === 'win32' ? 'junction' : 'dir';
  await symlink(join(projectDirectory, 'dist'), join(extension, 'dist'), linkKind);
  await copyFile(join(projectDirectory, 'package.json'), join(extension, 'package.json'));
}
