import type { Request } from 'express';
import { InvalidFieldError } from '../../tenancy/errors.ts';
import { say } from '../../tenancy/sentences.ts';

/**
 * The `Idempotency-Key` of a request, which a client chooses so that repeating the request does not do its work twice
 * (draft-ietf-httpapi-idempotency-key-header). Null where there is none.
 *
 * @throws InvalidFieldError for one that is empty or too long
 */
export function keyOf(request: Request): string | null {
  const key = request.get('Idempotency-Key');
  if (key === undefined) return null;

  if (!/^[\x21-\x7e]{1,255}$/.test(key)) {
    throw new InvalidFieldError({
      field: 'Idempotency-Key',
      reason: say('must have 1 to 255 visible characters and no spaces, such as a uuid'),
    });
  }

  return key;
}
