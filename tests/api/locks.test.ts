import knexFactory, { type Knex } from 'knex';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createDatabase, type Database } from '../../scripts/hosts/databases.ts';
import { withLock } from '../../src/services/database.ts';

describe('A lock of the database', () => {
  let database: Database;
  let knex: Knex;
  let promises: (() => void)[] = [];

  /** A promise that is kept from outside, at the end of the test at the latest: nobody else could give connections back. */
  const promised = (): { promise: Promise<void>; keep: () => void } => {
    let keep: () => void = () => undefined;
    const promise = new Promise<void>((resolve) => (keep = resolve));
    promises.push(keep);
    return { promise, keep };
  };

  beforeEach(async () => {
    database = await createDatabase('postgres');
    const { connectionString } = database.connection as { connectionString: string };
    knex = knexFactory({ client: 'pg', connection: connectionString, pool: { min: 0, max: 3 } });
  });

  afterEach(async () => {
    for (const keep of promises) keep();
    promises = [];
    await knex.destroy();
    await database.drop();
  });

  /** How many connections of the pool somebody has. */
  const inUse = (): number => (knex.client.pool as { numUsed(): number }).numUsed();

  /** How many locks there are, and how many sessions have them. */
  const held = async (): Promise<[locks: number, sessions: number]> => {
    const { rows } = await knex.raw<{ rows: { locks: string; sessions: string }[] }>(
      `SELECT count(*) AS locks, count(DISTINCT pid) AS sessions FROM pg_locks
       WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
    );
    return [Number(rows[0]?.locks), Number(rows[0]?.sessions)];
  };

  it('is kept by the connection of the one that it is taken inside of', async () => {
    await withLock(knex, 'outer', async () => {
      expect(await held()).toEqual([1, 1]);

      await withLock(knex, 'inner', async () => {
        expect(inUse()).toBe(1);
        expect(await held()).toEqual([2, 1]);
      });

      expect(await held()).toEqual([1, 1]);
    });

    expect(inUse()).toBe(0);
    expect(await held()).toEqual([0, 0]);
  });

  it('leaves two connections of the pool to those who work', async () => {
    let running = 0;
    let most = 0;

    const work = async (): Promise<void> => {
      running += 1;
      most = Math.max(most, running);

      await knex.transaction(async (transaction) => {
        await transaction.raw('SELECT 1');
        await knex.raw('SELECT 1');
      });

      running -= 1;
    };

    await Promise.all(Array.from({ length: 6 }, (_, index) => withLock(knex, `lock ${index}`, work)));
    expect(most).toBe(1);
  });

  it('keeps the connection for as long as anything inside of it has one', async () => {
    const outlasting = promised();
    let inner: Promise<void> | undefined;

    await withLock(knex, 'outer', async () => {
      const taken = promised();
      inner = withLock(knex, 'inner', async () => {
        taken.keep();
        await outlasting.promise;
      });
      await taken.promise;
    });

    expect(inUse()).toBe(1);
    expect(await held()).toEqual([1, 1]);

    outlasting.keep();
    await inner;
    expect(inUse()).toBe(0);
    expect(await held()).toEqual([0, 0]);
  });

  it('has a connection of its own where what it was taken inside of has ended', async () => {
    const ended = promised();
    let late: Promise<number> | undefined;

    // While others have locks as well, Node keeps in mind what somebody was called by.
    const others = promised();
    const begun = promised();
    const other = knex.transaction((transaction) =>
      withLock(transaction, 'other', async () => {
        begun.keep();
        await others.promise;
      }),
    );
    await begun.promise;

    await withLock(knex, 'outer', async () => {
      late = ended.promise.then(() => withLock(knex, 'late', () => Promise.resolve(inUse())));
      await Promise.resolve();
    });

    expect(inUse()).toBe(1);
    ended.keep();
    expect(await late).toBe(2);

    others.keep();
    await other;
  });

  it('is kept by the transaction in which it is taken, which waits for no place', async () => {
    const { promise, keep } = promised();
    const taken = promised();
    const other = withLock(knex, 'other', async () => {
      taken.keep();
      await promise;
    });
    await taken.promise;

    await knex.transaction((transaction) =>
      withLock(transaction, 'within', async () => {
        expect(inUse()).toBe(2);
        expect(await held()).toEqual([2, 2]);
      }),
    );

    keep();
    await other;
  });

  it('is given back with its connection when the work fails', async () => {
    const failing = withLock(knex, 'outer', () => withLock(knex, 'inner', () => Promise.reject(new Error('no luck'))));
    await expect(failing).rejects.toThrow('no luck');
    expect(inUse()).toBe(0);
    expect(await held()).toEqual([0, 0]);
  });
});
