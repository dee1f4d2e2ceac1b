import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDatabase, type Database, type DatabaseKind } from '../../scripts/hosts/databases.ts';
import type { WorldRecord } from './world.ts';

/** What is known of a world that is copied. */
export interface Original {
  kind: DatabaseKind;
  connection: Database['connection'];
  record: WorldRecord;
}

/** The folder, handed to the workers, in which the originals of this run are noted. */
export const FOLDER = 'TEST_WORLDS';

/**
 * Makes place for the originals of a run.
 *
 * @returns removes them
 */
export async function prepareWorlds(): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), 'tenancy-worlds-'));
  process.env[FOLDER] = folder;

  return async () => {
    for (const name of await readdir(folder)) {
      if (!name.endsWith('.json')) continue;
      const { kind, connection } = await readOriginal(join(folder, name));
      await (await openDatabase(kind, connection)).drop();
    }

    await rm(folder, { recursive: true, force: true });
  };
}

export async function readOriginal(file: string): Promise<Original> {
  return JSON.parse(await readFile(file, 'utf8')) as Original;
}
