import { randomUUID } from 'node:crypto';
import { findFreePort } from './ports.ts';
import { findProgram } from './programs.ts';
import { ServerMissingError, startServerProgram, type Server } from './server.ts';

/**
 * A Redis server: the one of `TEST_REDIS_URL` when that is set, else the system's own program, which listens on the loopback
 * interface only, keeps nothing and ends with this process.
 *
 * @throws ServerMissingError where there is neither
 */
export async function startRedis(): Promise<Server> {
  const url = process.env.TEST_REDIS_URL;
  if (url) return { url, stop: () => Promise.resolve() };

  const program = findProgram('redis-server', 'valkey-server');
  if (!program) {
    throw new ServerMissingError(
      'There is no Redis: install the program redis-server (Debian: apt-get install redis-server), or set TEST_REDIS_URL to ' +
        'the address of a server, for example redis://127.0.0.1:6379.',
    );
  }

  const port = await findFreePort();
  const server = await startServerProgram('redis', (directory) =>
    Promise.resolve({
      program,
      parameters: [
        ...['--bind', '127.0.0.1', '--port', String(port), '--dir', directory],
        ...['--save', '', '--appendonly', 'no', '--daemonize', 'no'],
      ],
      readyText: 'Ready to accept connections',
    }),
  );
  return { ...server, url: `redis://127.0.0.1:${port}` };
}

/**
 * Directus' variables for instances that share a Redis server: under names of their own, so that other projects on the same
 * server do not hear them, nor read what they keep.
 */
export function redisEnvironment(url: string): Record<string, string> {
  const space = `tenancy-${randomUUID()}`;
  return {
    REDIS: url,
    CACHE_STORE: 'redis',
    CACHE_NAMESPACE: `${space}-cache`,
    REDIS_PERMISSIONS_NAMESPACE: `${space}-permissions`,
    REDIS_BUS_NAMESPACE: `${space}-bus`,
    REDIS_LOCK_NAMESPACE: `${space}-lock`,
    SYNCHRONIZATION_STORE: 'redis',
    SYNCHRONIZATION_NAMESPACE: `${space}-synchronization`,
  };
}
