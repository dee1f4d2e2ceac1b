import type { Accountability, Item, SchemaOverview } from '@directus/types';
import { noteAttempt, type Attempt } from '../../services/audit.ts';
import type { ServiceContext } from '../../services/directus.ts';
import { TENANT_FIELD } from '../../tenancy/managed.ts';
import { requesterOf } from '../../tenancy/queries.ts';
import { hasTenantField, primaryKeyOf } from '../../tenancy/scopes.ts';
import type { Middleware } from '../../runtime.ts';
import { collectionOf, routeOf, type Route } from './route.ts';

const KINDS: Partial<Record<string, Attempt['kind']>> = { GET: 'read', PATCH: 'update', DELETE: 'delete' };

/**
 * Notes requests of members that named a row of another tenant in their path and were refused. What a row is to whom is looked
 * up after the answer is out, so that nobody can tell by the time it took.
 */
export function createAttemptsWatch(context: ServiceContext): Middleware {
  return (request, response, next) => {
    const route = routeOf(request);

    if (route && requesterOf(route.accountability) === 'member') {
      response.once('finish', () => {
        if (response.statusCode !== 403) return;
        watch(context, route).catch((error: unknown) => context.logger.debug(error));
      });
    }

    next();
  };
}

async function watch(context: ServiceContext, route: Route): Promise<void> {
  const kind = KINDS[route.method];
  const collection = collectionOf(route.parts, route.schema);
  const key = route.parts[route.parts[0] === 'items' ? 2 : 1];
  if (!kind || !collection || key === undefined) return;

  if (await belongsToOthers(context, collection, key, route.schema, route.accountability)) {
    noteAttempt(context, route.accountability, { kind, collection, field: primaryKeyOf(collection, route.schema) });
  }
}

async function belongsToOthers(
  { database }: ServiceContext,
  collection: string,
  key: string,
  schema: SchemaOverview,
  { role }: Accountability,
): Promise<boolean> {
  if (!hasTenantField(collection, schema)) return false;

  const row: Item | undefined = await database(collection)
    .where(primaryKeyOf(collection, schema), key)
    .first(TENANT_FIELD);

  const owner = (row?.[TENANT_FIELD] ?? null) as string | null;
  return owner !== null && owner !== role;
}
