import { AUDIENCES, OPERATIONS, type Audience, type Operation } from './operations.ts';
import requests from './requests.json' with { type: 'json' };
import { ref, SCHEMAS, type Schema } from './schemas.ts';

/** What is used of an OpenAPI document. */
interface Document {
  openapi: string;
  tags?: object[];
  paths?: Record<string, object>;
  components?: { schemas?: Record<string, object> };
}

/** Whom a document is for. */
export interface Reader {
  audience: Audience;
  /** Whether a route may be used, of those that the audience has. */
  mayUse(route: { method: string; path: string }): boolean;
}

const TAG = { name: 'Tenancy', description: 'Tenants of this project, their members, and what belongs to whom.' };

const PARAMETERS: Record<string, string> = {
  tenant: 'The id or the slug of a tenant.',
  member: 'The id of a member, which is that of the membership.',
  token: 'The id of a token, which the list of tokens tells.',
  policy: 'The id of a policy.',
  collection: 'The name of a collection.',
  field: 'The name of a field.',
};

/**
 * An OpenAPI document with the routes of the bundle that its reader may use, and the schemas that these need. What is no such
 * document, as an error, stays as it is.
 */
export function withTenancyRoutes(document: unknown, { audience, mayUse }: Reader): unknown {
  if (!isDocument(document)) return document;

  const paths: Record<string, Record<string, object>> = {};

  for (const [name, operation] of Object.entries(OPERATIONS)) {
    const [method = '', path = ''] = name.split(' ');
    if (AUDIENCES.indexOf(operation.for) > AUDIENCES.indexOf(audience) || !mayUse({ method, path })) continue;
    (paths[path] ??= {})[method.toLowerCase()] = describe(path, operation);
  }

  return {
    ...document,
    tags: [...(document.tags ?? []), TAG],
    paths: { ...document.paths, ...paths },
    components: {
      ...document.components,
      schemas: { ...document.components?.schemas, ...schemasIn(paths) },
    },
  };
}

function isDocument(candidate: unknown): candidate is Document {
  return typeof (candidate as Partial<Document> | null)?.openapi === 'string';
}

/** The schemas to which a part of the document refers. */
function schemasIn(part: object): Record<string, Schema> {
  return Object.fromEntries(
    Object.entries(SCHEMAS).filter(([name]) => JSON.stringify(part).includes(`"#/components/schemas/${name}"`)),
  );
}

function describe(path: string, operation: Operation): object {
  const { id, summary, body } = operation;
  const parameters = [...pathParameters(path), ...queryParameters(operation), ...headersOf(operation)];

  return {
    operationId: id,
    tags: [TAG.name],
    summary,
    security: [{ Auth: [] }, { KeyAuth: [] }],
    ...(parameters.length > 0 && { parameters }),
    ...(body && { requestBody: { required: true, content: contentOf(operation.lines === 'both', requests[body]) } }),
    responses: { ...successOf(operation), ...failuresOf(path, operation) },
  };
}

function pathParameters(path: string): object[] {
  return [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => ({
    name,
    in: 'path',
    required: true,
    description: PARAMETERS[name],
    schema: { type: 'string' },
  }));
}

function queryParameters({ query }: Operation): object[] {
  if (!query) return [];
  const { properties, required } = requests[query] as { properties: Record<string, Schema>; required?: string[] };

  return Object.entries(properties).map(([name, schema]) => ({
    name,
    in: 'query',
    required: required?.includes(name) ?? false,
    schema,
  }));
}

function headersOf({ repeatable }: Operation): object[] {
  if (!repeatable) return [];
  return [
    {
      name: 'Idempotency-Key',
      in: 'header',
      description: 'A name for the request: under the same one it is done once, however often it comes.',
      schema: { type: 'string', minLength: 1, maxLength: 255 },
    },
  ];
}

/** Lines of JSON are a text to OpenAPI. */
function contentOf(inLines: boolean, schema: Schema): object {
  return inLines
    ? { 'application/x-ndjson': { schema: { type: 'string', description: 'One JSON value in each line.' } } }
    : { 'application/json': { schema } };
}

function successOf({ status, data, paged, lines }: Operation): object {
  if (!data && !lines) return { 204: { description: 'It is done.' } };

  const counts = {
    type: 'object',
    properties: { total_count: { type: 'integer' }, filter_count: { type: 'integer' } },
  };
  const properties = { ...(data && { data }), ...(paged && { meta: counts }) };
  const schema = { type: 'object', properties, required: Object.keys(properties) };

  return {
    [status ?? 200]: {
      description: status === 201 ? 'It was created.' : 'It is done.',
      content: { ...(data && contentOf(false, schema)), ...(lines && contentOf(true, schema)) },
    },
  };
}

function failuresOf(path: string, { for: audience, query, body, conflict }: Operation): object {
  const reasons = {
    400: query || body ? 'A field is not as it must be; the error names it.' : undefined,
    403: 'The requester may not use this route.',
    404: audience === 'super-admin' && path.includes('{') ? 'There is no such thing; for super-admins.' : undefined,
    409: conflict && `${conflict} Nothing was changed.`,
  };

  return Object.fromEntries(
    Object.entries(reasons).flatMap(([status, description]) =>
      description ? [[status, { description, content: contentOf(false, ref('TenancyErrors')) }]] : [],
    ),
  );
}
