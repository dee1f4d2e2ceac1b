import { text } from 'node:stream/consumers';
import { isDirectusError } from '@directus/errors';
import type { ServiceContext } from '../../services/directus.ts';
import { othersAreDone } from '../../services/events.ts';
import { isInstalled, learnProject } from '../install/install.ts';

/** What is used of a command of commander, whose program Directus hands to extensions. */
export interface Command {
  command(name: string): Command;
  description(text: string): Command;
  option(flags: string, description: string): Command;
  /** The handler gets the arguments that the name of the command lists, and then the options. */
  action<Parameters extends unknown[]>(handler: (...parameters: Parameters) => Promise<void>): Command;
}

/** What a command has to say when it is done. */
export interface Outcome {
  /** For standard output. */
  output: string;
  exitCode: number;
}

/** The option by which a command prints JSON, as `option` takes it: what it has made, or what it has found when left out. */
export function asJson(what?: string): [flags: string, description: string] {
  return ['--json', `print ${what ? `${what} as ` : ''}JSON, in one line`];
}

/** The outcome of a command that is done: as JSON, in one line, where that was asked for, or else in words. */
export function done(json: boolean | undefined, data: unknown, words: string): Outcome {
  return { output: json ? JSON.stringify(data) : words, exitCode: 0 };
}

/** A password from standard input: it never stands on the command line, which others can see. */
export async function passwordFromInput(): Promise<string> {
  return (await text(process.stdin)).replace(/\r?\n$/, '');
}

/** Exit code of a command that was refused, because of what is in the project: nothing was changed. */
const REFUSED = 1;

/** Exit code of a command that could not do its work at all. */
const COULD_NOT = 2;

/** Why a command cannot do its work, in words for whoever typed it. */
export class CommandError extends Error {}

/** Why a command does not do what it could do. */
export class RefusedCommand extends CommandError {}

/** Errors that say what is in the way in the project. */
const REFUSALS = new Set(['CONFLICT', 'RECORD_NOT_UNIQUE']);

/**
 * Runs the work of a command and ends the process with its exit code. Directus installs nothing and asks no licence before a
 * command, so what the services go by is read first.
 */
export async function runCommand(context: ServiceContext, work: () => Promise<Outcome>): Promise<void> {
  let exitCode = COULD_NOT;

  try {
    if (!(await isInstalled(context.database))) {
      throw new CommandError(
        'The tenancy extension is not installed in this project in this version. Start Directus once, then try again.',
      );
    }

    await learnProject(context);
    const outcome = await work();
    await write(process.stdout, outcome.output);
    exitCode = outcome.exitCode;
  } catch (error) {
    // What is wrong with the input comes all at once.
    const errors: unknown[] = Array.isArray(error) ? error : [error];
    if (errors.some(isRefusal)) exitCode = REFUSED;
    await write(process.stderr, errors.map((each) => reasonFor(each, context)).join('\n'));
  }

  await othersAreDone();
  await context.database.destroy();
  // Connections to Redis and the like would keep the process alive.
  process.exit(exitCode);
}

function isRefusal(error: unknown): boolean {
  return error instanceof RefusedCommand || (isDirectusError(error) && REFUSALS.has(error.code));
}

function reasonFor(error: unknown, { logger }: ServiceContext): string {
  if (error instanceof CommandError) return error.message;

  if (isDirectusError(error)) {
    const { field, reason } = (error.extensions ?? {}) as { field?: unknown; reason?: unknown };
    return field === undefined && typeof reason === 'string' ? reason : error.message;
  }

  // Nobody foresaw it: whoever mends it needs all there is.
  logger.error(error);
  return error instanceof Error ? error.message : String(error);
}

/** Resolves when the text is out: a pipe takes it in its own time. */
function write(stream: NodeJS.WriteStream, text: string): Promise<void> {
  return new Promise((resolve) => {
    stream.write(`${text}\n`, () => resolve());
  });
}
