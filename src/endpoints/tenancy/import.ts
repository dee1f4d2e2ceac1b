import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import type { Request, Response } from 'express';
import { InvalidFieldError } from '../../tenancy/errors.ts';
import { say } from '../../tenancy/sentences.ts';
import type { ServiceContext } from '../../services/directus.ts';
import type { Invite } from '../../services/members.ts';
import { provisionTenant } from '../../services/tenants.ts';
import { beginLines, failureOf } from './lines.ts';
import { keyOf } from './idempotency-key.ts';
import { parseNewTenant } from './new-tenant.ts';

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
 * Provisions a tenant for each line of NDJSON, and tells what became of each as soon as it is done.
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

  for await (const line of createInterface({ input, crlfDelay: Infinity })) {
    number += 1;
    if (line.trim() === '') continue;

    const lineKey = key === null ? null : `${key} line ${number}`;
    yield await provisionLine(context, line, number, lineKey, invite);
  }
}

async function provisionLine(
  context: ServiceContext,
  text: string,
  line: number,
  key: string | null,
  invite: Invite | undefined,
): Promise<LineResult> {
  try {
    const tenant = await provisionTenant(context, parseNewTenant(objectIn(text)), key, invite);
    return { line, status: 201, data: tenant };
  } catch (error) {
    return { line, ...failureOf(context, error, `line ${line} of an import`) };
  }
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
