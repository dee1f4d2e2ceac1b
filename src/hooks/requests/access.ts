import type { Request } from 'express';

/** What somebody is about to do: an archived tenant can be read by its owners, and nothing in it written. */
export type Access = 'read' | 'write';

const READING_METHODS = new Set(['GET', 'HEAD', 'OPTIONS', 'SEARCH']);

/** Routes that only read, or only say where a person is, whatever their method. */
const READING_ROUTES = [
  ['POST', /^\/assets\//],
  ['POST', /^\/tenancy\/me\/tenant\/?$/],
  ['PATCH', /^\/users\/me\/track\/page\/?$/],
] as const;

/** Whether a request reads. Flows may do anything, and what is not known to read counts as writing. */
export function accessOf({ method, path, body }: Pick<Request, 'method' | 'path' | 'body'>): Access {
  if (/^\/flows\/trigger(\/|$)/i.test(path)) return 'write';
  if (READING_METHODS.has(method)) return 'read';
  if (READING_ROUTES.some(([verb, route]) => verb === method && route.test(path))) return 'read';
  return /^\/graphql(\/|$)/i.test(path) && isGraphQlQuery(body) ? 'read' : 'write';
}

/** Whether a document has no mutation: a keyword cannot be written in any other way. */
function isGraphQlQuery(body: unknown): boolean {
  const query = (body as { query?: unknown } | null | undefined)?.query;
  return typeof query === 'string' && !/\b(?:mutation|subscription)\b/.test(query);
}

/** What a message of a socket is about to do. */
export function accessOfMessage({ type, action }: { type?: unknown; action?: unknown }): Access {
  if (type === 'items') return action === 'read' ? 'read' : 'write';
  return type === 'subscribe' || type === 'unsubscribe' || type === 'ping' || type === 'pong' ? 'read' : 'write';
}
