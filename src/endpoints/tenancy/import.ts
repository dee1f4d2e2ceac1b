import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import type { Request, Response } from 'express';
import { InvalidFieldError } from '../../tenancy/errors.ts';
import { say } from '../../tenancy/sentences.ts';
import type { TenantWithUsage } from '../../tenancy/types.ts';
import { batches } from '../../services/database.ts';
import type { ServiceContext } from '../../services/directus.ts';
import type { Invite } from '../../services/members.ts';
import { findLoners, provisionTenant, provisionTogether, type AskedTenant } from '../../services/provisioning.ts';
import { arrivals } from './arrivals.ts';
import { beginLines, failureOf } from './lines.ts';
import { keyOf } from './idempotency-key.ts';
import { parseNewTenant } from './new-tenant.ts';

/** How many lines one transaction does: that of more of them would keep others waiting for longer. */
const MOST_TOGETHER = 25;

/** How many transactions go on at once: while the database does one, this process prepares the other. */
const AT_ONCE = 2;

/** Characters of one line, which describes one tenant. */
const LONGEST_LINE = 1_000_000;

/** What became of one line. */
export type LineResult = { line: number; status: number } & ({ data: unknown } | { errors: object[] });

/**
 * Provisions a tenant for each line of a body of NDJSON, and answers a line of NDJSON for each as soon as it is done: the number
 * of the line, counted from 1, and what `POST /tenancy/tenants` would have answered. A line that is refused keeps no other
 * from being done. Empty lines are passed over.
 *
 * With an `Idempotency-Key` an import that was interrupted can be sent again as it is: lines that were done answer what they did.
 */
export async function importTenants(context: ServiceContext, request: Request, response: Response): Promise<void> {
  const key = keyOf(request);

  if (!request.is(['application/x-ndjson', 'application/ndjson', 'text/plain'])) {
    throw new InvalidFieldError({ field: 'Content-Type', reason: say('must be "application/x-ndjson"') });
  }

  beginLines(response);

  for await (const result of provisionLines(context, request, key)) {
    // Whoever went away stops the work after this line; the next time it goes on from here.
    if (response.destroyed) return;
    response.write(`${JSON.stringify(result)}\n`);
  }

  response.end();
}

/**
 * Provisions a tenant for each line of NDJSON, and tells what became of each as soon as it is done, in the order of the lines.
 * Those that came together are done together, as if one after the other.
 *
 * @param key as {@link importTenants} has it
 * @param invite how an owner who is to be invited is
 */
export async function* provisionLines(
  context: ServiceContext,
  input: Readable,
  key: string | null,
  invite?: Invite,
): AsyncGenerator<LineResult> {
  let number = 0;

  for await (const lines of arrivals(createInterface({ input, crlfDelay: Infinity }), AT_ONCE * MOST_TOGETHER)) {
    const read = lines.flatMap((text): Line[] => {
      number += 1;
      return text.trim() === '' ? [] : [lineOf(context, text, number, key)];
    });

    yield* provisionSome(context, read, invite);
  }
}

/** A line that asks for a tenant, or what is wrong with it. */
type Line = { line: number; asked: AskedTenant } | { line: number; refused: LineResult };

function lineOf(context: ServiceContext, text: string, line: number, key: string | null): Line {
  try {
    const request = parseNewTenant(objectIn(text));
    return { line, asked: { key: key === null ? null : `${key} line ${line}`, request } };
  } catch (error) {
    return { line, refused: failed(context, line, error) };
  }
}

async function* provisionSome(
  context: ServiceContext,
  lines: readonly Line[],
  invite: Invite | undefined,
): AsyncGenerator<LineResult> {
  const loners = await findLonersIn(context, lines);
  let together: AskedLine[] = [];

  for (const each of lines) {
    if ('asked' in each && !loners.has(each.asked)) {
      together.push(each);
      continue;
    }

    yield* provisionGroup(context, together, invite);
    together = [];
    yield 'asked' in each ? await provisionLine(context, each, invite) : each.refused;
  }

  yield* provisionGroup(context, together, invite);
}

type AskedLine = Extract<Line, { asked: unknown }>;

/** As {@link findLoners}: all of them, where nobody can tell. */
async function findLonersIn(context: ServiceContext, lines: readonly Line[]): Promise<ReadonlySet<AskedTenant>> {
  const asked = lines.flatMap((each) => ('asked' in each ? [each.asked] : []));
  if (asked.length < 2) return new Set(asked);

  try {
    return await findLoners(context, asked);
  } catch {
    // Whatever is wrong with the database, each line will tell.
    return new Set(asked);
  }
}

async function* provisionGroup(
  context: ServiceContext,
  lines: readonly AskedLine[],
  invite: Invite | undefined,
): AsyncGenerator<LineResult> {
  const parts = [...batches(lines, Math.max(2, Math.ceil(lines.length / AT_ONCE)))];
  // No two of them want the same, so that none has to wait for another.
  const underWay = parts.map((part) => ({ part, tenants: provisionedTogether(context, part) }));

  for (const { part, tenants } of underWay) {
    const done = await tenants;

    for (const [index, each] of part.entries()) {
      const tenant = done?.[index];
      yield tenant ? { line: each.line, status: 201, data: tenant } : await provisionLine(context, each, invite);
    }
  }
}

/** Null where the lines are to be done one by one: nothing was done, and they tell what is against which of them. */
async function provisionedTogether(
  context: ServiceContext,
  lines: readonly AskedLine[],
): Promise<TenantWithUsage[] | null> {
  if (lines.length < 2) return null;

  try {
    return await provisionTogether(
      context,
      lines.map(({ asked }) => asked),
    );
  } catch (error) {
    context.logger.debug(error, 'Tenancy: lines of an import are done one by one, since together they could not be.');
    return null;
  }
}

async function provisionLine(
  context: ServiceContext,
  { line, asked: { key, request } }: AskedLine,
  invite: Invite | undefined,
): Promise<LineResult> {
  try {
    return { line, status: 201, data: await provisionTenant(context, request, key, invite) };
  } catch (error) {
    return failed(context, line, error);
  }
}

function failed(context: ServiceContext, line: number, error: unknown): LineResult {
  return { line, ...failureOf(context, error, `line ${line} of an import`) };
}

function objectIn(text: string): unknown {
  if (text.length > LONGEST_LINE) {
    throw new InvalidFieldError({
      field: 'body',
      reason: say('must have at most {count} characters in a line', { count: LONGEST_LINE }),
    });
  }

  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new InvalidFieldError({ field: 'body', reason: say('must be one JSON object in each line') });
  }
}
