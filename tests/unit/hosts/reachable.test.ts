import { chmod, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { isOpenToAll } from '../../../scripts/hosts/reachable.ts';

let directory: string;
let inner: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'tenancy-reachable-'));
  inner = join(directory, 'inner');
  await mkdir(inner, { mode: 0o755 });
});

afterEach(() => rm(directory, { recursive: true, force: true }));

it('knows the root directory as open', () => {
  expect(isOpenToAll('/')).toBe(true);
});

it('looks at every folder on the way', async () => {
  await chmod(directory, 0o700);
  expect(isOpenToAll(inner)).toBe(false);
});
