import { say } from '../sentences.ts';

export type CheckStatus = 'pass' | 'warn' | 'fail';

export interface DoctorCheck {
  id: string;
  status: CheckStatus;
  message: string;
  /** What to do; null where there is nothing to do. */
  fix: string | null;
  /** Whether `POST /tenancy/doctor/fix` mends what was found, or at least a part of it. */
  fixable: boolean;
}

export interface DoctorReport {
  status: CheckStatus;
  checks: DoctorCheck[];
}

/** What a check has to say about the project as it is. */
export type Finding = Omit<DoctorCheck, 'id'>;

/** One thing that a check found wrong. */
export interface Problem {
  status: 'warn' | 'fail';
  /** What is wrong, with examples; one or more whole sentences. */
  message: string;
  /** What to do, in words for a super-admin; whole sentences as well. */
  fix: string;
  fixable?: boolean;
}

/** The finding of a check: what is wrong, or `passed` where nothing is. The worst problem comes first. */
export function findingOf(problems: readonly Problem[], passed: string): Finding {
  if (problems.length === 0) return { status: 'pass', message: passed, fix: null, fixable: false };

  const sorted = [...problems].sort((a, b) => rank(a.status) - rank(b.status));

  return {
    status: worstOf(problems),
    message: sorted.map(({ message }) => message).join(' '),
    fix: [...new Set(sorted.map(({ fix }) => fix))].join(' '),
    fixable: problems.some(({ fixable }) => fixable === true),
  };
}

/** The worst status among findings; `pass` where there is none. */
export function worstOf(findings: readonly { status: CheckStatus }[]): CheckStatus {
  return (['fail', 'warn'] as const).find((status) => findings.some((finding) => finding.status === status)) ?? 'pass';
}

function rank(status: CheckStatus): number {
  return status === 'fail' ? 0 : 1;
}

/** How many examples a message names. */
export const EXAMPLES = 5;

/** Examples out of a whole, as text: `a, b and 3 more`. */
export function listed(examples: readonly string[], total: number = examples.length): string {
  const shown = examples.slice(0, EXAMPLES);
  const more = total - shown.length;
  if (more > 0) return say('{names} and {count} more', { names: shown.join(', '), count: more });
  const last = shown.at(-1) ?? '';
  return shown.length < 2 ? last : say('{names} and {last}', { names: shown.slice(0, -1).join(', '), last });
}

/** A number with its noun: `1 row`, `2 rows`. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${count} ${say(count === 1 ? one : many)}`;
}
