import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import type { DatabaseKind } from '../../scripts/hosts/databases.ts';
import type { Host } from '../../scripts/hosts/host.ts';
import type { DirectusVersion } from '../../scripts/hosts/install.ts';
import { withLock } from '../../scripts/hosts/lock.ts';
import { startTestHost, type TestHostOptions } from './host.ts';
import { FOLDER, readOriginal, type Original } from './originals.ts';
import { createWorld, enterWorld, recordOf, type World } from './world.ts';

// To make a world takes longer than most tests: the bundle installs itself, and each of dozens of changes makes Directus read its
// schema anew. It is made once in a run for each kind of database, as a super-admin would, and the database is copied.

/** Starts a Directus with a world of its own. Whoever calls this stops it and drops `host.database`. */
export async function startWorld(options: TestHostOptions): Promise<{ host: Host; world: World }> {
  const { connection, record } = await originalOf(options.directus, options.database ?? 'sqlite');
  const host = await startTestHost({ ...options, copyOf: connection });

  try {
    return { host, world: await enterWorld(host, record) };
  } catch (error) {
    await host.stop();
    await host.database.drop();
    throw error;
  }
}

/**
 * Runs a Directus with a world for the tests of the surrounding `describe` (or file).
 *
 * @returns give the host and the world, from `beforeAll` on
 */
export function useWorld(options: TestHostOptions): { host: () => Host; world: () => World } {
  let started: { host: Host; world: World } | undefined;

  beforeAll(async () => {
    started = await startWorld(options);
  });

  afterAll(async () => {
    await started?.host.stop();
    await started?.host.database.drop();
  });

  const get = (): { host: Host; world: World } => {
    if (!started) throw new Error('The world is there only while tests and hooks of its suite run.');
    return started;
  };

  return { host: () => get().host, world: () => get().world };
}

async function originalOf(directus: DirectusVersion, kind: DatabaseKind): Promise<Original> {
  const folder = process.env[FOLDER];
  if (!folder) throw new Error('Worlds are copied in a run of Vitest alone; its global setup prepares them.');
  const file = join(folder, `${directus}-${kind}.json`);

  return withLock(`${file}.lock`, async () => {
    if (existsSync(file)) return readOriginal(file);

    const host = await startTestHost({ directus, database: kind, file: join(folder, `${directus}.sqlite`) });
    const { connection } = host.database;

    try {
      const record = recordOf(await createWorld(host));
      await writeFile(file, JSON.stringify({ kind, connection, record } satisfies Original));
    } catch (error) {
      await host.stop();
      await host.database.drop();
      throw error;
    }

    await host.stop();
    return readOriginal(file);
  });
}
