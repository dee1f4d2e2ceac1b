import { fileURLToPath } from 'node:url';
import type { Context, Middleware } from '../../runtime.ts';

/** From where the Data Studio loads the pages of the bundle. */
const PATH = '/tenancy/pages.js';

/**
 * Serves the pages of the Data Studio in front of the authentication, as Directus serves its own app: they are the same for everybody,
 * and a browser whose session has just ended gets the page that renews it.
 */
export function createPages({ logger }: Pick<Context, 'logger'>): Middleware {
  const root = fileURLToPath(new URL('.', import.meta.url));

  return (request, response, next) => {
    if (request.path !== PATH || !['GET', 'HEAD'].includes(request.method)) return next();

    // Asked for anew each time the Data Studio is opened, and sent only after an upgrade.
    response.sendFile('pages.js', { root, headers: { 'Cache-Control': 'no-cache' } }, (error?: Error) => {
      if (!error || response.headersSent) return;
      logger.error(error, 'The pages of the tenancy extension are missing. Install it again, with "dist/pages.js".');
      next();
    });
  };
}
