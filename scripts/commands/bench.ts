import { existsSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { projectDirectory } from '../hosts/child.ts';

// `npm run bench -- <name> [options]` measures what a file in `bench/` is about, `npm run bench` all of docs/performance.md.

const directory = join(projectDirectory, 'bench');
const [name = 'performance'] = process.argv.splice(2, 1);
const file = join(directory, `${name}.ts`);

if (!/^[a-z-]+$/.test(name) || !existsSync(file)) {
  const names = readdirSync(directory).flatMap((each) => (each.endsWith('.ts') ? basename(each, '.ts') : []));
  throw new Error(`There is no benchmark "${name}". Choose one of: ${names.join(', ')}.`);
}

await import(file);
