import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { projectDirectory } from '../hosts/child.ts';
import type { DatabaseKind } from '../hosts/databases.ts';
import { directusVersions, type DirectusVersion } from '../hosts/install.ts';

/** Databases that the demo brings along. */
const demoDatabases = ['sqlite', 'postgres'] as const satisfies readonly DatabaseKind[];

export interface DemoOptions {
  directus: DirectusVersion;
  database: (typeof demoDatabases)[number];
  /** Undefined: the usual port of Directus, or a free one when that is taken. */
  port: number | undefined;
  /** Only Directus and the bundle: no tenants, no content. */
  empty: boolean;
  /** Print one line of JSON on standard output instead of the block for people. */
  json: boolean;
  /** Absolute path of the folder that keeps database and uploads. */
  directory: string;
}

/** The command line is wrong; the message says which option and what is allowed. */
export class OptionError extends Error {}

/** Printed for `--help`. */
export const usage = `Usage: npm run demo -- [options]

  --directus ${directusVersions.join('|')}            Release line of Directus (default: 11)
  --database ${demoDatabases.join('|')}  Where the data lives (default: sqlite)
  --port N                    Port on 127.0.0.1 (default: 8055, or a free one when that is taken)
  --empty                     No tenants and no content, only Directus and the bundle
  --json                      Print one line of JSON on standard output when ready, everything else on standard error
  --dir PATH                  Folder for database and uploads (default: .demo/<directus>-<database>)
  --help                      Show this text

Environment variables of Directus are passed through, for example: CACHE_ENABLED=true npm run demo`;

const definitions = {
  directus: { type: 'string' },
  database: { type: 'string' },
  port: { type: 'string' },
  empty: { type: 'boolean' },
  json: { type: 'boolean' },
  dir: { type: 'string' },
  help: { type: 'boolean' },
} as const;

const allowedOptions = Object.keys(definitions)
  .map((name) => `--${name}`)
  .join(', ');

/**
 * Reads the command line of `npm run demo`.
 *
 * @param workingDirectory what a relative `--dir` starts from
 * @returns `help` when help is asked for
 * @throws OptionError
 */
export function parseOptions(parameters: string[], workingDirectory: string): DemoOptions | 'help' {
  // Not strict: the messages of parseArgs name the option, but not what would be allowed.
  const { tokens } = parseArgs({ args: parameters, options: definitions, strict: false, tokens: true });
  const values = new Map<string, string | undefined>();
  for (const token of tokens) {
    if (token.kind === 'option-terminator') continue;
    if (token.kind === 'positional') {
      throw new OptionError(`Unexpected argument "${token.value}". Options: ${allowedOptions}.`);
    }
    if (!isOptionName(token.name)) {
      throw new OptionError(`Unknown option ${token.rawName}. Options: ${allowedOptions}.`);
    }
    if (definitions[token.name].type === 'boolean' && token.value !== undefined) {
      throw new OptionError(`Option --${token.name} takes no value, got "${token.value}".`);
    }
    values.set(token.name, token.value);
  }
  if (values.has('help')) return 'help';

  const directus = choose(values, 'directus', directusVersions, '11');
  const database = choose(values, 'database', demoDatabases, 'sqlite');
  const empty = values.has('empty');
  const directory = values.has('dir')
    ? resolve(workingDirectory, requireValue(values, 'dir', 'the path of a folder'))
    : resolve(projectDirectory, '.demo', `${directus}-${database}${empty ? '-empty' : ''}`);
  return { directus, database, port: readPort(values), empty, json: values.has('json'), directory };
}

type Values = ReadonlyMap<string, string | undefined>;

function isOptionName(name: string): name is keyof typeof definitions {
  return Object.hasOwn(definitions, name);
}

function choose<const Choice extends string>(
  values: Values,
  name: string,
  choices: readonly Choice[],
  fallback: NoInfer<Choice>,
): Choice {
  if (!values.has(name)) return fallback;
  const value = values.get(name);
  const choice = choices.find((candidate) => candidate === value);
  if (choice) return choice;
  throw new OptionError(`Option --${name} must be ${choices.join(' or ')}, got ${describe(value)}.`);
}

function readPort(values: Values): number | undefined {
  if (!values.has('port')) return undefined;
  const value = values.get('port');
  const port = /^\d{1,5}$/.test(value ?? '') ? Number(value) : 0;
  if (port >= 1 && port <= 65535) return port;
  throw new OptionError(`Option --port must be a whole number from 1 to 65535, got ${describe(value)}.`);
}

function requireValue(values: Values, name: string, expectation: string): string {
  const value = values.get(name);
  if (value && !value.startsWith('-')) return value;
  throw new OptionError(`Option --${name} must be ${expectation}, got ${describe(value)}.`);
}

function describe(value: string | undefined): string {
  return value === undefined ? 'nothing' : `"${value}"`;
}
