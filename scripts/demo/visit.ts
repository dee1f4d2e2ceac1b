import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DirectusVersion } from '../hosts/install.ts';
import { projectDirectory } from '../hosts/child.ts';
import { parseOptions } from './options.ts';
import { runDemo } from './run.ts';
import type { SeededState } from './state.ts';

/**
 * Runs the demo in a folder of its own for as long as `work` takes.
 *
 * @param work gets the address of Directus and what the demo has in it
 */
export async function visitDemo(
  directus: DirectusVersion,
  work: (url: string, state: SeededState) => Promise<void>,
): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'tenancy-visit-'));
  const running: { stop(): Promise<void> }[] = [];

  try {
    const options = parseOptions(['--directus', directus, '--dir', directory], projectDirectory);
    if (options === 'help') throw new Error('A folder is no question for help.');

    await new Promise<void>((resolve, reject) => {
      const demo = runDemo(options, {
        onStart: (program) => running.push(program),
        onReady: (url, state) => void work(url, state).then(resolve, reject),
      });

      // Where Directus ends by itself there is nothing left to wait for.
      demo.then(() => reject(new Error('Directus has ended.')), reject);
    });
  } finally {
    for (const program of running.splice(0).reverse()) await program.stop();
    await rm(directory, { recursive: true, force: true });
  }
}
