import { statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

/** Whether every user of this computer can enter a directory, as one that root starts a program for must be able to. */
export function isOpenToAll(directory: string): boolean {
  const path = resolve(directory);
  if ((statSync(path).mode & 0o001) === 0) return false;
  return dirname(path) === path || isOpenToAll(dirname(path));
}
