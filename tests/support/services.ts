import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureBuilt } from '../../scripts/commands/build.ts';
import { directusVersions, installHost } from '../../scripts/hosts/install.ts';
import { startMariadb } from '../../scripts/hosts/mariadb.ts';
import { startPostgres } from '../../scripts/hosts/postgres.ts';
import { reportProgress } from '../../scripts/hosts/progress.ts';
import { startRedis } from '../../scripts/hosts/redis.ts';
import { ServerMissingError, type Server } from '../../scripts/hosts/server.ts';
import { FOLDER, prepareWorlds } from './originals.ts';

/** The servers that suites use, by the variable that hands their address to the workers. */
const servers = {
  TEST_POSTGRES_URL: startPostgres,
  TEST_MYSQL_URL: startMariadb,
  TEST_REDIS_URL: startRedis,
} satisfies Record<string, () => Promise<Server>>;

/** The variable by which Node keeps what it has compiled: Directus is started hundreds of times. */
const COMPILED = 'NODE_COMPILE_CACHE';

/**
 * What suites with a real Directus need, prepared before the first of them (Vitest's global setup): the installed hosts,
 * the bundle, one server of each kind, and places for worlds and for compiled modules. Several projects call this; these belong to
 * the first one, and `teardown` comes after the last suite of all.
 */
export async function setup(): Promise<() => Promise<void>> {
  // Most of an install is one compiler at work for a long time.
  await Promise.all(directusVersions.map((directus) => installHost(directus)));
  await ensureBuilt();
  const started: Server[] = [];
  let removeWorlds: (() => Promise<void>) | undefined;
  let compiled: string | undefined;
  const stop = async (): Promise<void> => {
    await removeWorlds?.();
    for (const server of started) await server.stop();
    // Last, for workers that are just ending write into it once more.
    if (compiled) await rm(compiled, { recursive: true, force: true, maxRetries: 10 });
  };
  try {
    for (const [variable, start] of Object.entries(servers)) {
      if (process.env[variable]) continue;
      const server = await startWherePossible(start);
      if (!server) continue;
      started.push(server);
      process.env[variable] = server.url;
    }
    // For this run alone: each load of an extension is kept as another module.
    if (!process.env[COMPILED]) process.env[COMPILED] = compiled = await mkdtemp(join(tmpdir(), 'tenancy-compiled-'));
    if (!process.env[FOLDER]) removeWorlds = await prepareWorlds();
  } catch (error) {
    await stop();
    throw error;
  }
  return stop;
}

/** In CI everything has to be there; elsewhere the suites that need a missing server are skipped, and the person is told. */
async function startWherePossible(start: () => Promise<Server>): Promise<Server | undefined> {
  try {
    return await start();
  } catch (error) {
    if (!(error instanceof ServerMissingError) || process.env.CI === 'true') throw error;
    reportProgress(`${error.message} Tests that need it are skipped.`);
    return undefined;
  }
}
