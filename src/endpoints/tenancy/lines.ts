import type { Request, Response } from 'express';
import { isDirectusError } from '@directus/errors';
import type { ServiceContext } from '../../services/directus.ts';
import { say } from '../../tenancy/sentences.ts';

/** Begins an answer of NDJSON, of which each line is sent as soon as it is known. */
export function beginLines(response: Response): void {
  response.status(200).type('application/x-ndjson');
  // Proxies that wait for the whole answer would hide how far the work is.
  response.set('X-Accel-Buffering', 'no');
  response.flushHeaders();
}

/**
 * Does a work that can take long, and answers what came of it. Whoever accepts NDJSON is told how far it is, line by line, and the
 * result, or why there is none, with the last line; what is refused before the first line is answered as ever. The work goes on
 * when the client has gone.
 *
 * @param what the work is called in the log, such as `an erasure`
 */
export async function answerWithProgress(
  context: Pick<ServiceContext, 'logger'>,
  { request, response, what }: { request: Request; response: Response; what: string },
  work: (progress?: (line: object) => void) => Promise<object>,
): Promise<void> {
  if (request.accepts(['application/json', 'application/x-ndjson']) !== 'application/x-ndjson') {
    response.json({ data: await work() });
    return;
  }

  const write = (line: object): void => {
    if (!response.headersSent) beginLines(response);
    if (!response.destroyed) response.write(`${JSON.stringify(line)}\n`);
  };

  try {
    write({ data: await work(write) });
  } catch (error) {
    if (!response.headersSent) throw error;
    write(failureOf(context, error, what));
  }

  response.end();
}

/** What Directus would answer for an error, as a part of a line. */
export function failureOf(
  { logger }: Pick<ServiceContext, 'logger'>,
  error: unknown,
  what: string,
): { status: number; errors: object[] } {
  const errors = [error].flat().filter((each) => isDirectusError(each));
  const [first] = errors;

  if (!first) {
    logger.error(error, `Tenancy: ${what} failed`);
    const message = say('An unexpected error occurred. The log of Directus has the details.');
    return { status: 500, errors: [{ message, extensions: { code: 'INTERNAL_SERVER_ERROR' } }] };
  }

  return {
    status: first.status,
    errors: errors.map(({ message, code, extensions }) => ({ message, extensions: { ...(extensions ?? {}), code } })),
  };
}
