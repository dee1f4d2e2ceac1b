import { InvalidQueryError } from '@directus/errors';
import type { Accountability, Filter, Query, SchemaOverview } from '@directus/types';
import type { Knex } from 'knex';
import { actingAs } from '../../services/identity.ts';
import { scopeCounts } from '../../tenancy/queries.ts';
import { asDirectus } from '../../tenancy/sentences.ts';
import { boundaryContext, type Middleware } from '../../runtime.ts';
import { collectionOf, partsOf } from './route.ts';

/** The query of a request, which names the counts that are asked for. */
type CountedQuery = Query & { meta?: string[] };

interface QueryRequest {
  accountability?: Accountability;
  schema?: SchemaOverview;
  sanitizedQuery?: CountedQuery;
}

/**
 * Limits the hops in the filter of a request before Directus sees it. Lists pass the query wall, but the counts beside them
 * (`meta=filter_count`) are taken by the query of the request itself, which no hook is shown. `SEARCH` replaces that query
 * later with the one of its body, so it is watched instead of read once.
 */
export function createCountsGuard(database: Knex): Middleware {
  return (request, _response, next) => {
    const { accountability, schema } = request as typeof request & QueryRequest;
    const collection = schema && collectionOf(partsOf(request.path), schema);

    if (!accountability || accountability.admin || !schema || !collection) return next();

    const limit = async (): Promise<void> => {
      const requester = await actingAs(database, accountability);

      const scope = (query: CountedQuery | undefined): CountedQuery | undefined =>
        query?.meta ? Object.freeze(scopeCounts(query, collection, requester, boundaryContext(schema))) : query;

      watch(request as QueryRequest, scope);
    };

    // Not in one `then`: what is thrown here would be nobody's to catch, and end the process.
    limit().then(() => next(), next);
  };
}

/** Every query that the request is given from now on, and the one it has, goes through `scope`. */
function watch(request: QueryRequest, scope: (query: CountedQuery | undefined) => CountedQuery | undefined): void {
  let current = scope(request.sanitizedQuery);

  Object.defineProperty(request, 'sanitizedQuery', {
    configurable: true,
    enumerable: true,
    get: () => current,
    set: (query: CountedQuery | undefined) => {
      current = scope(query);
    },
  });
}

/**
 * The message of a socket with the hops in its filter limited, as far as counts are asked for beside the rows.
 *
 * @throws InvalidQueryError when the filter is no filter
 */
export async function scopeMessageCounts(
  message: unknown,
  accountability: Accountability,
  database: Knex,
  schema: SchemaOverview,
): Promise<unknown> {
  const { collection, query } = (message ?? {}) as { collection?: unknown; query?: Record<string, unknown> };
  if (accountability.admin || typeof collection !== 'string' || !query?.['meta'] || !query['filter']) return message;

  const requester = await actingAs(database, accountability);
  const filter = typeof query['filter'] === 'string' ? parseFilter(query['filter']) : (query['filter'] as Filter);
  const scoped = scopeCounts({ filter }, collection, requester, boundaryContext(schema));

  return { ...(message as object), query: { ...query, ...scoped } };
}

function parseFilter(text: string): Filter {
  try {
    return JSON.parse(text) as Filter;
  } catch {
    throw new InvalidQueryError({ reason: asDirectus('Invalid JSON for filter object') });
  }
}
