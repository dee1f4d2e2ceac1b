// Starts one of the project's commands (scripts/commands/<command>.ts) in a clone where nothing may be installed yet.
// Until the packages are there only Node's own modules can be used, and the Node that runs this file may be too old to
// run TypeScript: this is why this one script is plain JavaScript.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync, realpathSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { constants } from 'node:os';
import { basename, delimiter, dirname, join, resolve } from 'node:path';
import process from 'node:process';
import { fileURLToPath, pathToFileURL } from 'node:url';

const projectDirectory = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const commandsDirectory = join(projectDirectory, 'scripts', 'commands');
const modulesDirectory = join(projectDirectory, 'node_modules');

/** Commands and Directus need a Node of this release line: Directus 11 has a native module that newer ones cannot run. */
const requiredMajor = 22;
const requiredMinor = 18;

/** Standard output belongs to the command; whatever this script has to say goes to standard error. */
const report = (message) => process.stderr.write(`${message}\n`);

class UserError extends Error {}

/** Milliseconds in which the same signal, arriving by several ways, counts once. */
const sameSignal = 1000;

/**
 * Runs a program with this terminal and resolves to its exit code when it has ended. The program gets a process group of
 * its own, and each signal once: Ctrl-C would reach it from the terminal, from npm and from here, and the second one would
 * end it in the middle of its cleaning up.
 */
function run(program, parameters, options) {
  return new Promise((resolvePromise, reject) => {
    const hasGroups = process.platform !== 'win32';
    const child = spawn(program, parameters, { cwd: projectDirectory, detached: hasGroups, ...options });
    const lastSent = {};
    const forward = (signal) => {
      if (Date.now() - (lastSent[signal] ?? 0) < sameSignal) return;
      lastSent[signal] = Date.now();
      if (!hasGroups) return; // Windows knows only Ctrl-C, and that has reached the program.
      try {
        process.kill(-child.pid, signal);
      } catch (error) {
        if (error.code !== 'ESRCH') throw error;
      }
    };
    const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
    for (const signal of signals) process.on(signal, forward);
    // npm hands SIGTERM to the shell between it and us, which dies of it without a word to us.
    const parent = process.ppid;
    const watch = setInterval(() => process.ppid !== parent && forward('SIGTERM'), 500);
    const finish = () => {
      clearInterval(watch);
      for (const signal of signals) process.off(signal, forward);
    };
    child.once('error', (error) => {
      finish();
      reject(error);
    });
    child.once('exit', (code, signal) => {
      finish();
      resolvePromise(code ?? 128 + (constants.signals[signal] ?? 1));
    });
  });
}

/** The JavaScript file of npm, so that npm can be started without a shell on every system. */
function findNpm() {
  const candidates = [process.env.npm_execpath];
  for (const directory of (process.env.PATH ?? '').split(delimiter)) {
    const command = join(directory, 'npm');
    if (!existsSync(command)) continue;
    candidates.push(realpathSync(command), join(directory, 'node_modules', 'npm', 'bin', 'npm-cli.js'));
  }
  const found = candidates.find((path) => path && basename(path) === 'npm-cli.js' && existsSync(path));
  if (!found) throw new UserError('npm was not found. Install Node.js 20 or later together with npm and try again.');
  return found;
}

function runNpm(npm, parameters) {
  return run(process.execPath, [npm, ...parameters, '--no-audit', '--no-fund', '--loglevel=error'], {
    stdio: ['ignore', 2, 2],
  });
}

const stampFile = join(modulesDirectory, '.directus-extension-tenancy');
const lockHash = () =>
  createHash('sha256')
    .update(readFileSync(join(projectDirectory, 'package-lock.json')))
    .digest('hex');

/** Whether npm itself recorded, as the last step of an install, exactly what package-lock.json asks for. */
function matchesInstalledTree() {
  try {
    const wanted = JSON.parse(readFileSync(join(projectDirectory, 'package-lock.json'), 'utf8')).packages;
    const installed = JSON.parse(readFileSync(join(modulesDirectory, '.package-lock.json'), 'utf8')).packages;
    return Object.entries(wanted).every(([path, { version, optional }]) => {
      if (path === '') return true;
      return installed[path] ? installed[path].version === version : optional === true;
    });
  } catch {
    return false;
  }
}

