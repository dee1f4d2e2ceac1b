import { setImmediate as nextTurn } from 'node:timers/promises';

/**
 * What comes one by one, in groups of what has come already: nothing waits for something that is not there yet.
 *
 * @param most how many there are in a group
 */
export async function* arrivals<Each>(source: AsyncIterable<Each>, most: number): AsyncGenerator<Each[]> {
  const iterator = source[Symbol.asyncIterator]();
  let next = ahead(iterator);

  try {
    for (let result = await next; !result.done; result = await next) {
      const group = [result.value];
      next = ahead(iterator);

      while (group.length < most) {
        // What goes wrong comes after what has come before it.
        const there = await Promise.race([next.catch(() => null), nextTurn(null)]);
        if (!there || there.done) break;
        group.push(there.value);
        next = ahead(iterator);
      }

      yield group;
    }
  } finally {
    await iterator.return?.();
  }
}

/** The next one; what goes wrong with it is told to whoever waits for it, and to nobody else. */
function ahead<Each>(iterator: AsyncIterator<Each>): Promise<IteratorResult<Each>> {
  const next = iterator.next();
  next.catch(() => undefined);
  return next;
}
