import { describe, expect, it } from 'vitest';
import { progressOf } from '../../../../src/modules/tenants/utilities/erasure-lines.ts';

describe('how far an erasure is', () => {
  it('is told by the latest line of each collection', () => {
    expect(progressOf([])).toBe(0);

    const lines = [
      { collection: 'a', erased: 10, of: 100 },
      { collection: 'b', erased: 50, of: 100 },
    ];

    expect(progressOf(lines)).toBe(0.3);
    expect(progressOf([...lines, { collection: 'a', erased: 100, of: 100 }])).toBe(0.75);
  });

  it('is not changed by the line with what was erased', () => {
    const data = { erased: { a: 1 } };
    expect(progressOf([{ collection: 'a', erased: 1, of: 1 }, { data }])).toBe(1);
  });
});
