import type { Accountability } from '@directus/types';
import knex from 'knex';
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { markFresh, refreshRuntimeFor, runtime } from '../../src/runtime.ts';

const requester = (): Accountability => ({ role: null, user: 'me', roles: [], admin: false, app: true, ip: null });

describe('What an instance knows', () => {
  /** Nobody answers there, so that whoever asks fails. */
  const database = knex({ client: 'pg', connection: 'postgres://127.0.0.1:1/nothing' });

  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['performance'] });
    runtime.tenantsExist = true;
  });

  afterEach(() => {
    vi.useRealTimers();
    runtime.tenantsExist = false;
  });

  afterAll(() => database.destroy());

  it('is asked for once for a request that was just let in, and again when that is a second ago', async () => {
    const letIn = requester();
    markFresh(letIn);
    await expect(refreshRuntimeFor(database, letIn)).resolves.toBeUndefined();

    vi.advanceTimersByTime(1001);
    await expect(refreshRuntimeFor(database, letIn)).rejects.toThrow('ECONNREFUSED');
  });

  it('is asked for by everybody who was not let in, such as a socket', async () => {
    markFresh(requester());
    await expect(refreshRuntimeFor(database, requester())).rejects.toThrow('ECONNREFUSED');
  });
});
