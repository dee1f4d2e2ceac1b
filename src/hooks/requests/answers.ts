import { randomUUID } from 'node:crypto';
import type { Accountability } from '@directus/types';
import type { Application, Request, Response } from 'express';
import { isPersonal, mayBeCached, privateCacheControl } from '../../tenancy/answers.ts';

/** The URLs of requests that the response cache is not asked about, as they were. */
const URL_BEFORE = Symbol('tenancy url');

type Renamed = Request & { [URL_BEFORE]?: string };

/**
 * Keeps an answer away from everybody but the one who asked: out of Directus' response cache, where it might be somebody
 * else's the next time, and out of caches on the way.
 *
 * @param hasCache whether Directus has that cache at all
 */
export function keepApart(
  request: Request,
  response: Prepared,
  accountability: Accountability,
  tenantsExist: boolean,
  hasCache: boolean,
): void {
  if (hasCache && !mayBeCached(accountability, tenantsExist)) bypassCache(request, response);
  if (isPersonal(accountability)) response[PRIVATE] = true;
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

/** What is to be done to an answer, kept at the answer; known by name to what an earlier load of the bundle has put in place. */
const PRIVATE = Symbol.for('directus-extension-tenancy private');
const REWRITE = Symbol.for('directus-extension-tenancy rewrite');
const HELD = Symbol.for('directus-extension-tenancy held');

/** What an answer becomes; the request is `response.req`. */
type Rewrite = (body: unknown, response: Response) => unknown;

type Listener = (...parameters: unknown[]) => void;

/** An answer that waits for the check of its request. */
interface Held {
  /** Sends the answer, once it is made. */
  send?: () => void;
  /** What happens to an ended answer that must not be sent. */
  discard?: () => void;
}

type Prepared = Response & { [PRIVATE]?: true; [REWRITE]?: Rewrite; [HELD]?: Held | null };

/**
 * Gives all answers of an application the methods that {@link rewriteAnswer}, {@link keepApart} and {@link holdAnswer} count on, where
 * Express has them from. With methods of its own each answer would be of a shape of its own, which V8 keeps, and the request and its copy
 * of the schema with it, until it looks through the whole heap: that took a tenth of the time of a request.
 */
export function prepareAnswers(app: Application): void {
  const { response: inherited } = app as unknown as { response: Prepared };
  const { json, writeHead, end } = inherited;
  inherited[HELD] = null;

  inherited.json = function (this: Prepared, body: unknown): Response {
    return json.call(this, this[REWRITE]?.(body, this) ?? body);
  };

  inherited.writeHead = function (this: Prepared, ...parameters: unknown[]): Response {
    // Whatever is sent begins with this. Only what is sent in one piece can wait.
    if (this[HELD]) throw new Error('This request is not checked yet: answer in one piece.');
    if (this[PRIVATE]) setPrivate(this);
    return (writeHead as (...parameters: unknown[]) => Response).apply(this, parameters);
  } as Response['writeHead'];

  inherited.end = function (this: Prepared, ...parameters: unknown[]): Response {
    const send = (): Response => (end as (...parameters: unknown[]) => Response).apply(this, parameters);
    const held = this[HELD];
    if (!held) return send();

    held.send = send;
    held.discard?.();
    return this;
  } as Response['end'];
}

/** Whether an answer can be held: not where the methods of another version of the bundle are in place, until Directus starts anew. */
export function canBeHeld(response: Prepared): boolean {
  return HELD in response;
}

/**
 * Keeps an answer from being sent until its request is checked, while it is made.
 *
 * @param isGood resolves to whether the answer may be sent; it may not either when it rejects
 * @param instead called when it may not, once there is an answer, of which nothing is left then
 */
export function holdAnswer(response: Prepared, isGood: Promise<boolean>, instead: () => void): void {
  const headers = response.getHeaders();
  const listeners = response.listeners('finish');
  const held: Held = {};
  response[HELD] = held;

  const discard = (): void => {
    response[HELD] = null;
    for (const name of response.getHeaderNames()) response.removeHeader(name);
    for (const [name, value] of Object.entries(headers)) if (value !== undefined) response.setHeader(name, value);
    for (const listener of response.listeners('finish') as Listener[]) {
      if (!listeners.includes(listener)) response.off('finish', listener);
    }
    response.statusCode = 200;
    instead();
  };

  isGood
    .catch(() => false)
    .then((good) => {
      if (good) {
        response[HELD] = null;
        held.send?.();
      } else if (held.send) discard();
      // An answer that is replaced before it is there would meet the one in its place.
      else held.discard = discard;
    })
    // What fails here fails for nobody who could answer.
    .catch(() => response.destroy());
}

/**
 * Changes the JSON of an answer on its way out: what Directus keeps in its response cache is what it made itself, and nobody
 * gets what is another one's. The last one to say how has the say.
 *
 * @param rewrite the same function for all answers, for the reason that {@link prepareAnswers} has
 */
export function rewriteAnswer(response: Prepared, rewrite: Rewrite): void {
  response[REWRITE] = rewrite;
}

/** Directus sets the header in many places, and calls answers to whoever has no role public. The last word is here. */
function setPrivate(response: Response): void {
  const value = response.getHeader('Cache-Control');
  response.setHeader('Cache-Control', privateCacheControl(value === undefined ? undefined : String(value)));
}
