import { existsSync, readdirSync } from 'node:fs';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { DemoOptions } from './options.ts';
import type { Account, SeededTenant } from './seed.ts';

/** What the demo knows about a folder that is complete; written last of all. */
export interface SeededState {
  /** The installed Directus that has migrated the database; another one has to do it again. */
  install: string;
  superAdmin: Account;
  tenants: SeededTenant[];
}

/** What a folder was made for; written first of all. */
type Purpose = Pick<DemoOptions, 'directus' | 'database' | 'empty'>;

/** The folder cannot be used; the message says what to do. */
export class DirectoryError extends Error {}

const purposeFile = 'demo.json';
const seededFile = 'seeded.json';

/** The lock that tells a second demo that this folder is in use. It stays when the folder is cleaned. */
export const lockFile = 'demo.lock';

/**
 * Makes the folder usable: keeps a complete one, empties one whose seeding was interrupted and creates a missing one.
 *
 * @returns what is there already, or undefined when the folder has to be seeded
 * @throws DirectoryError when the folder holds something else; nothing is deleted then
 */
export async function openDirectory(options: DemoOptions): Promise<SeededState | undefined> {
  const { directory, directus, database, empty } = options;
  const purpose = await readJson<Purpose>(join(directory, purposeFile));
  if (!purpose) {
    assertUnused(directory);
  } else if (existsSync(join(directory, seededFile))) {
    assertSamePurpose(options, purpose);
    return readJson<SeededState>(join(directory, seededFile));
  }
  await clean(directory);
  await writeJson(join(directory, purposeFile), { directus, database, empty } satisfies Purpose);
  return undefined;
}

/** Says that the folder is complete. */
export async function markSeeded(directory: string, state: SeededState): Promise<void> {
  await writeJson(join(directory, seededFile), state);
}

/** Refuses a folder with files that the demo did not make: it would delete them. */
export function assertUnused(directory: string): void {
  if (!existsSync(directory) || existsSync(join(directory, purposeFile))) return;
  const isOurs = (name: string): boolean => name.startsWith(lockFile) || name.startsWith(purposeFile);
  if (readdirSync(directory).every(isOurs)) return;
  throw new DirectoryError(
    `Option --dir: ${directory} holds files that the demo did not make. Choose a folder that is empty or does not exist.`,
  );
}

function assertSamePurpose({ directory, ...options }: DemoOptions, made: Purpose): void {
  const describe = ({ directus, database, empty }: Purpose): string =>
    `Directus ${directus} on ${database}${empty ? ' without content' : ''}`;
  if (describe(made) === describe(options)) return;
  throw new DirectoryError(
    `Option --dir: ${directory} was made for ${describe(made)}, not for ${describe(options)}. ` +
      'Choose another folder, or delete this one to start over.',
  );
}

async function clean(directory: string): Promise<void> {
  await mkdir(directory, { recursive: true });
  for (const name of readdirSync(directory)) {
    if (!name.startsWith(lockFile)) await rm(join(directory, name), { recursive: true, force: true });
  }
}

async function readJson<Content>(file: string): Promise<Content | undefined> {
  return existsSync(file) ? (JSON.parse(await readFile(file, 'utf8')) as Content) : undefined;
}

/** Writes the whole file or nothing. */
async function writeJson(file: string, content: Purpose | SeededState): Promise<void> {
  await writeFile(`${file}.draft`, `${JSON.stringify(content, null, 2)}\n`);
  await rename(`${file}.draft`, file);
}
