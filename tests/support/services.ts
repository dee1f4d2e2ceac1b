import { ensureBuilt } from '../../scripts/commands/build.ts';
import { directusVersions, installHost } from '../../scripts/hosts/install.ts';
import { startPostgres } from '../../scripts/hosts/postgres.ts';

/**
 * What suites with a real Directus need, prepared before the first of them (Vitest's global setup): the installed hosts,
 * the bundle, and one PostgreSQL server, handed to the workers as `TEST_POSTGRES_URL`. Several projects call this; the
 * server belongs to the first one, and `teardown` comes after the last suite of all.
 */
export async function setup(): Promise<(() => Promise<void>) | undefined> {
  for (const directus of directusVersions) await installHost(directus);
  await ensureBuilt();
  if (process.env.TEST_POSTGRES_URL) return undefined;
  const server = await startPostgres();
  process.env.TEST_POSTGRES_URL = server.url;
  return () => server.stop();
}
