import { describe, expect, it } from 'vitest';
import { progressOf, resultOf } from '../../../../src/modules/tenants/utilities/erasure-lines.ts';

const line = (value: object): string => `${JSON.stringify(value)}\n`;

describe('what comes of an erasure, line by line', () => {
  it('tells how far it is by the latest line of each collection', () => {
    expect(progressOf('')).toBe(0);
    const text = line({ collection: 'a', erased: 10, of: 100 }) + line({ collection: 'b', erased: 50, of: 100 });
    expect(progressOf(text)).toBe(0.3);
    expect(progressOf(text + line({ collection: 'a', erased: 100, of: 100 }))).toBe(0.75);
  });

  it('does without a line that has come in part', () => {
    expect(progressOf(`${line({ collection: 'a', erased: 1, of: 2 })}{"collection":"a","er`)).toBe(0.5);
  });

  it('ends with what was erased', () => {
    const data = { erased: { projects: 2 } };
    expect(resultOf(line({ collection: 'projects', erased: 2, of: 2 }) + line({ data }))).toEqual({ data });
  });

  it('ends with why it was not', () => {
    const errors = [{ message: 'Something is left.', extensions: { code: 'ERASURE_INCOMPLETE' } }];
    expect(resultOf(line({ status: 500, errors }))).toMatchObject({
      failure: { status: 500, errors: [{ message: 'Something is left.', code: 'ERASURE_INCOMPLETE' }] },
    });
  });

  it('is no success when the connection breaks off', () => {
    expect(resultOf(line({ collection: 'projects', erased: 1, of: 2 }))).toMatchObject({ failure: { status: null } });
    expect(resultOf('')).toMatchObject({ failure: { status: null } });
  });
});
