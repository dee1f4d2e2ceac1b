import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout } from 'node:timers/promises';

/** `SQLITE_BUSY`: somebody else holds the lock. */
const busy = 5;

/**
 * Runs `work` while no other process (and nobody else in this one) holds the lock `file`; waits for the turn.
 *
 * The lock is an exclusive SQLite transaction, that is a file lock of the operating system: it ends with the process
 * that holds it, even by SIGKILL, so that there are no stale locks to detect.
 *
 * @param onWait called once when somebody else holds the lock
 */
export async function withLock<Result>(
  file: string,
  work: () => Promise<Result>,
  onWait?: () => void,
): Promise<Result> {
  mkdirSync(dirname(file), { recursive: true });
  const database = new DatabaseSync(file);
  try {
    let hasWaited = false;
    while (!tryLock(database)) {
      if (!hasWaited) onWait?.();
      hasWaited = true;
      await setTimeout(250);
    }
    return await work();
  } finally {
    database.close();
  }
}

function tryLock(database: DatabaseSync): boolean {
  try {
    database.exec('BEGIN EXCLUSIVE');
    return true;
  } catch (error) {
    if (error instanceof Error && 'errcode' in error && error.errcode === busy) return false;
    throw error;
  }
}
