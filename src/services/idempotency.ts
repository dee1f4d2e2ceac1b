import { createHmac } from 'node:crypto';
import type { Knex } from 'knex';
import { ConflictError } from '../tenancy/errors.ts';
import { ANSWERS_TABLE } from '../tenancy/managed.ts';
import { say } from '../tenancy/sentences.ts';
import { withLock } from './database.ts';
import type { ServiceContext } from './directus.ts';

/** How long an answer is kept, in milliseconds: longer than anybody repeats a request. */
const KEPT = 7 * 24 * 60 * 60 * 1000;

/** Creates the table of answers where it is missing. */
export async function ensureAnswersTable(database: Knex): Promise<void> {
  if (await database.schema.hasTable(ANSWERS_TABLE)) return;

  await database.schema.createTable(ANSWERS_TABLE, (table) => {
    table.string('key', 64).primary();
    table.string('request', 64).notNullable();
    table.string('tenant', 36).notNullable().index();
    table.text('answer').notNullable();
    table.bigInteger('answered_at').notNullable().index();
  });
}

/** Books an answer in the transaction of the work, so that either both are there or none. */
export type Book = (transaction: Knex, tenant: string, answer: unknown) => Promise<void>;

/**
 * Does work once for a key, however often and from however many clients the same request comes: who repeats it gets the answer
 * of the first one.
 *
 * @param key what the client chose; null for work that is done each time
 * @param request what is asked for
 * @throws ConflictError when the key was used for another request
 */
export async function once<Answer>(
  context: ServiceContext,
  key: string | null,
  request: unknown,
  work: (book: Book) => Promise<Answer>,
): Promise<Answer> {
  if (key === null) return work(() => Promise.resolve());

  const { database, env } = context;
  // Requests hold passwords, of which a plain hash would tell too much.
  const sealed = (text: string): string => createHmac('sha256', String(env['SECRET'])).update(text).digest('hex');
  const [name, fingerprint] = [sealed(`key ${key}`), sealed(`request ${canonical(request)}`)];

  return withLock(database, `directus-extension-tenancy:once:${name}`, async () => {
    const stored: { request: string; answer: string } | undefined = await database(ANSWERS_TABLE)
      .where({ key: name })
      .first('request', 'answer');

    if (stored && stored.request !== fingerprint) {
      throw new ConflictError({
        reason: say(
          'The Idempotency-Key was used for another request. Choose a new one for each tenant. Nothing was changed.',
        ),
      });
    }

    if (stored) return JSON.parse(stored.answer) as Answer;

    return work(async (transaction, tenant, answer) => {
      await transaction(ANSWERS_TABLE)
        .where('answered_at', '<', Date.now() - KEPT)
        .delete();

      await transaction(ANSWERS_TABLE).insert({
        key: name,
        request: fingerprint,
        tenant,
        answer: JSON.stringify(answer),
        answered_at: Date.now(),
      });
    });
  });
}

/** The same text for the same request, whatever the order of its fields. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, nested: unknown) =>
    nested && typeof nested === 'object' && !Array.isArray(nested)
      ? Object.fromEntries(Object.entries(nested).sort(([a], [b]) => (a < b ? -1 : 1)))
      : nested,
  );
}
