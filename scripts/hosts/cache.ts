import { createHash } from 'node:crypto';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

const folderName = 'directus-extension-tenancy';

/**
 * The folder of this user that keeps installed hosts between checkouts: the operating system's usual place for caches,
 * or `TENANCY_HOSTS_CACHE`.
 */
export function cacheDirectory(
  environment: NodeJS.ProcessEnv = process.env,
  platform: NodeJS.Platform = process.platform,
): string {
  if (environment.TENANCY_HOSTS_CACHE) return resolve(environment.TENANCY_HOSTS_CACHE);
  if (environment.XDG_CACHE_HOME) return join(environment.XDG_CACHE_HOME, folderName);
  if (platform === 'darwin') return join(homedir(), 'Library', 'Caches', folderName);
  if (platform === 'win32') {
    return join(environment.LOCALAPPDATA ?? join(homedir(), 'AppData', 'Local'), folderName, 'Cache');
  }
  return join(homedir(), '.cache', folderName);
}

/** What an installed host depends on: other packages, another Node or another machine need another install. */
export interface HostKeyParts {
  directus: string;
  lockfile: string | Buffer;
  nodeVersion: string;
  platform: string;
  architecture: string;
}

/** The name of the cache folder for one installed host. */
export function hostKey(parts: HostKeyParts): string {
  return [
    `directus-${parts.directus}`,
    shortHash(parts.lockfile),
    `node-${parts.nodeVersion}`,
    parts.platform,
    parts.architecture,
  ].join('-');
}

/** Twelve hexadecimal digits that stand for the given content in file and database names. */
export function shortHash(content: string | Buffer): string {
  return createHash('sha256').update(content).digest('hex').slice(0, 12);
}
