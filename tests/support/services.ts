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

/**
 * What suites with a real Directus need, prepared before the first of them (Vitest's global setup): the installed hosts,
 * the bundle, one server of each kind, and a place for worlds. Several projects call this; these belong to the first one, and `teardown`
 * comes after the last suite of all.
 */
export async function setup(): Promise<() => Promise<void>> {
  for (const directus of directusVersions) await installHost(directus);
  await ensureBuilt();
  const started: Server[] = [];
  let removeWorlds: (() => Promise<void>) | undefined;
  const stop = async (): Promise<void> => {
    await removeWorlds?.();
    for (const server of started) await server.stop();
  };
  try {
    for (const [variable, start] of Object.entries(servers)) {
      if (process.env[variable]) continue;
      const server = await startWherePossible(start);
      if (!server) continue;
      started.push(server);
      process.env[variable] = server.url;
    }
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
