import { ForbiddenError } from '@directus/errors';
import { InvalidFieldError, RefusedError } from '../../tenancy/errors.ts';
import { hasTenantField } from '../../tenancy/scopes.ts';
import { say } from '../../tenancy/sentences.ts';
import { isDirectus11, type ServiceContext } from '../../services/directus.ts';
import { sortInTenant } from '../../services/sort.ts';
import { runtime, type Context, type Middleware } from '../../runtime.ts';
import { assertNoGraphQlField } from './graphql.ts';
import { namesRowsByQuery, routeOf, type Route } from './route.ts';
import { guardUpload } from './uploads.ts';

/**
 * Guards of the routes on which Directus acts without asking the permission engine for each row, and which no hook reaches.
 * They are for everybody short of a super-admin, once there is a tenant.
 */
export function createRouteGuards(context: Context): Middleware {
  return (request, response, next) => {
    const route = routeOf(request);
    if (!route || !runtime.tenantsExist) return next();

    const guard = async (): Promise<void> => {
      assertNoQueryNamesRows(route);
      assertNoShareUsesGraphQl(route);
      assertGraphQlStays(route, request.originalUrl);
      await assertOwnerMayBeSet(context, route);
      await assertDeletionIsAllowed(context, route);
      await guardUpload(context, request, route);

      if (await sortsInTenant(context, route)) response.status(200).end();
      else next();
    };

    guard().catch(next);
  };
}

/** Directus 11 looks up the rows of such a query without the requester's permissions. */
function assertNoQueryNamesRows(route: Route): void {
  if (!isDirectus11(route.schema) || !namesRowsByQuery(route)) return;
  throw new InvalidFieldError({
    field: 'query',
    reason: say('is not taken here: read the rows first, and send their "keys"'),
  });
}

/**
 * Directus keeps the GraphQL schema of a requester by role and user, together with the rights of whoever built it. A share has
 * neither, as the public: what one share built would answer the public and every other share with the rows of the first.
 */
function assertNoShareUsesGraphQl({ parts, accountability }: Route): void {
  if (parts[0] !== 'graphql' || !accountability.share) return;
  throw new RefusedError({ reason: say('GraphQL is not available to shares here: use the REST routes instead.') });
}

/** Directus reports the owner that it is told, and notes how that went, before it asks whether the settings may be changed. */
async function assertOwnerMayBeSet(context: ServiceContext, route: Route): Promise<void> {
  const { method, parts, accountability, schema } = route;
  if (method !== 'POST' || parts[0] !== 'settings' || parts[1]?.toLowerCase() !== 'owner') return;

  const permissions = new context.services.PermissionsService({ schema, accountability }) as unknown as {
    getItemPermissions(collection: string): Promise<{ update: { access: boolean; fields?: string[] | null } }>;
  };

  const { access, fields } = (await permissions.getItemPermissions('directus_settings')).update;
  if (!access || !(fields?.includes('*') || fields?.includes('project_owner'))) throw new ForbiddenError();
}

/** Fields of the system's GraphQL that act as the guarded routes do; each of those routes can be used instead. */
const GRAPHQL_FIELDS = /\b(?:utils_sort|import_file)\b/;
const GRAPHQL_FIELDS_OF_11 = /\b(?:utils_sort|import_file|delete_users_items?|delete_flows_items?|delete_users_me)\b/;

function assertGraphQlStays(route: Route, url: string): void {
  const query = (route.body as { query?: unknown } | null)?.query;
  const textOf = (): string => `${typeof query === 'string' ? query : ''} ${url}`;
  assertNoGraphQlField(route, textOf, isDirectus11(route.schema) ? GRAPHQL_FIELDS_OF_11 : GRAPHQL_FIELDS);
}

/** Directus 11 changes other rows before it asks whether users or flows may be deleted at all. */
async function assertDeletionIsAllowed(context: ServiceContext, route: Route): Promise<void> {
  const { method, parts, body, accountability, schema } = route;
  const [root = '', key] = parts;
  if (method !== 'DELETE' || !isDirectus11(schema) || !['users', 'flows'].includes(root)) return;

  const listed = Array.isArray(body) ? body : ((body as { keys?: unknown } | null)?.keys ?? []);
  const keys: unknown[] = key ? [key.toLowerCase() === 'me' ? accountability.user : key] : (listed as unknown[]);
  if (!accountability.user) throw new ForbiddenError();

  const permissions = new context.services.PermissionsService({ schema, accountability }) as unknown as {
    getItemPermissions(collection: string, key: string): Promise<{ delete: { access: boolean } }>;
  };

  for (const each of keys) {
    const { delete: deletion } = await permissions.getItemPermissions(`directus_${root}`, String(each));
    if (!deletion.access) throw new ForbiddenError();
  }
}

/** Sorts in Directus' place where rows have tenants: Directus numbers the rows of the whole table anew. */
async function sortsInTenant(context: Context, route: Route): Promise<boolean> {
  const { method, parts, body, accountability, schema } = route;
  const [root, action, collection = ''] = parts;
  if (method !== 'POST' || root !== 'utils' || action?.toLowerCase() !== 'sort') return false;
  if (!(collection in schema.collections) || !hasTenantField(collection, schema)) return false;

  await sortInTenant(context, collection, body, accountability, schema);
  return true;
}
