import { POLICIES, TENANTS_ROLE } from '../../../src/tenancy/managed.ts';
import type { Actor } from './cast.ts';
import type { RouteName } from './routes.ts';
import type { Targets } from './targets.ts';

/** One request of a cell. */
export interface Attempt {
  method: string;
  path: string;
  body?: unknown;
  headers?: Record<string, string>;
  /** Directus goes on after its answer, until it notifies the user. */
  settles?: boolean;
}

interface Shape {
  key: string;
  create: Record<string, unknown>;
  change: Record<string, unknown>;
}

/** A body that nobody but Directus' administrators, or South, should get through, by the first parts of a path. */
function shapes({ tenant, user, folder, project, keys, manualFlow }: Targets): Record<string, Shape> {
  const row = (field: string, value: unknown = 'taken over', key = 'id'): Shape => ({
    key,
    create: { [field]: value, tenant_id: tenant },
    change: { [field]: value },
  });

  return {
    'items/clients': row('name'),
    'items/countries': { ...row('name'), create: { name: 'Atlantis' } },
    'items/project_sections': row('project', Number(project)),
    'items/projects': row('title'),
    'items/projects_tags': row('projects_id', Number(project)),
    'items/tags': row('name'),
    'items/tasks': row('title'),
    'items/tenant_members': row('policy', POLICIES.owner),
    'items/tenants': { key: 'id', create: { name: 'New', slug: 'new' }, change: { name: 'taken over' } },
    'items/tenancy_answers': row('answer', 'taken over', 'key'),
    'items/tenancy_audit': row('action'),
    'items/tenancy_copies': row('file'),
    'items/tenancy_detours': row('user_id'),
    'items/tenancy_erased': row('erased'),
    'items/tenancy_erasures': row('report', 'taken over', 'tenant'),
    'items/tenancy_levels': row('policy', POLICIES.owner, 'policy'),
    'items/tenancy_member_policies': row('policy', POLICIES.owner),
    'items/tenancy_revision': row('revision', 'taken over'),
    'items/tenancy_scopes': row('scope', 'shared', 'collection'),
    'items/tenancy_steps': row('name'),
    access: {
      key: 'id',
      create: { role: TENANTS_ROLE, policy: POLICIES.owner },
      change: { policy: POLICIES.viewer },
    },
    activity: { key: 'id', create: {}, change: {} },
    collections: {
      key: 'collection',
      create: { collection: 'intruders', meta: {}, schema: {} },
      change: { meta: { note: 'taken over' } },
    },
    comments: {
      key: 'id',
      create: { collection: 'projects', item: project, comment: 'taken over' },
      change: { comment: 'taken over' },
    },
    dashboards: { key: 'id', create: { name: 'New', user_created: user }, change: { name: 'taken over' } },
    files: {
      key: 'id',
      create: { title: 'New', type: 'text/plain', filename_download: 'new.txt', folder },
      change: { title: 'taken over' },
    },
    flows: { key: 'id', create: { name: 'New', trigger: 'webhook' }, change: { status: 'active' } },
    folders: { key: 'id', create: { name: 'New', parent: folder }, change: { name: 'taken over' } },
    notifications: { key: 'id', create: { recipient: user, subject: 'New' }, change: { status: 'archived' } },
    operations: {
      key: 'id',
      create: { flow: manualFlow, key: 'new', type: 'log', position_x: 1, position_y: 1 },
      change: { options: { message: 'taken over' } },
    },
    panels: {
      key: 'id',
      create: { dashboard: keys['dashboards'], type: 'label', position_x: 1, position_y: 1, width: 4, height: 4 },
      change: { name: 'taken over' },
    },
    permissions: {
      key: 'id',
      create: { policy: POLICIES.viewer, collection: 'projects', action: 'read', permissions: {}, fields: ['*'] },
      change: { permissions: {} },
    },
    policies: { key: 'id', create: { name: 'New', admin_access: true }, change: { admin_access: true } },
    presets: {
      key: 'id',
      create: { user, collection: 'projects', bookmark: 'New' },
      change: { bookmark: 'taken over' },
    },
    relations: {
      key: 'collection',
      create: { collection: 'tasks', field: 'new', related_collection: 'projects' },
      change: { meta: { one_field: 'new' } },
    },
    revisions: { key: 'id', create: {}, change: {} },
    roles: { key: 'id', create: { name: 'New', parent: TENANTS_ROLE }, change: { name: 'taken over' } },
    settings: { key: 'id', create: {}, change: { project_name: 'taken over' } },
    shares: {
      key: 'id',
      create: { name: 'New', collection: 'projects', item: project, role: tenant },
      change: { password: null },
    },
    translations: {
      key: 'id',
      create: { language: 'fr-FR', key: 'new', value: 'new' },
      change: { value: 'taken over' },
    },
    users: {
      key: 'id',
      create: { email: 'new@example.com', password: 'x', role: tenant },
      change: { password: 'taken over' },
    },
    versions: {
      key: 'id',
      create: { key: 'new', name: 'New', collection: 'projects', item: project },
      change: { name: 'taken over' },
    },
  };
}

