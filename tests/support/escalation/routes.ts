import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { HostInstall } from '../../../scripts/hosts/install.ts';
import { OWN_TABLES } from '../../../src/tenancy/managed.ts';

/** `METHOD /path`, parameters in braces; a word in parentheses tells apart several uses of one route. */
export type RouteName = string;

/** The bundle's own tables as if they were collections, which Directus is told not to see. */
export const OWN_TABLE_ROUTES: readonly RouteName[] = OWN_TABLES.flatMap((table) => [
  ...['GET', 'SEARCH', 'POST', 'PATCH', 'DELETE'].map((method) => `${method} /items/${table}`),
  ...['GET', 'PATCH', 'DELETE'].map((method) => `${method} /items/${table}/{id}`),
]);

/** What the bundle serves beside its routes. */
export const BUNDLE_FILES: readonly RouteName[] = ['GET /tenancy/pages.js'];

/** The routes of the bundle itself. */
export const BUNDLE_ROUTES: readonly RouteName[] = [
  'GET /tenancy/tenants',
  'POST /tenancy/tenants',
  'GET /tenancy/tenants/{tenant}',
  'PATCH /tenancy/tenants/{tenant}',
  'POST /tenancy/tenants/import',
  'DELETE /tenancy/tenants/{tenant}',
  'POST /tenancy/tenants/{tenant}/suspend',
  'POST /tenancy/tenants/{tenant}/resume',
  'POST /tenancy/tenants/{tenant}/archive',
  'GET /tenancy/tenants/{tenant}/overview',
  'GET /tenancy/tenants/{tenant}/audit',
  'GET /tenancy/tenants/{tenant}/members',
  'POST /tenancy/tenants/{tenant}/members',
  'POST /tenancy/tenants/{tenant}/members/adopt',
  'PATCH /tenancy/tenants/{tenant}/members/{member}',
  'POST /tenancy/tenants/{tenant}/members/{member}/invitation',
  'DELETE /tenancy/tenants/{tenant}/members/{member}',
  'POST /tenancy/tenants/{tenant}/transfer',
  'GET /tenancy/tenants/{tenant}/tokens',
  'POST /tenancy/tenants/{tenant}/tokens',
  'DELETE /tenancy/tenants/{tenant}/tokens/{token}',
  'GET /tenancy/levels',
  'PUT /tenancy/levels/{policy}',
  'DELETE /tenancy/levels/{policy}',
  'GET /tenancy/collections',
  'PUT /tenancy/collections/{collection}',
  'PATCH /tenancy/collections/{collection}/fields/{field}',
  'GET /tenancy/me',
  'POST /tenancy/me/tenant',
  'DELETE /tenancy/me/memberships/{tenant}',
  'GET /tenancy/doctor',
  'POST /tenancy/doctor/fix',
];

const list = (root: string): RouteName[] =>
  ['GET', 'SEARCH', 'POST', 'PATCH', 'DELETE'].map((method) => `${method} /${root}`);
const single = (root: string): RouteName[] => ['GET', 'PATCH', 'DELETE'].map((method) => `${method} /${root}/{id}`);

