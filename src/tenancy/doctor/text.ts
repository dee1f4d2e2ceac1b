import { counted, type DoctorReport } from './report.ts';

/** The exit code with which a script learns of a report: 1 when a check fails, with `strict` also when one warns. */
export function exitCodeOf({ status }: DoctorReport, { strict }: { strict: boolean }): number {
  return status === 'fail' || (strict && status === 'warn') ? 1 : 0;
}

/** A report for people: what passed in a line each, then what did not with what to do, the worst last, where eyes are. */
export function reportAsText(report: DoctorReport & { fixed?: { id: string; message: string }[] }): string {
  const { checks, fixed } = report;
  const of = (status: string): typeof checks => checks.filter((check) => check.status === status);
  const [passed, warned, failed] = [of('pass'), of('warn'), of('fail')];

  const lines = passed.map(({ id, message }) => `pass  ${id}: ${message}`);

  for (const { id, status, message, fix, fixable } of [...warned, ...failed]) {
    lines.push('', `${status}  ${id}: ${message}`);
    if (fix) lines.push(`      What to do: ${fix}`);
    if (fixable) lines.push(`      Mend it: npx directus tenancy doctor --fix ${id}`);
  }

  if (fixed) {
    lines.push('');
    if (fixed.length === 0) lines.push('There was nothing to mend.');
    for (const { id, message } of fixed) lines.push(`mended  ${id}: ${message}`);
    if (fixed.length > 0) lines.push(`        ${CACHES}`);
  }

  lines.push(
    '',
    `${counted(checks.length, 'check')}: ${passed.length} passed, ${warned.length} with a warning, ${failed.length} failed.`,
  );

  return lines.join('\n');
}

const CACHES =
  'A Directus that is running notices at once where it shares a Redis with this command; restart it where it does not.';
