import { afterAll, beforeAll } from 'vitest';
import { describeExit, stopAllSoon } from '../../scripts/hosts/child.ts';
import { createDatabase, type Database, type DatabaseKind } from '../../scripts/hosts/databases.ts';
import { defaultSuperAdmin } from '../../scripts/hosts/environment.ts';
import { startHost, type Host, type HostOptions } from '../../scripts/hosts/host.ts';
import { installHost } from '../../scripts/hosts/install.ts';

// A signal ends a worker when a run is interrupted, before any `afterAll`.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.once(signal, () => {
    stopAllSoon();
    process.kill(process.pid, signal);
  });
}

export interface TestHostOptions extends Omit<HostOptions, 'database' | 'superAdmin'> {
  /** Default: `sqlite`. */
  database?: DatabaseKind;
  /** A database of that kind, of a Directus that has stopped, to start from. Default: what Directus itself starts from. */
  copyOf?: Database['connection'];
  /** SQLite: where the file is; in a temporary folder when left out. */
  file?: string;
}

/** Passwords that are hashed for a moment: a test has dozens of users, and none of them anything to protect. */
const CHEAP_HASHES = { HASH_MEMORY_COST: '1024', HASH_TIME_COST: '2' };

/** Characters of the log of a Directus that ended by itself which are shown. */
const KEPT_LOG = 6000;

/** Starts a Directus with a bootstrapped database of its own. Whoever calls this stops it and drops `host.database`. */
export async function startTestHost({
  database: kind = 'sqlite',
  copyOf,
  file,
  ...options
}: TestHostOptions): Promise<Host> {
  const install = await installHost(options.directus);
  const database = await createDatabase(kind, {
    template: { install, superAdmin: defaultSuperAdmin },
    copyOf,
    file,
  });
  try {
    return watched(await startHost({ ...options, env: { ...CHEAP_HASHES, ...options.env }, database }));
  } catch (error) {
    await database.drop();
    throw error;
  }
}

/** The same host, whose `stop` throws, with the end of its log, when Directus had ended by itself: no test that passes may hide that. */
function watched(host: Host): Host {
  let isAsked = false;
  let ended: string | undefined;
  void host.exited.then((exit) => {
    if (!isAsked) ended = describeExit(exit);
  });

  return {
    ...host,
    kill: () => {
      isAsked = true;
      return host.kill();
    },
    stop: async () => {
      isAsked = true;
      await host.stop();
      if (!ended) return;
      // Whoever called this would drop it next.
      await host.database.drop();
      throw new Error(`Directus ended by itself (${ended}). The end of its log:\n${host.logs().slice(-KEPT_LOG)}`);
    },
  };
}

/**
 * Runs a Directus for the tests of the surrounding `describe` (or file).
 *
 * @example
 * const host = useHost({ directus: '11' });
 * it('answers', async () => expect((await fetch(`${host().url}/server/ping`)).status).toBe(200));
 *
 * @returns gives the running host, from `beforeAll` on
 */
export function useHost(options: TestHostOptions): () => Host {
  let host: Host | undefined;
  beforeAll(async () => {
    host = await startTestHost(options);
  });
  afterAll(async () => {
    await host?.stop();
    await host?.database.drop();
  });
  return () => {
    if (!host) throw new Error('The host runs only while tests and hooks of its suite run.');
    return host;
  };
}
