// Loaded into every program that a script starts (`node --import`). The channel to the script closes when the script is
// gone, however it ended (even by SIGKILL): then this program stops as well and nothing is left behind.
import { isMainThread } from 'node:worker_threads';

/** Milliseconds that a program gets to stop by itself. */
const patience = 8000;

if (isMainThread && process.channel) {
  process.once('disconnect', () => {
    // Nobody reads our output any more; to write to it must not fail while we stop.
    for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
    setTimeout(() => process.exit(1), patience).unref();
    if (!process.emit('SIGTERM', 'SIGTERM')) process.exit(1);
  });
  process.channel.unref();
}
