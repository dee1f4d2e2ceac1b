import { dirname, delimiter } from 'node:path';
import { describe, expect, it } from 'vitest';
import { directusEnvironment } from '../../../scripts/hosts/environment.ts';
import { installEnvironment } from '../../../scripts/hosts/install.ts';

describe('directusEnvironment', () => {
  it('lets the user win over the defaults, and later layers over the user', () => {
    const environment = directusEnvironment(
      { CACHE_ENABLED: 'true', LOG_LEVEL: 'debug', DB_CLIENT: 'mysql' },
      { DB_CLIENT: 'sqlite3', PORT: '1' },
      { PORT: '2' },
    );
    expect(environment).toMatchObject({
      CACHE_ENABLED: 'true',
      LOG_LEVEL: 'debug',
      TELEMETRY: 'false',
      DB_CLIENT: 'sqlite3',
      PORT: '2',
    });
  });

  it('hands nothing on that belongs to npm, Vitest or this Node', () => {
    const foreign = {
      npm_config_registry: 'x',
      VITEST: 'true',
      NODE_ENV: 'test',
      NODE_OPTIONS: '--import x',
      TEST: '1',
    };
    const environment = directusEnvironment({ ...foreign, PATH: '/bin' });
    for (const name of Object.keys(foreign)) expect(environment).not.toHaveProperty(name);
    expect(environment).toHaveProperty('PATH', '/bin');
  });
});

describe('installEnvironment', () => {
  it('puts the Node that will run the host first on the path', () => {
    const environment = installEnvironment({ PATH: '/usr/bin' }, process.execPath);
    expect(environment.PATH).toBe([dirname(process.execPath), '/usr/bin'].join(delimiter));
  });

  it("keeps the user's settings of npm, but nothing about this project", () => {
    const environment = installEnvironment(
      { npm_config_registry: 'a', npm_package_name: 'b', npm_lifecycle_event: 'c', npm_config_local_prefix: 'd' },
      process.execPath,
    );
    expect(environment.npm_config_registry).toBe('a');
    expect(Object.keys(environment).filter((name) => /^npm_(package|lifecycle)|local_prefix/.test(name))).toEqual([]);
  });

  it('leaves the headers of a Node that the system brings to node-gyp', () => {
    expect(installEnvironment({}, '/usr/bin/node')).not.toHaveProperty('npm_config_nodedir');
  });
});