/** Installs the packages unless the lockfile that is here now has already been installed completely. */
async function ensurePackages(npm) {
  const hash = lockHash();
  const isStamped = existsSync(stampFile) && readFileSync(stampFile, 'utf8') === hash;
  if (isStamped && existsSync(join(modulesDirectory, '.package-lock.json'))) return;
  if (!matchesInstalledTree()) {
    report('Installing the packages of this project (once, about a minute) …');
    const code = await runNpm(npm, ['ci']);
    if (code !== 0) throw new UserError(`npm ci failed with exit code ${code}; its output above says why.`);
  }
  writeFileSync(stampFile, hash);
}

function isSuitable(version) {
  const [major, minor] = version.split('.').map(Number);
  return major === requiredMajor && minor >= requiredMinor;
}

/** The real executable inside the npm package `node`; the one in node_modules/.bin has no headers beside it. */
function findPackagedNode() {
  const prefix = process.platform === 'darwin' && process.arch === 'arm64' ? 'node-bin' : 'node';
  const platform = process.platform === 'win32' ? 'win' : process.platform;
  try {
    const require = createRequire(join(modulesDirectory, 'node', 'package.json'));
    const manifest = require.resolve(`${prefix}-${platform}-${process.arch}/package.json`);
    const executable = join(dirname(manifest), JSON.parse(readFileSync(manifest, 'utf8')).bin.node);
    return existsSync(executable) ? executable : undefined;
  } catch {
    return undefined;
  }
}

/** A Node of the required release line: this one, or the one that the npm package `node` brings. */
async function ensureNode(npm) {
  if (isSuitable(process.versions.node)) return process.execPath;
  const packaged = findPackagedNode();
  if (packaged) return packaged;
  report(`Node.js ${process.versions.node} cannot run Directus; fetching Node.js ${requiredMajor} from npm …`);
  await runNpm(npm, ['rebuild', 'node', '--ignore-scripts=false']);
  const repaired = findPackagedNode();
  if (repaired) return repaired;
  throw new UserError(
    `Directus needs Node.js ${requiredMajor}.${requiredMinor} or later of the ${requiredMajor} line, this is ${process.versions.node}, and the npm package "node" ` +
      `could not be set up (its install script was blocked or has no build for ${process.platform}-${process.arch}).\n` +
      `Either allow the script ("npm rebuild node --ignore-scripts=false" shows what is wrong) or install Node.js ${requiredMajor} yourself, then try again.`,
  );
}

async function main([command, ...parameters]) {
  const commands = readdirSync(commandsDirectory)
    .filter((file) => file.endsWith('.ts'))
    .map((file) => basename(file, '.ts'));
  if (!command || !commands.includes(command)) {
    throw new UserError(`Usage: node scripts/run.mjs <command> [options]\nCommands: ${commands.join(', ')}`);
  }
  const npm = findNpm();
  await ensurePackages(npm);
  const node = await ensureNode(npm);
  const environment = { ...process.env, npm_execpath: npm };
  const pathName = Object.keys(environment).find((name) => name.toUpperCase() === 'PATH') ?? 'PATH';
  environment[pathName] = [dirname(node), environment[pathName]].filter(Boolean).join(delimiter);
  const stopWithParent = pathToFileURL(join(projectDirectory, 'scripts', 'hosts', 'stop-with-parent.ts')).href;
  return run(
    node,
    [
      ...['--disable-warning=ExperimentalWarning', '--import', stopWithParent],
      join(commandsDirectory, `${command}.ts`),
      ...parameters,
    ],
    { stdio: ['inherit', 'inherit', 'inherit', 'ipc'], env: environment },
  );
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof UserError)) throw error;
  report(error.message);
  process.exitCode = 1;
}
