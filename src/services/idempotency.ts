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

/** What somebody asks for. */
export interface Asked<Request = unknown> {
  /** What the client chose; null for work that is done each time. */
  key: string | null;
  request: Request;
}

/** Books answers in the transaction of the work, in the order of asking, so that either both are there or none. */
export type Book = (transaction: Knex, answers: readonly { tenant: string; answer: unknown }[]) => Promise<void>;

/**
 * Does work once for a key, however often and from however many clients the same request comes: who repeats it gets the answer
 * of the first one.
 *
 * @throws ConflictError when the key was used for another request
 */
export async function once<Answer>(
  context: ServiceContext,
  asked: Asked,
  work: (book: Book) => Promise<Answer>,
): Promise<Answer> {
  const book = bookOf(context, [asked]);
  if (asked.key === null) return work(book);

  const { database } = context;
  const [name, fingerprint] = [nameOf(context, asked.key), fingerprintOf(context, asked)];

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

    await forgetOldAnswers(database);
    return work(book);
  });
}

/** Books the answers to those who asked under a key. Of two who ask under the same key at once the later one cannot. */
export function bookOf(context: ServiceContext, asked: readonly Asked[]): Book {
  return async (transaction, answers) => {
    const rows = asked.flatMap((each, index) => {
      const answered = answers[index];
      if (each.key === null || !answered) return [];

      return {
        key: nameOf(context, each.key),
        request: fingerprintOf(context, each),
        tenant: answered.tenant,
        answer: JSON.stringify(answered.answer),
        answered_at: Date.now(),
      };
    });
    if (rows.length === 0) return;

    await transaction(ANSWERS_TABLE).insert(rows);
  };
}

/** Those whose key was used before, by whatever request. */
export async function haveAnswers<Each extends Asked>(
  context: ServiceContext,
  asked: readonly Each[],
): Promise<ReadonlySet<Each>> {
  const names = new Map(asked.flatMap((each) => (each.key === null ? [] : [[nameOf(context, each.key), each]])));
  if (names.size === 0) return new Set();

  await forgetOldAnswers(context.database);
  const stored = (await context
    .database(ANSWERS_TABLE)
    .whereIn('key', [...names.keys()])
    .pluck('key')) as string[];

  return new Set(stored.flatMap((name) => names.get(name) ?? []));
}

/** Not in the transaction of the work: on MySQL two of these would wait for what the other one has looked through. */
async function forgetOldAnswers(database: Knex): Promise<void> {
  await database(ANSWERS_TABLE)
    .where('answered_at', '<', Date.now() - KEPT)
    .delete();
}

function nameOf(context: ServiceContext, key: string): string {
  return sealed(context, `key ${key}`);
}

function fingerprintOf(context: ServiceContext, { request }: Asked): string {
  return sealed(context, `request ${canonical(request)}`);
}

/** Requests hold passwords, of which a plain hash would tell too much. */
function sealed({ env }: ServiceContext, text: string): string {
  return createHmac('sha256', String(env['SECRET'])).update(text).digest('hex');
}

/** The same text for the same request, whatever the order of its fields. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, nested: unknown) =>
    nested && typeof nested === 'object' && !Array.isArray(nested)
      ? Object.fromEntries(Object.entries(nested).sort(([a], [b]) => (a < b ? -1 : 1)))
      : nested,
  );
}
