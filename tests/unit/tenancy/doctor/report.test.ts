import { describe, expect, it } from 'vitest';
import { counted, findingOf, listed, worstOf } from '../../../../src/tenancy/doctor/report.ts';

describe('findingOf', () => {
  it('passes without a problem', () => {
    expect(findingOf([], 'All is well.')).toEqual({
      status: 'pass',
      message: 'All is well.',
      fix: null,
      fixable: false,
    });
  });

  it('puts the worst first, says each fix once, and is fixable when a part is', () => {
    expect(
      findingOf(
        [
          { status: 'warn', message: 'A.', fix: 'Do this.' },
          { status: 'fail', message: 'B.', fix: 'Do that.', fixable: true },
          { status: 'warn', message: 'C.', fix: 'Do this.' },
        ],
        'All is well.',
      ),
    ).toEqual({ status: 'fail', message: 'B. A. C.', fix: 'Do that. Do this.', fixable: true });
  });
});

it.each([
  [[], 'pass'],
  [['pass', 'warn'], 'warn'],
  [['warn', 'fail', 'pass'], 'fail'],
] as const)('the worst of %j is %s', (statuses, worst) => {
  expect(worstOf(statuses.map((status) => ({ status })))).toBe(worst);
});

it.each([
  [[], 0, ''],
  [['a'], 1, 'a'],
  [['a', 'b'], 2, 'a and b'],
  [['a', 'b', 'c'], 3, 'a, b and c'],
  [['a', 'b', 'c', 'd', 'e'], 9, 'a, b, c, d, e and 4 more'],
  [['a', 'b', 'c', 'd', 'e', 'f'], 6, 'a, b, c, d, e and 1 more'],
])('lists %j of %d as "%s"', (examples, total, text) => {
  expect(listed(examples, total)).toBe(text);
});

it('counts one and many', () => {
  expect([counted(1, 'row'), counted(0, 'row'), counted(2, 'index', 'indexes')]).toEqual([
    '1 row',
    '0 rows',
    '2 indexes',
  ]);
});
