import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { projectDirectory, startChild } from './child.ts';
import type { ServerSettings } from './server-process.ts';

/** A running server that tests and hosts use. */
export interface Server {
  /** How to reach it; of a database server: as a user who may create databases, with its maintenance database. */
  readonly url: string;
  /** Stops the server if it was started here. */
  stop(): Promise<void>;
}

/** A server is wanted that this machine has no program for; the message says how to get one. */
export class ServerMissingError extends Error {}

/**
 * Starts a server program of this system in a temporary folder and resolves when it can be used. It ends with this process,
 * and its files with it.
 *
 * @param name tells its folder apart from others
 * @param configure is given the folder, and prepares it where the server needs that
 */
export async function startServerProgram(
  name: string,
  configure: (directory: string) => Promise<Omit<ServerSettings, 'directory'>>,
): Promise<Pick<Server, 'stop'>> {
  const directory = await mkdtemp(join(tmpdir(), `tenancy-${name}-`));
  try {
    const settings: ServerSettings = { directory, ...(await configure(directory)) };
    const child = startChild({
      file: fileURLToPath(new URL('./server-process.ts', import.meta.url)),
      parameters: [JSON.stringify(settings)],
      directory: projectDirectory,
      environment: process.env,
    });
    await child.firstMessage;
    return { stop: () => child.stop() };
  } catch (error) {
    await rm(directory, { recursive: true, force: true });
    throw error;
  }
}
