import { chmodSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseCLI, startVitest } from 'vitest/node';
import { countTests, describeCount } from '../checks/count.ts';
import { runSteps, staticSteps } from '../checks/steps.ts';
import { reportProgress } from '../hosts/progress.ts';

// `npm test` checks and tests everything; `npm test -- <Vitest's filters and options>` runs the tests that these select.

const parameters = process.argv.slice(2);
const { filter, options } = parseCLI(['vitest', 'run', ...parameters]);

// All that hosts and databases write goes in here, and away with it at the end, even when the run is interrupted.
const temporaryDirectory = mkdtempSync(join(tmpdir(), 'tenancy-test-'));
chmodSync(temporaryDirectory, 0o755); // PostgreSQL may run as another user.
for (const name of ['TMPDIR', 'TEMP', 'TMP']) process.env[name] = temporaryDirectory;
process.on('exit', () => {
  // After an interruption, workers and hosts that were told to stop may write for another moment.
  for (let attempt = 0; attempt < 20 && existsSync(temporaryDirectory); attempt += 1) {
    rmSync(temporaryDirectory, { recursive: true, force: true, maxRetries: 10 });
    if (process.exitCode !== 0) waitBriefly();
  }
});

// Without these, a signal would end this process before it could clean up.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.once(signal, () => process.exit(128 + constants.signals[signal]));
}

/** Blocks: while a process exits nothing can be awaited any more. */
function waitBriefly(): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200);
}

async function runTests(): Promise<void> {
  const vitest = await startVitest(filter, { ...options, watch: false });
  const count = countTests(vitest.state.getTestModules());
  if (process.env.CI === 'true' && count.skipped > 0) {
    reportProgress('Skipped tests are not accepted in CI: make what they need available, or remove them.');
    process.exitCode = 1;
  }
  if (count.failed > 0) process.exitCode = 1;
  process.stdout.write(`${describeCount(count)}\n`);
}

if (parameters.length > 0 || (await runSteps(staticSteps))) await runTests();
else process.exitCode = 1;
