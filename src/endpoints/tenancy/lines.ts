import type { Response } from 'express';
import { isDirectusError } from '@directus/errors';
import type { ServiceContext } from '../../services/directus.ts';

/** Begins an answer of NDJSON, of which each line is sent as soon as it is known. */
export function beginLines(response: Response): void {
  response.status(200).type('application/x-ndjson');
  // Proxies that wait for the whole answer would hide how far the work is.
  response.set('X-Accel-Buffering', 'no');
  response.flushHeaders();
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
    const message = 'An unexpected error occurred. The log of Directus has the details.';
    return { status: 500, errors: [{ message, extensions: { code: 'INTERNAL_SERVER_ERROR' } }] };
  }

  return {
    status: first.status,
    errors: errors.map(({ message, code, extensions }) => ({ message, extensions: { ...(extensions ?? {}), code } })),
  };
}
