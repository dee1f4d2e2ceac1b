// A server program of this system, run below a Node process of its own so that it ends with the script that wants it, however
// that ends. Started by server.ts with the settings as its only parameter.
import { spawn } from 'node:child_process';
import { rmSync } from 'node:fs';

export interface ServerSettings {
  program: string;
  parameters: string[];
  /** What the server keeps its files in; deleted when it has ended. */
  directory: string;
  /** What the server prints when it can be used. */
  readyText: string;
}

const settings = JSON.parse(process.argv[2] ?? '') as ServerSettings;
const server = spawn(settings.program, settings.parameters, {
  cwd: settings.directory,
  stdio: ['ignore', 'pipe', 'pipe'],
});

let printed = '';
let isReady = false;
for (const stream of [server.stdout, server.stderr]) {
  stream.setEncoding('utf8');
  stream.on('data', (text: string) => {
    process.stderr.write(text);
    if (isReady) return;
    printed += text;
    if (!printed.includes(settings.readyText)) return;
    isReady = true;
    process.send?.('ready');
  });
}

for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => server.kill('SIGTERM'));

server.once('error', (error) => {
  console.error(error);
  process.exit(1);
});
server.once('exit', (code) => process.exit(code ?? 1));

process.on('exit', () => {
  server.kill('SIGKILL');
  rmSync(settings.directory, { recursive: true, force: true, maxRetries: 10 });
});
