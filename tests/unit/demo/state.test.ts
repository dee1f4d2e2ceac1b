import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { DemoOptions } from '../../../scripts/demo/options.ts';
import {
  assertUnused,
  DirectoryError,
  lockFile,
  markSeeded,
  openDirectory,
  type SeededState,
} from '../../../scripts/demo/state.ts';

const state: SeededState = {
  install: 'directus-11',
  superAdmin: { email: 'admin@example.com', password: 'secret' },
  tenants: [],
};

let parent: string;
let options: DemoOptions;

beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), 'tenancy-demo-state-'));
  const directory = join(parent, 'demo');
  options = { directus: '11', database: 'sqlite', port: undefined, empty: false, json: false, directory };
});

afterEach(() => rm(parent, { recursive: true, force: true }));

const inDirectory = (name: string): string => join(options.directory, name);

describe('the folder of the demo', () => {
  test('is made when it is missing, and remembered when it is complete', async () => {
    expect(await openDirectory(options)).toBeUndefined();
    await markSeeded(options.directory, state);
    expect(await openDirectory(options)).toEqual(state);
  });

  test('is emptied when seeding was interrupted, but for the lock', async () => {
    await openDirectory(options);
    await writeFile(inDirectory('data.sqlite'), 'half');
    await writeFile(inDirectory(lockFile), '');
    expect(await openDirectory(options)).toBeUndefined();
    expect(existsSync(inDirectory('data.sqlite'))).toBe(false);
    expect(existsSync(inDirectory(lockFile))).toBe(true);
  });

  test('is left alone when it holds files of somebody else', async () => {
    await writeFile(join(parent, 'thesis.txt'), 'mine');
    const foreign = { ...options, directory: parent };
    expect(() => assertUnused(parent)).toThrow(DirectoryError);
    await expect(openDirectory(foreign)).rejects.toThrow(/--dir.* holds files that the demo did not make/);
    expect(existsSync(join(parent, 'thesis.txt'))).toBe(true);
  });

  test.each([
    [{ directus: '12' as const }, 'made for Directus 11 on sqlite, not for Directus 12 on sqlite'],
    [{ database: 'postgres' as const }, 'made for Directus 11 on sqlite, not for Directus 11 on postgres'],
    [{ empty: true }, 'made for Directus 11 on sqlite, not for Directus 11 on sqlite without content'],
  ])('is not used for %j when it was made for something else', async (difference, message) => {
    await openDirectory(options);
    await markSeeded(options.directory, state);
    await expect(openDirectory({ ...options, ...difference })).rejects.toThrow(message);
    expect(await openDirectory(options)).toEqual(state);
  });
});
