import type { Accountability, Field, SchemaOverview } from '@directus/types';
import { assertOwnCollectionsStay, assertRelationMayChange, fixed } from '../../services/fixed-schema.ts';
import { RefusedError } from '../../tenancy/errors.ts';
import { TENANT_FIELD, TENANTS } from '../../tenancy/managed.ts';
import { say } from '../../tenancy/sentences.ts';
import type { Middleware } from '../../runtime.ts';
import { partsOf } from './route.ts';

interface SchemaDiff {
  diff?: { collections?: { collection?: unknown; diff?: { kind?: unknown }[] }[] };
}

/** Fields of the system's GraphQL that change relations. */
const GRAPHQL_FIELDS = /\b(?:update|delete)_relations_item\b/;

/**
 * Keeps the relation of `tenant_id` to `tenants`, and `tenants` itself, from being changed or taken away by a request: Directus
 * asks no hook, or only when the table is gone already. A super-admin would close a collection, or have the rows of a tenant
 * deleted with it.
 */
export const schemaGuard: Middleware = (request, _response, next) => {
  const asked = request as typeof request & { accountability?: Accountability; schema?: SchemaOverview };
  const { accountability, schema } = asked;
  if (!accountability?.admin || !schema) return next();

  try {
    const parts = partsOf(request.path);
    const inGraphQl = graphQlChangeOf(parts, request.body);
    if (inGraphQl) assertNotOfTenantField(inGraphQl);
    else assertTenantFieldStays(request.method, parts, request.body, schema);

    // Directus notes a changed relation in the schema that it was given; where that is frozen, all of Directus would end.
    if (inGraphQl || (request.method === 'PATCH' && parts[0] === 'relations')) asked.schema = structuredClone(schema);
    next();
  } catch (error) {
    next(error);
  }
};

/** What changes a relation by GraphQL. */
interface GraphQlChange {
  /** The field of the system's GraphQL. */
  name: string;
  /** All that the request says, as JSON. */
  text: string;
}

function graphQlChangeOf([root, kind = '']: readonly string[], body: unknown): GraphQlChange | null {
  if (root !== 'graphql' || kind.toLowerCase() !== 'system') return null;
  const text = JSON.stringify(body ?? null);
  const [name] = GRAPHQL_FIELDS.exec(text) ?? [];
  return name ? { name, text } : null;
}

function assertNotOfTenantField({ name, text }: GraphQlChange): void {
  if (!text.includes(TENANT_FIELD)) return;
  throw new RefusedError({
    reason: say('"{name}" is not available in GraphQL for "{field}": use the REST route.', {
      name,
      field: TENANT_FIELD,
    }),
  });
}

function assertTenantFieldStays(method: string, parts: readonly string[], body: unknown, schema: SchemaOverview): void {
  const [root, collection = '', field] = parts;

  if (root === 'schema' && method === 'POST') {
    const changes = (body as SchemaDiff | null)?.diff?.collections ?? [];
    const deleted = changes.filter(({ diff }) => diff?.[0]?.kind === 'D').map(({ collection: name }) => name);
    assertOwnCollectionsStay(deleted);
  }

  if (root === 'collections' && method === 'DELETE') assertOwnCollectionsStay([collection]);

  if ((method !== 'PATCH' && method !== 'DELETE') || field !== TENANT_FIELD) return;

  const relation = schema.relations.find(
    (each) => each.collection === collection && each.field === field && each.related_collection === TENANTS,
  );

  if (!relation) return;

  if (root === 'relations') {
    if (method === 'DELETE') throw fixed(collection, 'relation');
    assertRelationMayChange(relation, body ?? {});
  }

  if (root === 'fields' && method === 'PATCH') {
    const name = (body as Partial<Field> | null)?.field;
    if (name !== undefined && name !== TENANT_FIELD) throw fixed(collection, 'field');
  }
}
