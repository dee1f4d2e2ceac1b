import { describe, expect, it } from 'vitest';
import { FollowedWorkError, linesOf, resultOf, withParsedBody } from '../../../src/studio/utilities/lines.ts';
import { readFailure } from '../../../src/studio/utilities/request-errors.ts';

const line = (value: object): string => `${JSON.stringify(value)}\n`;

const failureOf = (text: string): unknown => {
  try {
    return resultOf(text);
  } catch (error) {
    expect(error).toBeInstanceOf(FollowedWorkError);
    return readFailure(error);
  }
};

describe('what comes of a work, line by line', () => {
  it('does without a line that has come in part', () => {
    expect(linesOf(`${line({ rows: 1 })}${line({ rows: 2 })}{"rows":`)).toEqual([{ rows: 1 }, { rows: 2 }]);
    expect(linesOf('')).toEqual([]);
  });

  it('ends with what was done', () => {
    expect(resultOf(line({ rows: 2, of: 2 }) + line({ data: { adopted: 2 } }))).toEqual({ adopted: 2 });
  });

  it('ends with why it was not', () => {
    const errors = [{ message: 'Something is left.', extensions: { code: 'ERASURE_INCOMPLETE' } }];
    expect(failureOf(line({ status: 500, errors }))).toMatchObject({
      status: 500,
      errors: [{ message: 'Something is left.', code: 'ERASURE_INCOMPLETE' }],
    });
  });

  it('is no success when the connection breaks off', () => {
    expect(failureOf(line({ rows: 1, of: 2 }))).toMatchObject({ status: null });
    expect(failureOf('')).toMatchObject({ status: null });
  });

  it('is read as JSON where it was refused at once', () => {
    const data = JSON.stringify({ errors: [{ message: 'No.' }] });
    expect(readFailure(withParsedBody({ response: { status: 409, data } }))).toMatchObject({
      status: 409,
      errors: [{ message: 'No.' }],
    });
    expect(readFailure(withParsedBody({ response: { status: 502, data: '<html>' } }))).toMatchObject({ status: 502 });
    expect(readFailure(withParsedBody(new Error('Network Error')))).toMatchObject({ status: null });
  });
});