const tus = { 'Tus-Resumable': '1.0.0' };
const metadata = (fields: Record<string, string>): string =>
  Object.entries(fields)
    .map(([name, value]) => `${name} ${btoa(value)}`)
    .join(',');

function upload(name: string, content: string, fields: Record<string, string> = {}): FormData {
  const form = new FormData();
  for (const [field, value] of Object.entries(fields)) form.append(field, value);
  form.append('file', new Blob([content], { type: 'application/json' }), name);
  return form;
}

const NOBODY = '00000000-0000-4000-8000-00000000dead';

type Request = Omit<Attempt, 'method' | 'path'> & { path?: string };

/** Routes that are no plain reading and writing of rows. Without an own path an attempt goes to the route's. */
function specials(
  { url, tenant, user, email, project, file, folder, upload: started, manualFlow, revision, extension, keys }: Targets,
  actor: Actor,
): Record<RouteName, Request[]> {
  const body = (...bodies: unknown[]): Request[] => bodies.map((each) => ({ body: each }));
  const path = (...paths: string[]): Request[] => paths.map((each) => ({ path: each }));
  const [share, version, preset] = [keys['shares'], keys['versions'], keys['presets']];
  const member = keys['items/tenant_members'];

  const read = `{ projects(limit: -1) { title client { name } } }`;
  const readSystem = `{ users { email } roles { name } }`;
  const searched = encodeURIComponent(read);

  return {
    'GET /assets/{id}': path(`/assets/${file}`, `/assets/${file}?download`, `/assets/${file}?key=system-small-cover`),
    'GET /assets/{id}/{filename}': path(`/assets/${file}/name.txt`),
    'POST /assets/files': body({ ids: [file] }),
    'POST /assets/folder/{id}': path(`/assets/folder/${folder}`),

    'GET /auth': path('/auth'),
    'POST /auth/login': body({ email, password: 'a wrong one' }),
    'POST /auth/refresh': body({ mode: 'json', refresh_token: user }, { mode: 'session' }, {}),
    'POST /auth/logout': body({ mode: 'json', refresh_token: user }),
    'POST /auth/logout (own)': body({ mode: 'json', refresh_token: actor.spare ?? NOBODY }),
    'POST /auth/password/request': body({ email }),
    'POST /auth/password/reset': body({ token: user, password: 'taken over' }),
    'GET /auth/oauth': path('/auth/oauth'),
    'GET /auth/oauth/{provider}': path('/auth/oauth/github'),

    'GET /schema/snapshot': path('/schema/snapshot', '/schema/snapshot?export=json'),
    'POST /schema/apply': body(
      { hash: 'x', diff: { collections: [], fields: [], relations: [] } },
      upload('a.json', '{}'),
    ),
    'POST /schema/diff': body({ version: 1, directus: '11.17.4', collections: [] }),

    'GET /server/info': path('/server/info'),
    'GET /server/ping': path('/server/ping'),
    'GET /server/health': path('/server/health'),
    'GET /server/specs/oas': path('/server/specs/oas'),
    'GET /server/specs/graphql/{scope}': path('/server/specs/graphql/items', '/server/specs/graphql/system'),
    'GET /server/specs/graphql': path('/server/specs/graphql'),
    'POST /server/setup': body({ project_owner: 'new@example.com', password: 'taken over', first_name: 'a' }),

    'POST /utils/hash/generate': body({ string: 'a' }),
    'POST /utils/hash/verify': body({
      string: 'a',
      hash: '$argon2id$v=19$m=65536,t=3,p=4$c29tZXNhbHRzb21lc2FsdA$QJf3zKvCwuPTiMuyP8iNo3jbHt0Hw0/aXKhxBt7PdbI',
    }),
    'POST /utils/sort/{collection}': [{ path: '/utils/sort/projects', body: { item: project, to: project } }],
    'POST /utils/import/{collection}': [
      { path: '/utils/import/projects', body: upload('a.json', JSON.stringify([{ title: 'New', tenant_id: tenant }])) },
      {
        path: '/utils/import/projects',
        body: upload('a.json', JSON.stringify([{ id: project, title: 'taken over' }])),
      },
      { path: '/utils/import/countries', body: upload('a.json', JSON.stringify([{ name: 'Atlantis' }])) },
    ],
    'POST /utils/export/{collection}': [
      {
        path: '/utils/export/projects',
        body: { query: { fields: ['*', 'client.*'], limit: -1 }, format: 'json', file: {} },
        settles: true,
      },
    ],
    'POST /utils/cache/clear': [{ body: {} }, { path: '/utils/cache/clear?system' }],
    'GET /utils/random/string': path('/utils/random/string?length=8'),
    'POST /utils/revert/{revision}': path(`/utils/revert/${revision}`),
    'POST /utils/resolve-redirect': body({ redirect: 'https://elsewhere.example.com' }, { redirect: '//elsewhere' }),
    'POST /utils/translations/generate': body({ collection: 'projects', fields: ['title'] }),

    'GET /relations/{id}': path('/relations/projects'),
    'PATCH /relations/{id}': [{ path: '/relations/projects', body: { meta: { one_field: 'x' } } }],
    'DELETE /relations/{id}': path('/relations/projects'),
    'GET /relations/{collection}/{field}': path('/relations/projects/client'),
    'PATCH /relations/{collection}/{field}': [
      { path: '/relations/projects/client', body: { meta: { one_field: 'x' } } },
    ],
    'DELETE /relations/{collection}/{field}': path('/relations/projects/client'),

    'GET /fields': path('/fields'),
    'GET /fields/{collection}': path('/fields/projects'),
    'POST /fields/{collection}': [{ path: '/fields/projects', body: { field: 'new', type: 'string' } }],
    'PATCH /fields/{collection}': [
      { path: '/fields/projects', body: [{ field: 'tenant_id', meta: { hidden: false } }] },
    ],
    'GET /fields/{collection}/{id}': path('/fields/projects/tenant_id'),
    'PATCH /fields/{collection}/{id}': [{ path: '/fields/projects/tenant_id', body: { meta: { hidden: false } } }],
    'DELETE /fields/{collection}/{id}': path('/fields/projects/tenant_id'),
    'GET /collections': path('/collections'),
    'PATCH /collections': body([{ collection: 'projects', meta: { note: 'taken over' } }]),

    'GET /settings': path('/settings', '/settings?fields=*.*'),
    'POST /settings/owner': body({ project_owner: 'new@example.com', org_name: 'x', project_usage: 'personal' }),

    'POST /versions/{id}/save': [{ path: `/versions/${version}/save`, body: { title: 'taken over' } }],
    'GET /versions/{id}/compare': path(`/versions/${version}/compare`),
    'POST /versions/{id}/promote': [{ path: `/versions/${version}/promote`, body: { mainHash: 'x' } }],

    'POST /users/invite': body({ email: 'new@example.com', role: tenant }),
    'POST /users/invite/accept': body({ token: user, password: 'taken over' }),
    'GET /users/me': path(
      '/users/me?fields=*.*',
      `/users/me?fields=role.users.*,role.children.*,role.parent.children.*`,
    ),
    'PATCH /users/me': body({ role: tenant }, { policies: [{ policy: POLICIES.owner }] }, { status: 'active' }),
    'PATCH /users/me (own)': body({ location: 'x' }),
    'PATCH /users/me/track/page': body({ last_page: '/content' }),
    'POST /users/me/tfa/generate': body({ password: 'a wrong one' }),
    'POST /users/me/tfa/enable': body({ secret: 'x', otp: '123456' }),
    'POST /users/me/tfa/disable': body({ otp: '123456' }),
    'POST /users/{id}/tfa/disable': path(`/users/${user}/tfa/disable`),
    'POST /users/register': body({ email: 'new@example.com', password: 'taken over' }),
    'GET /users/register/verify-email': path(
      '/users/register/verify-email',
      `/users/register/verify-email?token=${user}`,
    ),

    'GET /extensions': path('/extensions'),
    'PATCH /extensions/{name}': [{ path: `/extensions/${extension}`, body: { meta: { enabled: false } } }],
    'PATCH /extensions/{bundle}/{name}': [{ path: `/extensions/${extension}/x`, body: { meta: { enabled: false } } }],
    'DELETE /extensions/{id}': path(`/extensions/${extension}`),
    'GET /extensions/registry': path('/extensions/registry'),
    'GET /extensions/registry/account/{id}': path(`/extensions/registry/account/${NOBODY}`),
    'GET /extensions/registry/extension/{id}': path(`/extensions/registry/extension/${NOBODY}`),
    'POST /extensions/registry/install': body({ version: NOBODY, extension: NOBODY }),
    'POST /extensions/registry/reinstall': body({ extension: NOBODY }),
    'DELETE /extensions/registry/uninstall/{id}': path(`/extensions/registry/uninstall/${extension}`),
    'GET /extensions/sources/{chunk}': path('/extensions/sources/index.js'),

    'GET /permissions/me': path('/permissions/me'),
    'GET /permissions/me/{collection}': path('/permissions/me/projects'),
    'GET /permissions/me/{collection}/{id}': path(
      `/permissions/me/projects/${project}`,
      `/permissions/me/directus_users/${user}`,
    ),
    'GET /policies/me/globals': path('/policies/me/globals'),
    'GET /roles/me': path('/roles/me?fields=*.*', '/roles/me?fields=parent.children.*'),

    'POST /files (upload)': body(
      upload('new.txt', 'new', { folder, tenant_id: tenant }),
      upload('new.txt', 'new', { id: file }),
      upload('new.txt', 'new', { folder }),
    ),
    'POST /files/import': body({ url: `${url}/server/ping`, data: { tenant_id: tenant } }),
    'POST /files/import (folder)': body(
      { url: `${url}/server/ping`, data: { folder } },
      { url: `${url}/server/ping`, data: { folder: { id: folder, name: 'taken over' } } },
    ),
    'POST /files/tus': [
      { headers: { ...tus, 'Upload-Length': '5', 'Upload-Metadata': metadata({ id: file, filename_download: 'x' }) } },
      { headers: { ...tus, 'Upload-Length': '5', 'Upload-Metadata': metadata({ folder, filename_download: 'x' }) } },
    ],
    'PATCH /files/tus/{id}': [
      {
        path: `/files/tus/${started}`,
        body: new Blob(['taken']),
        headers: { ...tus, 'Upload-Offset': '0', 'Content-Type': 'application/offset+octet-stream' },
      },
    ],
    'DELETE /files/tus/{id}': [{ path: `/files/tus/${started}`, headers: tus }],

    'GET /flows/trigger/{id}': path(`/flows/trigger/${manualFlow}?collection=projects&keys=${project}`),
    'POST /flows/trigger/{id}': [
      { path: `/flows/trigger/${manualFlow}`, body: { collection: 'projects', keys: [project] } },
    ],

    'GET /graphql': path(`/graphql?query=${searched}`),
    'POST /graphql': body({ query: read }),
    'POST /graphql (write)': body(
      { query: `mutation { update_projects_item(id: ${project}, data: { title: "taken over" }) { id } }` },
      { query: `mutation { delete_projects_item(id: ${project}) { id } }` },
    ),
    'GET /graphql/system': path(`/graphql/system?query=${encodeURIComponent(readSystem)}`),
    'POST /graphql/system': body({ query: readSystem }),
    'POST /graphql/system (write)': body(
      { query: `mutation { update_users_item(id: "${user}", data: { first_name: "x" }) { id } }` },
      { query: `mutation { delete_presets_item(id: ${preset}) { id } }` },
      { query: `mutation { update_settings(data: { project_name: "x" }) { id } }` },
    ),

    'GET /mcp': path('/mcp'),
    'POST /mcp': body({ jsonrpc: '2.0', id: 1, method: 'tools/list', params: {} }),
    'GET /metrics': path('/metrics'),

    'POST /shares/auth': body({ share: String(share), password: 'a wrong one' }),
    'POST /shares/invite': body({ share: String(share), emails: ['new@example.com'] }),
    'GET /shares/info/{id}': path(`/shares/info/${share}`),

    'POST /deployments': body({ provider: 'vercel', credentials: {}, options: {} }),
    'GET /deployments': path('/deployments'),
    'SEARCH /deployments': body({ query: { limit: -1 } }),
    'GET /deployments/{provider}': path('/deployments/vercel'),
    'PATCH /deployments/{provider}': [{ path: '/deployments/vercel', body: { options: {} } }],
    'DELETE /deployments/{provider}': path('/deployments/vercel'),
    'GET /deployments/{provider}/projects': path('/deployments/vercel/projects'),
    'PATCH /deployments/{provider}/projects': [
      { path: '/deployments/vercel/projects', body: { create: [], delete: [NOBODY] } },
    ],
    'GET /deployments/{provider}/projects/{id}': path(`/deployments/vercel/projects/${NOBODY}`),
    'POST /deployments/{provider}/projects/{id}/deploy': [
      { path: `/deployments/vercel/projects/${NOBODY}/deploy`, body: {} },
    ],
    'GET /deployments/{provider}/projects/{id}/runs': path(`/deployments/vercel/projects/${NOBODY}/runs`),
    'GET /deployments/{provider}/projects/{id}/runs/stats': path(`/deployments/vercel/projects/${NOBODY}/runs/stats`),
    'GET /deployments/{provider}/dashboard': path('/deployments/vercel/dashboard'),
    'GET /deployments/{provider}/runs/{id}': path(`/deployments/vercel/runs/${NOBODY}`),
    'POST /deployments/{provider}/runs/{id}/cancel': path(`/deployments/vercel/runs/${NOBODY}/cancel`),
    'POST /deployments/webhooks/{provider}': [{ path: '/deployments/webhooks/vercel', body: {} }],

    'GET /tenancy/tenants': path('/tenancy/tenants?limit=-1'),
    'POST /tenancy/tenants': body({ name: 'New' }),
    'GET /tenancy/tenants/{tenant}': path(`/tenancy/tenants/${tenant}`, '/tenancy/tenants/south'),
    'PATCH /tenancy/tenants/{tenant}': [{ path: `/tenancy/tenants/${tenant}`, body: { name: 'taken over' } }],
    'POST /tenancy/tenants/import': [{ path: '/tenancy/tenants/import', body: { name: 'New' } }],
    'DELETE /tenancy/tenants/{tenant}': path(
      '/tenancy/tenants/south?confirm=south',
      '/tenancy/tenants/north?confirm=north',
    ),
    'POST /tenancy/tenants/{tenant}/suspend': path('/tenancy/tenants/south/suspend', '/tenancy/tenants/north/suspend'),
    'POST /tenancy/tenants/{tenant}/resume': path('/tenancy/tenants/south/resume', '/tenancy/tenants/north/resume'),
    'POST /tenancy/tenants/{tenant}/archive': path('/tenancy/tenants/south/archive', '/tenancy/tenants/north/archive'),
    'GET /tenancy/tenants/{tenant}/overview': path(
      '/tenancy/tenants/south/overview',
      '/tenancy/tenants/north/overview',
    ),
    'GET /tenancy/tenants/{tenant}/audit': path('/tenancy/tenants/south/audit', '/tenancy/tenants/north/audit'),
    'GET /tenancy/tenants/{tenant}/members': path('/tenancy/tenants/south/members'),
    'POST /tenancy/tenants/{tenant}/members': [
      { path: '/tenancy/tenants/south/members', body: { email: 'new@example.com', level: 'owner' } },
    ],
    'POST /tenancy/tenants/{tenant}/members/adopt': [
      { path: '/tenancy/tenants/south/members/adopt', body: { role: tenant } },
      { path: '/tenancy/tenants/north/members/adopt', body: { role: tenant } },
    ],
    'PATCH /tenancy/tenants/{tenant}/members/{member}': [
      { path: `/tenancy/tenants/south/members/${member}`, body: { level: 'owner' } },
      { path: `/tenancy/tenants/north/members/${member}`, body: { level: 'owner' } },
    ],
    'POST /tenancy/tenants/{tenant}/members/{member}/invitation': path(
      `/tenancy/tenants/south/members/${member}/invitation`,
      `/tenancy/tenants/north/members/${member}/invitation`,
    ),
    'DELETE /tenancy/tenants/{tenant}/members/{member}': path(
      `/tenancy/tenants/south/members/${member}`,
      `/tenancy/tenants/north/members/${member}`,
    ),
    'POST /tenancy/tenants/{tenant}/transfer': [
      { path: '/tenancy/tenants/south/transfer', body: { member } },
      { path: '/tenancy/tenants/north/transfer', body: { member } },
    ],
    'GET /tenancy/tenants/{tenant}/tokens': path('/tenancy/tenants/south/tokens'),
    'POST /tenancy/tenants/{tenant}/tokens': [{ path: '/tenancy/tenants/south/tokens', body: { name: 'New' } }],
    'DELETE /tenancy/tenants/{tenant}/tokens/{token}': path(
      `/tenancy/tenants/south/tokens/${member}`,
      `/tenancy/tenants/north/tokens/${member}`,
    ),
    'GET /tenancy/levels': path('/tenancy/levels'),
    'PUT /tenancy/levels/{policy}': path(`/tenancy/levels/${keys['policies']}`),
    'DELETE /tenancy/levels/{policy}': path(`/tenancy/levels/${keys['policies']}`),
    'GET /tenancy/collections': path('/tenancy/collections'),
    'PUT /tenancy/collections/{collection}': [
      { path: '/tenancy/collections/projects', body: { scope: 'shared', confirm: true } },
    ],
    'PATCH /tenancy/collections/{collection}/fields/{field}': [
      { path: '/tenancy/collections/projects/fields/title', body: { unique: 'tenant' } },
    ],
    'GET /tenancy/me': path('/tenancy/me'),
    'GET /tenancy/pages.js': path('/tenancy/pages.js'),
    'POST /tenancy/me/tenant': body({ tenant: 'south' }, { tenant }),
    'DELETE /tenancy/me/memberships/{tenant}': path(
      '/tenancy/me/memberships/south',
      `/tenancy/me/memberships/${tenant}`,
    ),
    'GET /tenancy/doctor': path('/tenancy/doctor'),
    'POST /tenancy/doctor/fix': body({ checks: [] }, { checks: ['rules'] }),
  };
}

