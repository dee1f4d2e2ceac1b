import { randomUUID } from 'node:crypto';
import type { Accountability } from '@directus/types';
import type { Request, Response } from 'express';
import { isPersonal, mayBeCached, privateCacheControl } from '../../tenancy/answers.ts';

/** The URLs of requests that the response cache is not asked about, as they were. */
const URL_BEFORE = Symbol('tenancy url');

type Renamed = Request & { [URL_BEFORE]?: string };

/**
 * Keeps an answer away from everybody but the one who asked: out of Directus' response cache, where it might be somebody
 * else's the next time, and out of caches on the way.
 */
export function keepApart(
  request: Request,
  response: Response,
  accountability: Accountability,
  tenantsExist: boolean,
): void {
  if (!mayBeCached(accountability, tenantsExist)) bypassCache(request, response);
  if (isPersonal(accountability)) makePrivate(response);
}

/**
 * Directus stores no answer with `cache` false. It looks answers up by `originalUrl`, which leads to a name nobody stored
 * anything under until {@link restoreUrl}.
 */
function bypassCache(request: Renamed, response: Response): void {
  response.locals['cache'] = false;
  if (request[URL_BEFORE] !== undefined) return;

  request[URL_BEFORE] = request.originalUrl;

  const [path, ...query] = request.originalUrl.split('?');
  request.originalUrl = [`${path}/${randomUUID()}`, ...query].join('?');
}

/** Gives a request that is past the response cache its URL back. */
export function restoreUrl(request: Renamed): void {
  const url = request[URL_BEFORE];
  if (url !== undefined) request.originalUrl = url;
}

/** What is done to the JSON of an answer. */
const rewrites = new WeakMap<Response, (body: unknown) => unknown>();

/**
 * Changes the JSON of an answer on its way out: what Directus keeps in its response cache is what it made itself, and nobody
 * gets what is another one's. The last one to say how has the say.
 */
export function rewriteAnswer(response: Response, rewrite: (body: unknown) => unknown): void {
  const isPrepared = rewrites.has(response);
  rewrites.set(response, rewrite);
  if (isPrepared) return;

  const json = response.json.bind(response);
  response.json = (body: unknown): Response => json(rewrites.get(response)?.(body) ?? body);
}

/** Directus sets the header in many places, and calls answers to whoever has no role public. The last word is here. */
function makePrivate(response: Response): void {
  const writeHead = response.writeHead.bind(response) as (...parameters: unknown[]) => Response;

  response.writeHead = (...parameters: unknown[]): Response => {
    const value = response.getHeader('Cache-Control');
    response.setHeader('Cache-Control', privateCacheControl(value === undefined ? undefined : String(value)));
    return writeHead(...parameters);
  };
}
