import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runChild } from '../../../scripts/hosts/child.ts';

const PROGRAM = 'node_modules/program/run.js';

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'tenancy-modules-'));
  await file('node_modules/program/package.json', { type: 'module' });
  await file(PROGRAM, `import { of } from 'both'; import require from './require.cjs'; console.log(of, require);`);
  await file(
    'node_modules/program/require.cjs',
    `module.exports = require('both').of + require('node:path').posix.sep;`,
  );
  await file('node_modules/both/package.json', {
    exports: { import: './imported.mjs', require: './required.cjs' },
  });
  await file('node_modules/both/imported.mjs', `export const of = 'imported';`);
  await file('node_modules/both/required.cjs', `exports.of = 'required';`);
});

afterEach(() => rm(directory, { recursive: true, force: true }));

async function file(path: string, content: string | object): Promise<void> {
  await mkdir(dirname(join(directory, path)), { recursive: true });
  await writeFile(join(directory, path), typeof content === 'string' ? content : JSON.stringify(content));
}

async function run(program = PROGRAM): Promise<string> {
  const path = join(directory, program);
  return (await runChild({ file: path, directory, environment: process.env, remembersModules: true })).trim();
}

/** Makes Node find another module than before, if it looks. */
const move = async (): Promise<void> => {
  await file('node_modules/both/other.cjs', `exports.of = 'other';`);
  await file('node_modules/both/package.json', { exports: './other.cjs' });
};

describe('The modules of a host', () => {
  it('are looked for once, each as it is asked for', async () => {
    expect(await run()).toBe('imported required/');
    await move();
    expect(await run()).toBe('imported required/');
  });

  it('are looked for again by what is not of the host', async () => {
    await file('extension.mjs', `import both from 'both'; console.log(both.of ?? 'imported');`);
    await file(PROGRAM, `await import('../../extension.mjs'); await import('both');`);
    await file('node_modules/both/imported.mjs', `export default { of: 'imported' };`);
    expect(await run()).toBe('imported');
    await move();
    expect(await run()).toBe('other');
  });

  it('are looked for again where what is kept cannot be read', async () => {
    await run();
    await move();
    await file('modules.json', '{');
    expect(await run()).toBe('other other/');
    expect(JSON.parse(await readFile(join(directory, 'modules.json'), 'utf8'))).toHaveProperty('program/run.js');
  });

  it('are not kept when they are missing', async () => {
    await file(PROGRAM, `console.log(await import('late').catch(() => 'none'));`);
    expect(await run()).toBe('none');
    await file('node_modules/late/index.js', '');
    expect(await run()).not.toBe('none');
  });
});