/** What Directus 11.17.4 answers to and its OpenAPI document does not tell of. */
export const UNDOCUMENTED_ROUTES: readonly RouteName[] = [
  ...['access', 'dashboards', 'notifications', 'panels', 'policies', 'shares', 'translations'].flatMap((root) => [
    ...list(root),
    ...single(root),
  ]),

  ...[
    'activity',
    'collections',
    'comments',
    'files',
    'flows',
    'folders',
    'operations',
    'permissions',
    'presets',
    'revisions',
    'roles',
    'users',
    'versions',
  ].map((root) => `SEARCH /${root}`),

  'GET /assets/{id}/{filename}',
  'POST /assets/files',
  'POST /assets/folder/{id}',

  'GET /auth',
  'POST /auth/logout (own)',

  'PATCH /collections',

  'GET /deployments',
  'SEARCH /deployments',
  'POST /deployments',
  'GET /deployments/{provider}',
  'PATCH /deployments/{provider}',
  'DELETE /deployments/{provider}',
  'GET /deployments/{provider}/projects',
  'PATCH /deployments/{provider}/projects',
  'GET /deployments/{provider}/projects/{id}',
  'POST /deployments/{provider}/projects/{id}/deploy',
  'GET /deployments/{provider}/projects/{id}/runs',
  'GET /deployments/{provider}/projects/{id}/runs/stats',
  'GET /deployments/{provider}/dashboard',
  'GET /deployments/{provider}/runs/{id}',
  'POST /deployments/{provider}/runs/{id}/cancel',
  'POST /deployments/webhooks/{provider}',

  'DELETE /extensions/{id}',
  'GET /extensions/registry',
  'GET /extensions/registry/account/{id}',
  'GET /extensions/registry/extension/{id}',
  'POST /extensions/registry/install',
  'POST /extensions/registry/reinstall',
  'DELETE /extensions/registry/uninstall/{id}',
  'GET /extensions/sources/{chunk}',

  'PATCH /fields/{collection}',

  'POST /files/import',
  'POST /files/import (folder)',
  'POST /files (upload)',
  'POST /files/tus',
  'PATCH /files/tus/{id}',
  'DELETE /files/tus/{id}',

  'GET /flows/trigger/{id}',
  'POST /flows/trigger/{id}',

  'GET /graphql',
  'POST /graphql',
  'POST /graphql (write)',
  'GET /graphql/system',
  'POST /graphql/system',
  'POST /graphql/system (write)',

  'GET /mcp',
  'POST /mcp',
  'GET /metrics',

  'GET /permissions/me/{collection}',
  'GET /permissions/me/{collection}/{id}',
  'GET /policies/me/globals',

  'GET /relations/{collection}/{field}',
  'PATCH /relations/{collection}/{field}',
  'DELETE /relations/{collection}/{field}',

  'GET /roles/me',

  'GET /server/specs/oas',
  'GET /server/specs/graphql',
  'GET /server/specs/graphql/{scope}',
  'GET /server/health',
  'POST /server/setup',

  'POST /settings/owner',

  'POST /shares/auth',
  'POST /shares/invite',
  'GET /shares/info/{id}',

  'PATCH /users/me (own)',
  'POST /users/me/tfa/generate',
  'POST /users/{id}/tfa/disable',
  'POST /users/register',
  'GET /users/register/verify-email',

  'POST /utils/revert/{revision}',
  'POST /utils/resolve-redirect',
  'POST /utils/translations/generate',
];

/** Routes that Directus mounts with settings which the tests do not turn on: it asks models of other companies. */
export const ROUTES_NOT_MOUNTED: readonly string[] = ['/ai', '/ai/files'];

/** Every route of an OpenAPI document; for each list of rows its SEARCH, which no document can name. */
export function documentedRoutes(document: { paths: Record<string, object> }): RouteName[] {
  return Object.entries(document.paths).flatMap(([path, operations]) => {
    const methods = Object.keys(operations).map((method) => method.toUpperCase());
    if (/^\/items\/[^/]+$/.test(path)) methods.push('SEARCH');
    return methods.map((method) => `${method} ${path}`);
  });
}

/**
 * Every route that the routers of an installed Directus declare, read from its code: whatever a new version adds is seen
 * here, documented or not. Routers that hand on to others (`/auth/login/…`, `/graphql`) are not.
 */
export function declaredRoutes({ directory }: HostInstall): RouteName[] {
  const code = join(directory, 'node_modules', '@directus', 'api', 'dist');
  const app = readFileSync(join(code, 'app.js'), 'utf8');
  const files = new Map(
    [...app.matchAll(/^import (?:\{ )?(\w+)(?: \})? from "\.\/(.*)";$/gm)].map(([, name, file]) => [name, file]),
  );

  return [...app.matchAll(/app\.use\("(\/[^"]+)", (\w+)\);/g)].flatMap(([, root = '', name]) => {
    const file = files.get(name);
    if (!file || ROUTES_NOT_MOUNTED.includes(root)) return [];

    const router = readFileSync(join(code, file), 'utf8');
    return [...router.matchAll(/\brouter\.(get|post|put|patch|delete|search|all)\(["`]([^"`]*)["`]/g)].flatMap(
      ([, method = '', path = '']) => pathsOf(root + path).map((each) => `${method.toUpperCase()} ${each}`),
    );
  });
}

/** The paths of an Express pattern: with and without its last optional parameter. */
function pathsOf(pattern: string): string[] {
  const plain = pattern.replace(/\(\$\{\w+\}\)/g, '');
  const optional = /\/:\w+\?$/;
  const variants = optional.test(plain) ? [plain.replace(optional, ''), plain.replace(/\?$/, '')] : [plain];
  return variants.map((path) => path.replace(/:(\w+)/g, '{$1}').replace(/(.)\/$/, '$1'));
}

/** A name without the words that differ between a document and code: of its parameters and its uses. */
export function shapeOf(name: RouteName): string {
  return name.replace(/ \(\w+\)$/, '').replace(/\{\w+\}/g, '{}');
}
