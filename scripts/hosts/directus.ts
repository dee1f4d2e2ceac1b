import { runChild, startChild, type Child, type ChildOptions } from './child.ts';
import type { HostInstall } from './install.ts';

/** How to run a command of Directus' own program. */
export interface DirectusCommand {
  install: HostInstall;
  /** For example `['bootstrap']` or `['users', 'passwd', …]`. */
  parameters: string[];
  /** Where Directus works: must contain a package.json, or no extensions are loaded. */
  directory: string;
  environment: NodeJS.ProcessEnv;
  /** What the command reads from its standard input. */
  input?: string | undefined;
}

/** Runs a Directus command to its end and resolves to what it printed. Rejects with that when it fails. */
export function runDirectus(command: DirectusCommand): Promise<string> {
  return runChild(childOptions(command));
}

/** Starts a Directus command that goes on running (`start`). */
export function startDirectus(command: DirectusCommand): Child {
  return startChild(childOptions(command));
}

function childOptions({ install, parameters, directory, environment, input }: DirectusCommand): ChildOptions {
  return { file: install.program, parameters, directory, environment, input, remembersModules: true };
}
