// Loaded into every Directus that a script starts (`node --import`). A third of what a start takes is Node finding out, for each of
// twelve thousand imports, which file is meant. It is the same one each time, for the packages of an installed host never change: so
// it is kept beside them, in `modules.json`. Extensions lie elsewhere and are found as always.
import { readFileSync, realpathSync, renameSync, writeFileSync } from 'node:fs';
import { flushCompileCache, registerHooks, type ResolveFnOutput } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { isMainThread } from 'node:worker_threads';

/** Which file is meant, as a path in the packages of the host, and its format where Node tells that already. */
type Found = [url: string, format?: string];

/** What is meant, by the importing file and what that asks for. */
type Memory = Record<string, Record<string, Found>>;

/** Milliseconds after the last import that was new, when it is kept: a server ends by a signal, at which nothing can be done any more. */
const DELAY = 2000;

const [, program] = process.argv;
if (isMainThread && program) remember(packagesOf(program));

/** Where the packages lie to which the program belongs. */
function packagesOf(file: string): string {
  const folder = '/node_modules/';
  const { href } = pathToFileURL(realpathSync(file));
  return href.slice(0, href.lastIndexOf(folder) + folder.length);
}

function remember(packages: string): void {
  const file = fileURLToPath(new URL('../modules.json', packages));
  const memory = read(file);
  let hasNew = false;

  const keep = (): void => {
    // What Node has compiled it keeps at the end of a program, where it is told to (NODE_COMPILE_CACHE): too late as well.
    flushCompileCache();
    if (hasNew) write(file, memory);
    hasNew = false;
  };

  const timer = setTimeout(keep, DELAY).unref();
  process.once('exit', keep);

  const inside = (url: string): string | undefined => {
    if (url.startsWith(packages)) return url.slice(packages.length);
    return url.startsWith('node:') ? url : undefined;
  };

  registerHooks({
    resolve(specifier, context, next) {
      const parent = inside(context.parentURL ?? '');
      if (parent === undefined) return next(specifier, context);

      // A package may have one file for those that import it, and another one for those that require it.
      const asked = context.conditions.includes('import') ? parent : `require ${parent}`;
      const known = memory[asked]?.[specifier];
      if (known) return outputOf(known, packages);

      const found = next(specifier, context);
      const url = inside(found.url);

      if (url !== undefined) {
        (memory[asked] ??= {})[specifier] = found.format ? [url, found.format] : [url];
        hasNew = true;
        timer.refresh();
      }

      return found;
    },
  });
}

function outputOf([url, format]: Found, packages: string): ResolveFnOutput {
  return { url: url.startsWith('node:') ? url : packages + url, ...(format && { format }), shortCircuit: true };
}

/** What is known; nothing, where nobody has kept anything yet or it cannot be read. */
function read(file: string): Memory {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Memory;
  } catch {
    return {};
  }
}

/** Of several programs that write at once the last one has the say, and none reads half of it. */
function write(file: string, memory: Memory): void {
  const draft = `${file}.${process.pid}`;
  try {
    writeFileSync(draft, JSON.stringify(memory));
    renameSync(draft, file);
  } catch {
    // Without it Directus starts as well, only slower.
  }
}
