import { describe, expect, test } from 'vitest';
import { kindOfFailure, readFailure } from '../../../src/studio/utilities/request-errors.ts';

/** An error as the Data Studio's client throws it. */
function refusal(status: number, code?: string, reason?: string): unknown {
  const errors = code ? [{ message: 'A message.', extensions: { code, ...(reason && { reason }) } }] : undefined;
  return Object.assign(new Error(`Request failed with status code ${status}`), {
    response: { status, data: { errors } },
  });
}

describe('a failed request', () => {
  test('is read with what Directus says about it', () => {
    expect(readFailure(refusal(400, 'INVALID_PAYLOAD', 'is required'))).toEqual({
      status: 400,
      errors: [{ message: 'A message.', code: 'INVALID_PAYLOAD', field: null, reason: 'is required' }],
    });
  });

  test.each([
    ['no answer', new Error('Network Error'), 'offline'],
    ['something that is no error', 'thrown', 'offline'],
    ['a boot gate', refusal(503, 'SERVICE_UNAVAILABLE'), 'starting'],
    ['a lost permission', refusal(403, 'FORBIDDEN'), 'forbidden'],
    ['an ended session', refusal(401, 'TOKEN_EXPIRED'), 'forbidden'],
    ['a refusal with a reason', refusal(403, 'FORBIDDEN', 'The licence includes three seats.'), 'unexpected'],
    ['an exceeded limit', refusal(403, 'LIMIT_EXCEEDED'), 'unexpected'],
    ['a missing endpoint', refusal(404, 'ROUTE_NOT_FOUND'), 'missing'],
    ['a missing tenant', refusal(404, 'NOT_FOUND'), 'unexpected'],
    ['an error of a proxy', refusal(502), 'unexpected'],
  ])('tells %s apart', (_what, thrown, kind) => {
    expect(kindOfFailure(readFailure(thrown))).toBe(kind);
  });
});
