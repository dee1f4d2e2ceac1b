import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { cacheDirectory, hostKey, type HostKeyParts } from '../../../scripts/hosts/cache.ts';

describe('cacheDirectory', () => {
  it('is the folder that TENANCY_HOSTS_CACHE names, before everything else', () => {
    expect(cacheDirectory({ TENANCY_HOSTS_CACHE: 'hosts', XDG_CACHE_HOME: '/cache' }, 'linux')).toBe(resolve('hosts'));
  });

  it('lies in XDG_CACHE_HOME when that is set', () => {
    expect(cacheDirectory({ XDG_CACHE_HOME: '/cache' }, 'linux')).toBe(join('/cache', 'directus-extension-tenancy'));
  });

  it.each([
    ['linux', ['.cache', 'directus-extension-tenancy']],
    ['darwin', ['Library', 'Caches', 'directus-extension-tenancy']],
    ['win32', ['AppData', 'Local', 'directus-extension-tenancy', 'Cache']],
  ] as const)('lies in the usual place on %s', (platform, path) => {
    expect(cacheDirectory({}, platform)).toBe(join(homedir(), ...path));
  });
});

describe('hostKey', () => {
  const parts: HostKeyParts = {
    directus: '11',
    lockfile: '{"lockfileVersion":3}',
    nodeVersion: '22.18.0',
    platform: 'linux',
    architecture: 'x64',
  };

  it('is the same for the same parts', () => {
    expect(hostKey({ ...parts })).toBe(hostKey(parts));
  });

  it.each([
    { directus: '12' },
    { lockfile: '{"lockfileVersion":4}' },
    { nodeVersion: '22.19.0' },
    { platform: 'darwin' },
    { architecture: 'arm64' },
  ])('differs with %o', (change) => {
    expect(hostKey({ ...parts, ...change })).not.toBe(hostKey(parts));
  });

  it('can be a folder name on every system', () => {
    expect(hostKey(parts)).toMatch(/^[\w.-]+$/);
  });
});
