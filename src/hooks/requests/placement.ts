import type { Application, Request, Response, Router } from 'express';
import { processState, type Middleware, type Place } from '../../runtime.ts';

interface Layer {
  handle: unknown;
  /** Set where a layer is for one method of one path. */
  route?: { path: unknown };
  /** How a layer looks whether a request is for it; `fast_slash` where it is called for all of them. */
  regexp: RegExp & { fast_slash: boolean };
}

/** An Express application or router as it keeps what is mounted. */
export type Stacked = { stack: Layer[] };

type Routes = Stacked & { handle: Middleware };

/** Mounts, at the end of what is there, a middleware that looks up on every request what the current load wants done. */
export function mount(app: Application, place: Place): void {
  app.use(lookUp(place));
}

/** Directus answers it in front of its authentication, whoever asks. */
export const PING = '/server/ping';

/**
 * Mounts such a middleware in front of each that answers all requests, from Directus' authentication on, the response cache among them.
 * Directus has an event in front of its authentication and one behind its response cache, and none in between; so the middleware is
 * called at every step and finds out by itself when it is its turn. Steps in front of {@link PING}, at which nobody is known yet, are
 * left out, for each takes its share of every request; without that route all behind the `gate` count.
 */
export function mountBetween(app: Application, place: Place): void {
  const { stack } = rootOf(app);
  const gate = stack.findIndex(({ handle }) => (handle as Mounted)[PLACE] === 'gate');
  const ping = stack.findIndex(({ route }) => route?.path === PING);

  for (let position = stack.length - 1; position > Math.max(gate, ping); position--) {
    if (!answersAll(stack[position])) continue;
    mount(app, place);
    stack.splice(position, 0, ...stack.splice(-1));
  }
}

/**
 * Sends a request once more through all that comes from the `entry` on. Nothing of an answer may have been sent.
 *
 * @param url what the request asked for when it came there
 */
export function enterAnew(request: Request, response: Response, url: string): void {
  const root = rootOf(request.app);
  const entry = root.stack.findIndex(({ handle }) => (handle as Mounted)[PLACE] === 'entry');
  const rest = Object.create(root, { stack: { value: root.stack.slice(entry) } }) as Routes;

  request.url = url;
  request.baseUrl = '';
  // Directus' own routes end with one that answers whatever got there.
  rest.handle(request, response, () => response.destroy());
}

function answersAll(layer: Layer | undefined): boolean {
  return layer !== undefined && layer.route === undefined && layer.regexp.fast_slash;
}

/** Tells which of the bundle's middlewares one is, to later loads of the bundle as well. */
const PLACE = Symbol.for('directus-extension-tenancy place');

type Mounted = Middleware & { [PLACE]?: Place };

function lookUp(place: Place): Middleware {
  const lookedUp: Mounted = (request, response, next) => {
    const middleware = processState().middlewares[place];
    if (middleware) middleware(request, response, next);
    else next();
  };

  lookedUp[PLACE] = place;
  return lookedUp;
}

/** The routers that are mounted in the application itself. */
export function routersOf(app: Application): Stacked[] {
  return rootOf(app)
    .stack.map(({ handle }) => handle)
    .filter(isStacked);
}

/** Whether a router is mounted in another one. */
export function holds({ stack }: Stacked, router: Router): boolean {
  return stack.some(({ handle }) => handle === router);
}

function rootOf(app: Application): Stacked {
  return (app as unknown as { _router: Stacked })._router;
}

function isStacked(handle: unknown): handle is Stacked {
  return typeof handle === 'function' && Array.isArray((handle as unknown as Partial<Stacked>).stack);
}
