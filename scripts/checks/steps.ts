import { join } from 'node:path';
import { projectDirectory, runChild } from '../hosts/child.ts';
import { reportProgress } from '../hosts/progress.ts';
import { ensureBuilt } from '../commands/build.ts';

/** One thing to check, with a name for the person who waits. */
export interface Step {
  name: string;
  /** Rejects, with what is wrong as its message, when the check fails. */
  run(): Promise<unknown>;
}

const tool = (path: string, ...parameters: string[]) =>
  runChild({
    file: join(projectDirectory, 'node_modules', path),
    parameters,
    directory: projectDirectory,
    environment: process.env,
  });

/** Checks that need no running Directus and no tests. The longest first: two run at a time. */
export const staticSteps: Step[] = [
  { name: 'lint', run: () => tool('eslint/bin/eslint.js', '--max-warnings=0', '.') },
  { name: 'types', run: () => tool('vue-tsc/bin/vue-tsc.js', '--noEmit') },
  {
    name: 'build',
    run: async () => {
      await ensureBuilt();
      await tool('@directus/extensions-sdk/cli.js', 'validate');
    },
  },
  { name: 'format', run: () => tool('prettier/bin/prettier.cjs', '--check', '.') },
];

export const unitTests: Step = {
  name: 'unit tests',
  run: () => tool('vitest/vitest.mjs', 'run', '--project', 'unit'),
};

/** As many at a time as the smallest machine has cores. */
const parallel = 2;

/**
 * Runs all steps, tells for each how long it took and, when it failed, why.
 *
 * @returns whether all succeeded
 */
export async function runSteps(steps: Step[]): Promise<boolean> {
  const waiting = [...steps];
  let isGood = true;
  const work = async (): Promise<void> => {
    for (let step = waiting.shift(); step; step = waiting.shift()) {
      const start = Date.now();
      const seconds = (): string => `${((Date.now() - start) / 1000).toFixed(1)} s`;
      try {
        await step.run();
        reportProgress(`ok      ${step.name} (${seconds()})`);
      } catch (error) {
        isGood = false;
        reportProgress(
          `FAILED  ${step.name} (${seconds()})\n${error instanceof Error ? error.message : String(error)}`,
        );
      }
    }
  };
  await Promise.all(Array.from({ length: parallel }, work));
  return isGood;
}
