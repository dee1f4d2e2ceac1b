import { describe, expect, it } from 'vitest';
import type { DoctorCheck, DoctorReport } from '../../../../src/tenancy/doctor/report.ts';
import { exitCodeOf, reportAsText } from '../../../../src/tenancy/doctor/text.ts';

const check = (id: string, status: DoctorCheck['status'], fixable = false): DoctorCheck => ({
  id,
  status,
  message: `About ${id}.`,
  fix: status === 'pass' ? null : `Mend ${id}.`,
  fixable,
});

const report: DoctorReport = {
  status: 'fail',
  checks: [check('one', 'fail', true), check('two', 'pass'), check('three', 'warn')],
};

it.each([
  ['pass', false, 0],
  ['warn', false, 0],
  ['fail', false, 1],
  ['pass', true, 0],
  ['warn', true, 1],
  ['fail', true, 1],
] as const)('the exit code for %s, strict %s, is %d', (status, strict, code) => {
  expect(exitCodeOf({ status, checks: [] }, { strict })).toBe(code);
});

describe('reportAsText', () => {
  it('says what passed, then what did not, the worst last', () => {
    expect(reportAsText(report).split('\n')).toEqual([
      'pass  two: About two.',
      '',
      'warn  three: About three.',
      '      What to do: Mend three.',
      '',
      'fail  one: About one.',
      '      What to do: Mend one.',
      '      Mend it: npx directus tenancy doctor --fix one',
      '',
      '3 checks: 1 passed, 1 with a warning, 1 failed.',
    ]);
  });

  it('says what was mended, and what a running Directus knows of it', () => {
    const text = reportAsText({ ...report, fixed: [{ id: 'two', message: 'Did it.' }] });
    expect(text).toContain('mended  two: Did it.\n        A Directus that is running');
    expect(reportAsText({ ...report, fixed: [] })).toContain('There was nothing to mend.');
  });
});
