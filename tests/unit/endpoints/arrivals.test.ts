import { setImmediate as nextTurn } from 'node:timers/promises';
import { PassThrough } from 'node:stream';
import { createInterface } from 'node:readline';
import { expect, it } from 'vitest';
import { arrivals } from '../../../src/endpoints/tenancy/arrivals.ts';

const linesOf = (input: PassThrough) => createInterface({ input, crlfDelay: Infinity });

async function all<Each>(source: AsyncIterable<Each>): Promise<Each[]> {
  const found: Each[] = [];
  for await (const each of source) found.push(each);
  return found;
}

it('gives what came together in groups, in order', async () => {
  const input = new PassThrough();
  input.end('1\n2\n3\n4\n5\n6\n7');
  expect(await all(arrivals(linesOf(input), 3))).toEqual([['1', '2', '3'], ['4', '5', '6'], ['7']]);
});

it('gives nothing where nothing comes', async () => {
  const input = new PassThrough();
  input.end();
  expect(await all(arrivals(linesOf(input), 3))).toEqual([]);
});

it('waits for nothing that has not come', async () => {
  const input = new PassThrough();
  const groups = arrivals(linesOf(input), 3);

  for (const lines of [['1'], ['2', '3']]) {
    const group = groups.next();
    input.write(`${lines.join('\n')}\n`);
    expect(await group).toEqual({ done: false, value: lines });
  }

  input.end();
  expect(await groups.next()).toEqual({ done: true, value: undefined });
});

it('gives what has come before it tells what went wrong, and only to whoever asks', async () => {
  const groups = arrivals(
    (async function* () {
      yield await Promise.resolve(1);
      throw new Error('gone');
    })(),
    3,
  );

  expect(await groups.next()).toEqual({ done: false, value: [1] });
  await nextTurn();
  await expect(groups.next()).rejects.toThrow('gone');
});

it('ends its source when nobody asks for more', async () => {
  let ended = false;
  const source = (async function* () {
    try {
      for (let number = 1; ; number += 1) yield await Promise.resolve(number);
    } finally {
      ended = true;
    }
  })();

  for await (const group of arrivals(source, 3)) {
    expect(group).toEqual([1, 2, 3]);
    break;
  }

  expect(ended).toBe(true);
});
