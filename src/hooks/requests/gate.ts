import type { Application, Request, Router } from 'express';
import { STARTING } from '../../tenancy/errors.ts';
import { say } from '../../tenancy/sentences.ts';
import { PARTS, runtime, type Middleware } from '../../runtime.ts';
import { holds, PING, routersOf, type Stacked } from './placement.ts';

/**
 * The boot gate: 503 for every request until the installation has ended well and all walls are registered, and again while
 * Directus reloads its extensions or after it unloaded the bundle. `/server/ping` goes on telling that the process lives.
 */
export const gate: Middleware = (request, response, next) => {
  const reason = closedReason(request);
  if (reason === null || request.path === PING) return next();

  response
    .status(503)
    .set('Retry-After', '5')
    .json({ errors: [{ message: reason, extensions: { code: 'SERVICE_UNAVAILABLE', service: 'tenancy', reason } }] });
};

function closedReason(request: Request): string | null {
  if (runtime.closed === STARTING) return say(STARTING);
  if (runtime.closed !== null) return runtime.closed;

  const missing = PARTS.filter((part) => !runtime.registered.has(part));
  if (missing.length > 0) {
    const parts = missing.join(', ');
    return say('The tenancy extension is not complete ({parts}). Restart Directus.', { parts });
  }

  if (!runtime.router || !isMounted(request.app, runtime.router)) {
    return say(
      'The tenancy extension is not loaded, so tenants cannot be kept apart. ' +
        'Enable it again, or wait until Directus has reloaded its extensions.',
    );
  }

  return null;
}

let endpointRouter: Stacked | null = null;

/**
 * Whether Directus still has the bundle's router mounted. It takes hooks and endpoints away together, and this is the one
 * trace of it that a middleware can see.
 */
function isMounted(app: Application, router: Router): boolean {
  endpointRouter ??= routersOf(app).find((candidate) => holds(candidate, router)) ?? null;
  return endpointRouter !== null && holds(endpointRouter, router);
}