/** How an actor tries a route on what is South's, or the project's. */
export function attemptsOn(name: RouteName, targets: Targets, actor: Actor): Attempt[] {
  const [method = '', template = ''] = name.split(' ');
  const special = specials(targets, actor)[name];
  if (special) return special.map((request) => ({ path: template, ...request, method }));

  const root = template.slice(1).replace(/\/\{\w+\}$/, '');
  const shape = shapes(targets)[root];
  if (!shape) throw new Error(`Say in tests/support/escalation/attempts.ts how to try ${name}.`);

  const { key: field, create, change } = shape;
  const key = targets.keys[root];
  const filter = { [field]: { _eq: key } };
  const isSingle = template.endsWith('}');
  const to = (path: string, body?: unknown): Attempt => ({ method, path, ...(body !== undefined && { body }) });

  switch (method) {
    case 'GET':
      if (isSingle) return [to(`/${root}/${key}`), to(`/${root}/${key}?fields=*.*`)];
      return [
        to(`/${root}?limit=-1&fields=*.*&meta=*`),
        to(`/${root}?limit=-1&filter=${encodeURIComponent(JSON.stringify(filter))}`),
      ];
    case 'SEARCH':
      return [to(`/${root}`, { query: { limit: -1, fields: ['*.*'] } }), to(`/${root}`, { query: { filter } })];
    case 'POST':
      return [to(`/${root}`, create), to(`/${root}`, [create]), to(`/${root}`, { ...create, [field]: key })];
    case 'PATCH':
      if (isSingle || root === 'settings') return [to(isSingle ? `/${root}/${key}` : `/${root}`, change)];
      return [
        to(`/${root}`, { keys: [key], data: change }),
        to(`/${root}`, [{ [field]: key, ...change }]),
        to(`/${root}`, { query: { filter }, data: change }),
      ];
    default:
      if (isSingle) return [to(`/${root}/${key}`)];
      return [to(`/${root}`, [key]), to(`/${root}`, { keys: [key] }), to(`/${root}`, { query: { filter } })];
  }
}

