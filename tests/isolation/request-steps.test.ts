import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type express from 'express';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { directusVersions, installHost } from '../../scripts/hosts/install.ts';
import { mount, mountBetween } from '../../src/hooks/requests/placement.ts';
import { processState, type Middleware } from '../../src/runtime.ts';

describe.each(directusVersions)('The steps of a request (Express of Directus %s)', (version) => {
  let app: express.Express;
  let steps: string[];

  const step =
    (name: string): Middleware =>
    (_request, _response, next) => {
      steps.push(name);
      next();
    };

  beforeEach(async () => {
    const { directory } = await installHost(version);
    app = (createRequire(join(directory, 'package.json'))('express') as typeof express)();
    steps = [];
    processState().middlewares = { gate: step('gate'), guard: step('guard'), entry: step('entry') };
  });

  afterEach(() => {
    processState().middlewares = {};
  });

  /** The steps of a request, in an application as Directus has it when its response cache stands. */
  async function stepsOf(mountRoutes: () => void): Promise<string[]> {
    app.use(step('security headers'));
    mount(app, 'gate');
    app.use(step('body'));
    mountRoutes();
    app.use('/deployments/webhooks', step('webhooks'));
    app.use(step('authentication'));
    app.use(step('response cache'));
    mountBetween(app, 'guard');
    mount(app, 'entry');

    const server = app.listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/items/projects`);
    await new Promise((resolve) => server.close(resolve));
    return steps;
  }

  const ping = (): void => void app.get('/server/ping', (_request, response) => void response.send('pong'));

  it('are guarded from the authentication on, the response cache included', async () => {
    const behind = ['guard', 'authentication', 'guard', 'response cache', 'entry'];
    expect(await stepsOf(ping)).toEqual(['security headers', 'gate', 'body', ...behind]);
  });

  it('are guarded wherever somebody may be known when Directus does not show where its authentication begins', async () => {
    const behind = ['guard', 'body', 'guard', 'authentication', 'guard', 'response cache', 'entry'];
    expect(await stepsOf(() => undefined)).toEqual(['security headers', 'gate', ...behind]);
  });

  it('are not taken for those of Directus when an extension answers a ping in front of the gate', async () => {
    ping();
    const behind = ['guard', 'body', 'guard', 'authentication', 'guard', 'response cache', 'entry'];
    expect(await stepsOf(() => undefined)).toEqual(['security headers', 'gate', ...behind]);
  });
});
