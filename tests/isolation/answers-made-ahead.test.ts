import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type express from 'express';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { directusVersions, installHost } from '../../scripts/hosts/install.ts';
import { canBeHeld, holdAnswer, prepareAnswers } from '../../src/hooks/requests/answers.ts';
import { enterAnew, mount } from '../../src/hooks/requests/placement.ts';
import { processState, type Middleware } from '../../src/runtime.ts';

/** An answer is made while its request is checked: nothing of it may be told before, and nothing when the check fails. */
describe.each(directusVersions)(
  'An answer that is made while its request is checked (Express of Directus %s)',
  (version) => {
    let directory: string;
    let app: express.Express;
    let server: ReturnType<express.Express['listen']>;
    let check: { promise: Promise<boolean>; resolve: (isGood: boolean) => void; reject: (error: Error) => void };
    /** How often the request came to the check. */
    let checked: number;
    /** Called when an error has been answered. */
    let onError: (() => void) | undefined;

    beforeEach(async () => {
      ({ directory } = await installHost(version));
      app = (createRequire(join(directory, 'package.json'))('express') as typeof express)();
      let resolve!: (isGood: boolean) => void;
      let reject!: (error: Error) => void;
      const promise = new Promise<boolean>((...both) => ([resolve, reject] = both));
      check = { promise, resolve, reject };
      checked = 0;
      onError = undefined;
      prepareAnswers(app);

      const entry: Middleware = (request, response, next) => {
        checked += 1;
        if (checked > 1) return void check.promise.then(() => next(), next);

        const { url } = request;
        holdAnswer(response, check.promise, () => enterAnew(request, response, url));
        next();
      };

      app.use((_request, response, next) => {
        response.setHeader('x-before', 'kept');
        next();
      });
      processState().middlewares = { entry };
      mount(app, 'entry');
    });

    afterEach(async () => {
      processState().middlewares = {};
      await new Promise((resolve) => server.close(resolve));
    });

    /** Answers with what the route makes; errors as Directus does. */
    const ask = async (route: express.Handler): Promise<Response> => {
      const { Router } = createRequire(join(directory, 'package.json'))('express') as typeof express;
      const router = Router();
      router.get('/:collection', route);
      app.use('/items', router);
      app.use(((error: Error, _request, response, _next) => {
        response.status(418).json({ error: error.message });
        onError?.();
      }) as express.ErrorRequestHandler);

      server = app.listen(0, '127.0.0.1');
      await new Promise((resolve) => server.once('listening', resolve));
      return fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/items/projects?limit=1`);
    };

    /** A route that answers with rows, and what becomes of its answer until the next turn. */
    const rows = (onMade: (response: express.Response) => void): express.Handler => {
      return (_request, response) => {
        response.setHeader('x-rows', '1');
        response.json({ data: ['a row'] });
        setImmediate(() => onMade(response));
      };
    };

    it('is sent as it is when the check is good, and not before', async () => {
      let sentBefore: boolean | undefined;

      const answer = await ask(
        rows((response) => {
          sentBefore = response.headersSent;
          check.resolve(true);
        }),
      );

      expect(sentBefore).toBe(false);
      expect(answer.status).toBe(200);
      expect(answer.headers.get('x-rows')).toBe('1');
      expect(await answer.json()).toEqual({ data: ['a row'] });
    });

    it('is sent at once when the check was good before', async () => {
      check.resolve(true);
      const answer = await ask((_request, response) => setImmediate(() => response.json({ data: ['a row'] })));
      expect(await answer.json()).toEqual({ data: ['a row'] });
    });

    it('leaves nothing behind when the check fails', async () => {
      const answer = await ask(rows(() => check.reject(new Error('moved'))));
      expect(answer.status).toBe(418);
      expect(await answer.text()).toBe('{"error":"moved"}');
      expect([...answer.headers.keys()].sort()).toEqual(
        [
          'connection',
          'content-length',
          'content-type',
          'date',
          'etag',
          'keep-alive',
          'x-before',
          'x-powered-by',
        ].sort(),
      );
      expect(answer.headers.get('content-length')).toBe('17');
      // Not that of the rows, which would tell whether they are still the same.
      const tagOf = app.get('etag fn') as (body: string) => string;
      expect(answer.headers.get('etag')).toBe(tagOf('{"error":"moved"}'));
    });

    it('is nobody’s when the check has failed before it was there', async () => {
      let wasSent: boolean | undefined;

      const answer = await ask((_request, response) => {
        check.reject(new Error('moved'));
        setImmediate(() => {
          wasSent = response.headersSent;
          response.status(201).json({ data: ['a row'] });
        });
      });

      expect(wasSent).toBe(false);
      expect(answer.status).toBe(418);
      expect(await answer.text()).toBe('{"error":"moved"}');
    });

    it('is made anew when it was made by what is not true any more', async () => {
      let made = 0;

      const answer = await ask((request, response) => {
        made += 1;
        if (made === 1) response.setHeader('x-first', '1');
        response.json({ made, url: request.originalUrl, base: request.baseUrl, limit: request.query['limit'] });
        check.resolve(false);
      });

      expect(answer.headers.get('x-first')).toBeNull();
      expect(answer.headers.get('x-before')).toBe('kept');
      expect(await answer.json()).toEqual({ made: 2, url: '/items/projects?limit=1', base: '/items', limit: '1' });
    });

    it('is not heard of by those who waited for it when it is made anew', async () => {
      let heard = 0;

      const answer = await ask((_request, response) => {
        response.once('finish', () => (heard += 1));
        response.json({ data: ['a row'] });
        check.resolve(false);
      });

      await answer.text();
      await new Promise((resolve) => server.close(resolve));
      expect(heard).toBe(1);
    });

    it('cannot be held where another version of the bundle has prepared the answers', async () => {
      const { response } = (createRequire(join(directory, 'package.json'))('express') as typeof express)();
      expect(canBeHeld(response)).toBe(false);
      expect(canBeHeld(app.response)).toBe(true);
      check.resolve(true);
      await ask((_request, answer) => void answer.end());
    });

    it('is the last one when the route has made several', async () => {
      const answer = await ask((_request, response, next) => {
        response.json({ data: ['a row'] });
        next(new Error('too late'));
        onError = () => check.resolve(true);
      });

      expect(answer.status).toBe(418);
      expect(await answer.json()).toEqual({ error: 'too late' });
    });

    it('cannot be sent in pieces before the check is done', async () => {
      const answer = await ask((_request, response, next) => {
        try {
          response.write('a row');
        } catch (error) {
          next(error);
        }
        check.resolve(true);
      });

      expect(answer.status).toBe(418);
      expect(await answer.text()).not.toContain('a row');
    });

    it('can be sent in pieces afterwards', async () => {
      check.resolve(true);

      const answer = await ask((_request, response) => {
        setImmediate(() => {
          response.write('two ');
          response.end('pieces');
        });
      });

      expect(await answer.text()).toBe('two pieces');
    });
  },
);
