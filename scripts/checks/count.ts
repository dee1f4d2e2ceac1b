import type { TestModule } from 'vitest/node';

export interface Count {
  passed: number;
  failed: number;
  skipped: number;
}

/**
 * Counts the tests of a run. A suite or file that failed by itself (a syntax error, a failed `beforeAll`) counts as one
 * failed test, so that tests which never ran cannot look like success.
 */
export function countTests(modules: TestModule[]): Count {
  const count: Count = { passed: 0, failed: 0, skipped: 0 };
  for (const module of modules) {
    for (const test of module.children.allTests()) {
      const { state } = test.result();
      if (state === 'passed' || state === 'failed') count[state] += 1;
      else count.skipped += 1;
    }
    for (const suite of [module, ...module.children.allSuites()]) {
      if (suite.errors().length > 0) count.failed += 1;
    }
  }
  return count;
}

/** The closing line of a run, for people and for programs that read it. */
export function describeCount({ passed, failed, skipped }: Count): string {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}
