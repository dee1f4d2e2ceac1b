import process from 'node:process';
import { OptionError, parseOptions, usage, type DemoOptions } from '../demo/options.ts';
import { formatJson, formatReport } from '../demo/report.ts';
import { DemoError, runDemo } from '../demo/run.ts';
import { DirectoryError } from '../demo/state.ts';
import { reportProgress } from '../hosts/progress.ts';

/** Exit code for a command line that cannot be used. */
const wrongUsage = 2;

function readOptions(): DemoOptions {
  // npm changes to the project's folder; INIT_CWD is where the command was typed.
  const options = parseOptions(process.argv.slice(2), process.env.INIT_CWD ?? process.cwd());
  if (options !== 'help') return options;
  process.stdout.write(`${usage}\n`);
  process.exit(0);
}

const running: { stop(): Promise<void> }[] = [];
const shutdown = new AbortController();

/** Stops what was started, the latest first. */
async function stopAll(): Promise<void> {
  shutdown.abort();
  for (const program of running.reverse()) await program.stop();
}

/** The first signal stops in order; the second one ends at once, what still runs then ends by itself. */
function handleSignals(): void {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      if (shutdown.signal.aborted) process.exit(1);
      reportProgress('\nStopping …');
      void stopAll().finally(() => process.exit(0));
    });
  }
}

async function main(): Promise<void> {
  const options = readOptions();
  handleSignals();
  await runDemo(options, {
    onStart: (program) => running.push(program),
    onReady: (url, state) => {
      const report = formatReport(url, state, options);
      if (options.json) reportProgress(report);
      process.stdout.write(`${options.json ? formatJson(url, state) : report}\n`);
    },
  });
  if (!shutdown.signal.aborted) throw new DemoError('Directus has ended by itself; start the demo again.');
}

try {
  await main();
} catch (error) {
  // While everything is being stopped, requests of the seed fail: that is no error.
  if (!shutdown.signal.aborted) {
    const isExpected = error instanceof OptionError || error instanceof DirectoryError || error instanceof DemoError;
    if (isExpected) reportProgress(error.message);
    else console.error(error);
    await stopAll();
    process.exit(error instanceof OptionError || error instanceof DirectoryError ? wrongUsage : 1);
  }
}