/** An answer as text, with everything that could give something away. */
export interface Reply {
  status: number;
  /** Headers and body. */
  text: string;
}

/** Sends an attempt as it is; redirects are not followed. */
export async function sendAttempt(
  url: string,
  { method, path, body, headers }: Attempt,
  token: string | null,
): Promise<Reply> {
  const isRaw = body instanceof FormData || body instanceof Blob;
  const response = await fetch(url + path, {
    method,
    redirect: 'manual',
    headers: {
      ...(body !== undefined && !isRaw && { 'Content-Type': 'application/json' }),
      ...(token && { Authorization: `Bearer ${token}` }),
      ...headers,
    },
    ...(body !== undefined && { body: isRaw ? body : JSON.stringify(body) }),
  });

  const head = [...response.headers].map(([name, value]) => `${name}: ${value}`).join('\n');
  return { status: response.status, text: `${head}\n\n${await response.text()}` };
}

/** What an attempt says itself, as text: no news to whoever sent it. */
export function wordsOf({ path, body, headers }: Attempt): string {
  const sent = body instanceof FormData ? [...body].map(([, value]) => value) : body;
  return JSON.stringify([path, sent, headers]);
}

const REFUSALS = [400, 401, 403, 404];

/** Whether a reply refuses. GraphQL answers 200 and an error in the place of data. */
export function refuses({ status, text }: Reply): boolean {
  if (REFUSALS.includes(status)) return true;
  if (status !== 200 || !text.includes('"errors":')) return false;

  const { data, errors } = JSON.parse(text.slice(text.indexOf('\n\n'))) as { data?: object | null; errors?: unknown[] };
  return Boolean(errors?.length) && Object.values(data ?? {}).every((value) => value === null);
}
