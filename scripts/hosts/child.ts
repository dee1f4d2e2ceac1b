import { fork, type ChildProcess } from 'node:child_process';
import { finished } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';

const stopWithParent = new URL('./stop-with-parent.ts', import.meta.url).href;
const rememberedModules = new URL('./remembered-modules.ts', import.meta.url).href;

/** Milliseconds that a program gets to stop before it is killed. */
const patience = 10_000;

/** Characters of output that are kept, the newest ones. */
const keptOutput = 1_000_000;

export interface ChildOptions {
  /** The JavaScript or TypeScript file to run. */
  file: string;
  parameters?: string[];
  directory: string;
  environment: NodeJS.ProcessEnv;
  /** What the program reads from its standard input; nothing when left out. */
  input?: string | undefined;
  /** Whether the packages around the program never change, so that it need not look for its modules each time. Default: false. */
  remembersModules?: boolean;
}

export interface ChildExit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

/** A Node program that runs for this process and ends with it. */
export interface Child {
  readonly pid: number;
  /** What the program has printed so far. */
  output(): string;
  /** Resolves when the program has ended. */
  readonly exited: Promise<ChildExit>;
  /** Resolves to the first message that the program sends; rejects with its output when it ends before. */
  readonly firstMessage: Promise<unknown>;
  /** Asks the program to stop and resolves when it has ended; kills it when it does not listen. */
  stop(): Promise<void>;
  /** Ends the program at once, as a crash would (SIGKILL), and resolves when it has ended. */
  kill(): Promise<void>;
}

/** Programs that run at the moment. */
const running = new Set<ChildProcess>();

/**
 * Tells all programs of this process to stop, without waiting for them. They would notice by themselves when it is gone,
 * but not while they are busy loading.
 */
export function stopAllSoon(): void {
  for (const child of running) child.kill('SIGTERM');
}

process.on('exit', stopAllSoon);

/** Starts a Node program that stops when this process does. It gets a process group of its own, so that Ctrl-C reaches only us. */
export function startChild(options: ChildOptions): Child {
  const imports = [stopWithParent, ...(options.remembersModules ? [rememberedModules] : [])];
  const child = fork(options.file, options.parameters ?? [], {
    cwd: options.directory,
    env: options.environment,
    execArgv: ['--disable-warning=ExperimentalWarning', ...imports.flatMap((file) => ['--import', file])],
    stdio: [options.input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe', 'ipc'],
    detached: process.platform !== 'win32',
  });
  running.add(child);
  child.stdin?.end(options.input);
  const streams = [child.stdout, child.stderr].filter((stream) => stream !== null);
  let output = '';
  const collect = (text: string): void => {
    output = (output + text).slice(-keptOutput);
  };
  for (const stream of streams) {
    stream.setEncoding('utf8');
    stream.on('data', collect);
  }
  const streamsEnd = Promise.allSettled(streams.map((stream) => finished(stream)));
  // Not the event `close`: it never comes once this side has closed the channel.
  const exited = new Promise<ChildExit>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      running.delete(child);
      void streamsEnd.then(() => resolve({ code, signal }));
    });
  });
  const firstMessage = new Promise<unknown>((resolve, reject) => {
    child.once('message', resolve);
    exited.then(
      (exit) => reject(new Error(`${options.file} ended early (${describeExit(exit)}).\n${output}`)),
      (error: unknown) => reject(new Error(`${options.file} could not be started.`, { cause: error })),
    );
  });
  // Whoever does not wait for a message must not be hit by its rejection.
  firstMessage.catch(() => undefined);

  const kill = async (): Promise<void> => {
    child.kill('SIGKILL');
    await exited;
  };
  const stop = async (): Promise<void> => {
    const timer = setTimeout(() => child.kill('SIGKILL'), patience);
    // Windows knows no SIGTERM; there the closed channel is the signal.
    if (process.platform !== 'win32') child.kill('SIGTERM');
    else if (child.connected) child.disconnect();
    await exited;
    clearTimeout(timer);
  };
  if (child.pid === undefined) throw new Error(`${options.file} could not be started with ${process.execPath}.`);
  return { pid: child.pid, output: () => output, exited, firstMessage, stop, kill };
}

/** Runs a Node program to its end. Rejects with its output when it fails. */
export async function runChild(options: ChildOptions): Promise<string> {
  const child = startChild(options);
  const exit = await child.exited;
  if (exit.code !== 0) {
    const command = [options.file, ...(options.parameters ?? [])].join(' ');
    throw new Error(`${command} failed (${describeExit(exit)}).\n${child.output()}`);
  }
  return child.output();
}

/** How a program ended, in words. */
export function describeExit({ code, signal }: ChildExit): string {
  return signal ? `signal ${signal}` : `exit code ${code}`;
}

/** The directory of this project. */
export const projectDirectory = fileURLToPath(new URL('../..', import.meta.url));
