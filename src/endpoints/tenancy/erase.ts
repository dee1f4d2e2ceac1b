import type { Request, Response } from 'express';
import * as z from 'zod/mini';
import type { ServiceContext } from '../../services/directus.ts';
import { eraseTenant } from '../../services/erasure/index.ts';
import { expected, parse, whenNeeded } from './http.ts';
import { answerWithProgress } from './lines.ts';

/** Parameters that Directus knows on every route pass unread. */
export const erasureQuery = whenNeeded(() => z.object({ confirm: z.string(expected('the slug of the tenant')) }));

/**
 * Erases a tenant, and answers what was erased, line by line for whoever accepts that.
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

  await answerWithProgress(context, { request, response, what: 'an erasure' }, (progress) =>
    eraseTenant(context, tenant, { confirm, progress }),
  );
}
