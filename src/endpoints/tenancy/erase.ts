import type { Request, Response } from 'express';
import * as z from 'zod';
import type { ServiceContext } from '../../services/directus.ts';
import { eraseTenant, type ErasureProgress } from '../../services/erasure/index.ts';
import { expected, parse } from './http.ts';
import { beginLines, failureOf } from './lines.ts';

/** Parameters that Directus knows on every route pass unread. */
export const erasureQuery = z.object({ confirm: z.string(expected('the slug of the tenant')) });

/**
 * Erases a tenant, and answers what was erased. Whoever accepts NDJSON is told how far it is, line by line, and the result, or
 * why there is none, with the last line; what is refused before anything was erased is answered as ever. The work goes on when
 * the client has gone.
 *
 * @param tenant the id of a tenant
 */
export async function eraseAndAnswer(
  context: ServiceContext,
  tenant: string,
  request: Request,
  response: Response,
): Promise<void> {
  const { confirm } = parse(erasureQuery, request.query);

  if (request.accepts(['application/json', 'application/x-ndjson']) !== 'application/x-ndjson') {
    response.json({ data: await eraseTenant(context, tenant, { confirm }) });
    return;
  }

  const write = (line: object): void => {
    if (!response.headersSent) beginLines(response);
    if (!response.destroyed) response.write(`${JSON.stringify(line)}\n`);
  };

  try {
    write({
      data: await eraseTenant(context, tenant, { confirm, progress: (line: ErasureProgress) => write(line) }),
    });
  } catch (error) {
    if (!response.headersSent) throw error;
    write(failureOf(context, error, 'an erasure'));
  }

  response.end();
}
