import { describe, expect, it } from 'vitest';
import { collectionsAsText, outcomeAsText, progressBar } from '../../../src/tenancy/collections-text.ts';

describe('Collections in a terminal', () => {
  it('are a table with what is wrong below each', () => {
    expect(
      collectionsAsText([
        { collection: 'projects', scope: 'tenant', rows: { owned: 12, unowned: 0 }, unique: [], findings: [] },
        { collection: 'x', scope: null, rows: { owned: 0, unowned: 1000 }, unique: [], findings: ['Nobody decided.'] },
      ]),
    ).toBe(
      [
        'collection  scope      owned  unowned',
        'projects    tenant        12        0',
        'x           undecided      0     1000',
        '  ! Nobody decided.',
      ].join('\n'),
    );
  });

  it('tell what was done, or would be', () => {
    const outcome: Parameters<typeof outcomeAsText>[0] = {
      collection: 'a',
      scope: 'tenant',
      rows: { owned: 1, unowned: 0 },
      unique: [],
      findings: [],
      adopted: 1,
    };
    expect(outcomeAsText(outcome, true)).toBe(
      'Nothing was changed. "a" would be "tenant": 1 row would get a tenant; 1 row with a tenant, 0 without.',
    );
    expect(outcomeAsText({ ...outcome, findings: ['Look.'] }, false)).toMatch(
      /^"a" is "tenant": 1 row got.*\n {2}! Look\.\n/,
    );
  });

  it.each([
    [0, 10, '[..............................] 0 %, 0 of 10 rows'],
    [5, 10, '[###############...............] 50 %, 5 of 10 rows'],
    [10, 10, '[##############################] 100 %, 10 of 10 rows'],
    [0, 0, '[##############################] 100 %, 0 of 0 rows'],
    [20, 10, '[##############################] 100 %, 20 of 10 rows'],
  ])('show progress: %i of %i', (rows, total, line) => {
    expect(progressBar(rows, total)).toBe(line);
  });
});
