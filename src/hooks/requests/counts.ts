import { InvalidQueryError } from '@directus/errors';
import type { Accountability, Filter, Query, SchemaOverview } from '@directus/types';
import type { Application } from 'express';
import type { Knex } from 'knex';
import { actingAs } from '../../services/identity.ts';
import { scopeCounts } from '../../tenancy/queries.ts';
import { asDirectus } from '../../tenancy/sentences.ts';
import { boundaryContext, type Middleware } from '../../runtime.ts';
import { collectionOf, partsOf } from './route.ts';

/** The query of a request, which names the counts that are asked for. */
type CountedQuery = Query & { meta?: string[] };

/** The query of a request, and what is counted for it. Known by name to what an earlier load has put in place. */
const QUERY = Symbol.for('directus-extension-tenancy query');
const COUNTED = Symbol.for('directus-extension-tenancy counted');

/** What is counted for a request, for whom, and what limits a query that asks for counts. */
interface Counted {
  collection: string;
  requester: Accountability;
  schema: SchemaOverview;
  /** The same function for all requests: see {@link prepareQueries}. */
  limit: (query: CountedQuery, counted: Counted) => CountedQuery;
}

interface QueryRequest {
  accountability?: Accountability;
  schema?: SchemaOverview;
  sanitizedQuery?: CountedQuery | undefined;
  [QUERY]?: CountedQuery | undefined;
  [COUNTED]?: Counted;
}

/**
 * Lets the queries of an application's requests be watched, where Express gives all requests what they inherit: see
 * `prepareAnswers` for what it would cost to do so at each request.
 */
export function prepareQueries(app: Application): void {
  const { request: inherited } = app as unknown as { request: object };

  Object.defineProperty(inherited, 'sanitizedQuery', {
    configurable: true,
    get(this: QueryRequest) {
      return this[QUERY];
    },
    set(this: QueryRequest, query: CountedQuery | undefined) {
      const counted = this[COUNTED];
      this[QUERY] = counted && query?.meta ? counted.limit(query, counted) : query;
    },
  });
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

    const watch = async (): Promise<void> => {
      const watched = request as QueryRequest;
      const requester = await actingAs(database, accountability);
      watched[COUNTED] = { collection, requester, schema, limit };
      if (watched[QUERY]?.meta) watched.sanitizedQuery = watched[QUERY];
    };

    // Not in one `then`: what is thrown here would be nobody's to catch, and end the process.
    watch().then(() => next(), next);
  };
}

function limit(query: CountedQuery, { collection, requester, schema }: Counted): CountedQuery {
  return Object.freeze(scopeCounts(query, collection, requester, boundaryContext(schema)));
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
