import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { withLock } from '../../../scripts/hosts/lock.ts';

let directory: string;
let lock: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'tenancy-lock-'));
  lock = join(directory, 'folder', 'lock');
});

afterEach(() => rm(directory, { recursive: true, force: true }));

it('lets one in at a time, in the same process too', async () => {
  let inside = 0;
  const most: number[] = [];
  const work = async (): Promise<void> => {
    inside += 1;
    most.push(inside);
    await new Promise(setImmediate);
    inside -= 1;
  };
  await Promise.all([withLock(lock, work), withLock(lock, work), withLock(lock, work)]);
  expect(most).toEqual([1, 1, 1]);
});

it('is free again after a failure, which it passes on', async () => {
  await expect(withLock(lock, () => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
  await expect(withLock(lock, () => Promise.resolve('done'))).resolves.toBe('done');
});

it('waits for another process, says so once, and goes on when that one was killed', async () => {
  const program = join(directory, 'holder.ts');
  const module = new URL('../../../scripts/hosts/lock.ts', import.meta.url).href;
  await writeFile(
    program,
    `import { withLock } from ${JSON.stringify(module)};
     await withLock(${JSON.stringify(lock)}, () => { process.send?.('held'); return new Promise(() => setInterval(() => {}, 1000)); });`,
  );
  const holder = fork(program, { execArgv: ['--disable-warning=ExperimentalWarning'] });
  const [message] = (await once(holder, 'message')) as [unknown];
  expect(message).toBe('held');

  const waits: string[] = [];
  const result = withLock(
    lock,
    () => Promise.resolve('mine'),
    () => {
      waits.push('waiting');
      holder.kill('SIGKILL');
    },
  );
  await expect(result).resolves.toBe('mine');
  expect(waits).toEqual(['waiting']);
});
