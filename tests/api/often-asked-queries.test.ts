import knexFactory, { type Knex } from 'knex';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createDatabase, type Database } from '../../scripts/hosts/databases.ts';

const TEXT = 'SELECT CAST(? AS varchar) AS word';

describe('A query that is asked with each request, on PostgreSQL', () => {
  let database: Database;
  let knex: Knex;
  let ask: (word: string, text?: string) => Promise<{ word: string }[]>;

  beforeEach(async () => {
    database = await createDatabase('postgres');
    const { connectionString } = database.connection as { connectionString: string };
    // One session, so that what is kept for it can be looked at, and taken from it.
    knex = knexFactory({ client: 'pg', connection: connectionString, pool: { min: 1, max: 1 } });

    // A new process knows nothing of what another one has seen of its pooler.
    vi.resetModules();
    const { oftenAsked } = await import('../../src/services/database.ts');
    ask = (word, text = TEXT) => oftenAsked<{ word: string }>('word', text)(knex, [word]);
  });

  afterEach(async () => {
    await knex.destroy();
    await database.drop();
  });

  const kept = async (): Promise<string[]> =>
    (await knex.raw<{ rows: { name: string }[] }>('SELECT name FROM pg_prepared_statements')).rows.map(
      ({ name }) => name,
    );

  it('is planned under a name, which another text does not have', async () => {
    expect(await ask('one')).toEqual([{ word: 'one' }]);
    expect(await ask('two')).toEqual([{ word: 'two' }]);
    expect(await kept()).toHaveLength(1);

    expect(await ask('three', `${TEXT} LIMIT 1`)).toEqual([{ word: 'three' }]);
    expect(await kept()).toHaveLength(2);
  });

  it('has none from the time on that a pooler has lost it', async () => {
    await ask('one');
    await knex.raw('DEALLOCATE ALL');
    expect(await ask('two')).toEqual([{ word: 'two' }]);
    expect(await ask('three')).toEqual([{ word: 'three' }]);
    expect(await kept()).toEqual([]);
  });

  it('so that all are answered who have asked by the name at once', async () => {
    const { oftenAsked } = await import('../../src/services/database.ts');
    const several = knexFactory({ ...knex.client.config, pool: { min: 0, max: 3 } });
    const words = ['one', 'two', 'three'];
    // Each has a connection of its own until it is answered.
    const askAll = (): Promise<{ word: string }[][]> =>
      Promise.all(words.map((word) => oftenAsked<{ word: string }>('word', TEXT)(several, [word])));

    await askAll();
    await Promise.all(words.map(() => several.raw('DEALLOCATE ALL')));
    expect((await askAll()).flat().map(({ word }) => word)).toEqual(words);
    await several.destroy();
  });

  it('and from the time on that a session has the name from somebody else', async () => {
    await ask('one');
    const [name] = await kept();
    const other = knexFactory({ ...knex.client.config, pool: { min: 0, max: 1 } });
    await other.raw(`PREPARE "${name}" AS SELECT 1`);

    const { oftenAsked } = await import('../../src/services/database.ts');
    expect(await oftenAsked('word', TEXT)(other, ['two'])).toEqual([{ word: 'two' }]);
    await other.destroy();
  });

  it('says when it is on its way, so that other work need not wait for its answer', async () => {
    const { oftenAsked } = await import('../../src/services/database.ts');
    const told: string[] = [];
    const rows = await oftenAsked<{ word: string }>('word', TEXT)(knex, ['one'], () => told.push('sent'));
    expect([...told, ...rows.map(({ word }) => word)]).toEqual(['sent', 'one']);
  });

  it('is heard of by whoever listens to what is asked, once each time', async () => {
    const told: string[] = [];
    knex.on('query', ({ __knexUid }: { __knexUid: string }) => told.push(`asked ${__knexUid}`));
    knex.on('query-response', (_answer, { __knexUid, bindings }: { __knexUid: string; bindings: string[] }) =>
      told.push(`answered ${__knexUid} ${bindings.join()}`),
    );
    knex.on('query-error', ({ code }: { code: string }) => told.push(`failed ${code}`));

    await ask('one');
    await ask('two');
    await ask('three', 'SELECT ? AS word FROM nowhere').catch(() => undefined);

    const [first = ''] = told;
    const id = first.split(' ')[1] ?? '';
    expect(id).not.toBe('');
    expect(told).toEqual([
      `asked ${id}`,
      `answered ${id} one`,
      `asked ${id}`,
      `answered ${id} two`,
      `asked ${id}`,
      'failed 42P01',
    ]);
  });

  it('sees what a transaction has done, and ends with it', async () => {
    const { oftenAsked } = await import('../../src/services/database.ts');
    const count = oftenAsked<{ count: string }>('count', 'SELECT count(*) AS count FROM words WHERE word = ?');
    await knex.schema.createTable('words', (table) => table.string('word'));

    await knex
      .transaction(async (transaction) => {
        await transaction('words').insert({ word: 'one' });
        expect(await count(transaction, ['one'])).toEqual([{ count: '1' }]);
        throw new Error('taken back');
      })
      .catch(() => undefined);

    expect(await count(knex, ['one'])).toEqual([{ count: '0' }]);
  });

  it('fails as any other does', async () => {
    await expect(ask('one', 'SELECT ? AS word FROM nowhere')).rejects.toMatchObject({ code: '42P01' });
    await ask('two');
    expect(await kept()).toHaveLength(1);
  });
});
