import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { CallContext } from '../../../src/services/call-context.ts';

describe('what code knows while it works for somebody', () => {
  it('is known however deep it is called, and by nobody else', async () => {
    const context = new CallContext<string>();

    const seen = await Promise.all([
      context.run('one', async () => {
        await turn();
        return context.get();
      }),
      context.run('other', async () => {
        await turn();
        await turn();
        return context.get();
      }),
      turn().then(() => context.get()),
    ]);

    expect(seen).toEqual(['one', 'other', undefined]);
    expect(context.get()).toBeUndefined();
  });

  it('is there again inside of other work, and after work that failed', async () => {
    const context = new CallContext<string>();
    const failing = (): Promise<never> => Promise.reject(new Error('work'));

    const seen = await context.run('outer', async () => {
      const inner = await context.run('inner', async () => {
        await turn();
        return context.get();
      });
      await expect(context.run('failing', failing)).rejects.toThrow('work');
      return [inner, context.get()];
    });

    expect(seen).toEqual(['inner', 'outer']);
    expect(await context.run('anew', () => turn().then(() => context.get()))).toBe('anew');
  });

  it('is taken down when the last work has ended, and costs nothing from then on', async () => {
    const context = new CallContext<string>();
    const answer = signal();
    let left: Promise<string | undefined> | undefined;

    const shorter = context.run('shorter', () => {
      left = answer.given.then(() => context.get());
      return Promise.resolve();
    });

    const seen = await context.run('longer', async () => {
      await shorter;
      await turn();
      return context.get();
    });

    answer.give();
    expect(seen).toBe('longer');
    expect(await left).toBeUndefined();
  });

  it('lasts for a request until its answer is out, or given up', async () => {
    const context = new CallContext<string>();
    const response = new ServerResponse(new IncomingMessage(new Socket()));
    const answer = signal();
    let before: Promise<string | undefined> | undefined;
    let after: Promise<string | undefined> | undefined;

    context.answer('value', response, () => {
      before = turn().then(() => context.get());
      after = answer.given.then(() => context.get());
    });

    expect(context.get()).toBeUndefined();
    expect(await before).toBe('value');

    response.emit('close');
    answer.give();
    expect(await after).toBeUndefined();
  });

  it('is not kept for somebody who has gone before', async () => {
    const context = new CallContext<string>();
    const response = new ServerResponse(new IncomingMessage(new Socket()));
    const answer = signal();
    let left: Promise<string | undefined> | undefined;
    response.destroy();

    await new Promise<void>((resolve) => context.answer('value', response, resolve));
    await context.run('other', () => {
      left = answer.given.then(() => context.get());
      return Promise.resolve();
    });

    answer.give();
    expect(await left).toBeUndefined();
  });
});

/** Something that is waited for until it is said. */
function signal(): { given: Promise<void>; give: () => void } {
  let give = (): void => undefined;
  const given = new Promise<void>((resolve) => {
    give = resolve;
  });
  return { given, give: () => give() };
}
