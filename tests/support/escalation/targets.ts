import type { Host } from '../../../scripts/hosts/host.ts';
import { POLICIES } from '../../../src/tenancy/managed.ts';
import { send } from '../client.ts';
import { runSql } from '../sql.ts';
import { createFlow, must, type World, type WorldTenant } from '../world.ts';

/** What the routes are aimed at: one row of South in every collection, and where no tenant has rows, the project's own. */
export interface Targets {
  url: string;
  /** The key of a row, by the first parts of a path: `users`, `items/projects`. */
  keys: Record<string, string | number>;
  tenant: string;
  user: string;
  email: string;
  project: string;
  file: string;
  folder: string;
  upload: string;
  manualFlow: string;
  revision: string;
  extension: string;
}

interface Row {
  id: string | number;
}

/** Makes South a row in every collection, and finds those of the project. */
export async function createTargets(host: Host, { superAdmin, north, south, url }: World): Promise<Targets> {
  const first = async (statement: string, ...values: string[]): Promise<string> => {
    const [row] = await runSql(host.database, statement, values);
    if (!row) throw new Error(`No row: ${statement}`);
    return String(Object.values(row)[0]);
  };

  const { id: user } = await must<{ id: string }>(south.owner, 'GET', '/users/me?fields=id');
  const project = String(south.projects[0]);

  const folder = await must<Row>(south.owner, 'POST', '/folders', { name: 'south-folder' });
  const form = new FormData();
  form.append('title', 'south-file');
  form.append('folder', String(folder.id));
  form.append('file', new Blob(['south-content'], { type: 'text/plain' }), 'south-file.txt');
  const file = await must<Row>(south.owner, 'POST', '/files', form);

  const upload = await send(url, 'POST', '/files/tus', {
    token: south.owner.token,
    headers: {
      'Tus-Resumable': '1.0.0',
      'Upload-Length': '50',
      'Upload-Metadata': `filename_download ${btoa('south-upload.txt')},type ${btoa('text/plain')}`,
    },
  });

  const comment = await must<Row>(south.owner, 'POST', '/comments', {
    collection: 'projects',
    item: project,
    comment: 'south-comment',
  });
  const preset = await must<Row>(south.owner, 'POST', '/presets', {
    collection: 'projects',
    bookmark: 'south-bookmark',
    user,
  });
  const notification = await must<Row>(superAdmin, 'POST', '/notifications', {
    recipient: user,
    subject: 'south-notice',
  });
  const share = await must<Row>(superAdmin, 'POST', '/shares', {
    name: 'south-share',
    collection: 'projects',
    item: project,
    role: south.id,
    password: 'south-password',
  });

  await must(superAdmin, 'PATCH', '/collections/projects', { meta: { versioning: true } });
  const version = await must<Row>(superAdmin, 'POST', '/versions', {
    key: 'draft',
    name: 'south-draft',
    collection: 'projects',
    item: project,
  });
  await must(superAdmin, 'POST', `/versions/${version.id}/save`, { title: 'south-draft' });

  // No member may make a dashboard by itself; a policy of the project may have let this one.
  const dashboard = await must<Row>(superAdmin, 'POST', '/dashboards', { name: 'south-dashboard' });
  const panel = await must<Row>(superAdmin, 'POST', '/panels', {
    dashboard: dashboard.id,
    name: 'south-panel',
    type: 'label',
    position_x: 1,
    position_y: 1,
    width: 4,
    height: 4,
  });
  for (const table of ['directus_dashboards', 'directus_panels']) {
    await runSql(host.database, `UPDATE ${table} SET user_created = ?`, [user]);
  }

  await must(south.owner, 'PATCH', `/items/projects/${project}`, { budget: 4711 });
  const activity = await first('SELECT id FROM directus_activity WHERE "user" = ? ORDER BY id DESC LIMIT 1', user);
  const revision = await first('SELECT id FROM directus_revisions WHERE activity = ?', activity);

  const flow = await must<Row>(superAdmin, 'POST', '/flows', {
    name: 'Nightly',
    trigger: 'schedule',
    status: 'inactive',
  });
  const operation = await must<Row>(superAdmin, 'POST', '/operations', {
    flow: flow.id,
    key: 'log',
    type: 'log',
    name: 'Log',
    position_x: 1,
    position_y: 1,
    options: { message: 'done' },
  });
  const manual = await createFlow(
    superAdmin,
    {
      name: 'By hand',
      trigger: 'manual',
      accountability: 'all',
      options: { collections: ['projects'], requireSelection: true, return: '$last' },
    },
    {
      type: 'item-read',
      options: { permissions: '$trigger', collection: 'projects', query: { fields: ['title'], limit: -1 } },
    },
  );

  const translation = await must<Row>(superAdmin, 'POST', '/translations', { language: 'de-DE', key: 'a', value: 'b' });
  const extensions = await must<Row[]>(superAdmin, 'GET', '/extensions');

  // What the bundle keeps for itself, as after a tenant that was closed, a request with a key and an erasure.
  const owner = [user, south.id];
  await runSql(host.database, 'INSERT INTO tenancy_detours (user_id, tenant_id) VALUES (?, ?)', owner);
  await runSql(
    host.database,
    `INSERT INTO tenancy_answers ("key", request, tenant, answer, answered_at) VALUES (?, ?, ?, 'south-answer', 1)`,
    ['south-key', 'south-request', south.id],
  );
  await runSql(
    host.database,
    `INSERT INTO tenancy_erasures (tenant, started_at, finished_at, report) VALUES (?, 1, 2, 'south-report')`,
    ['erased-tenant'],
  );
  await runSql(host.database, `INSERT INTO tenancy_copies (id, tenant, file) VALUES ('south-copy', ?, '{}')`, [
    south.id,
  ]);
  await runSql(host.database, `INSERT INTO tenancy_erased (tenant, collection, erased) VALUES (?, 'projects', '[]')`, [
    'erased-tenant',
  ]);

  await runSql(host.database, 'INSERT INTO tenancy_levels (policy) VALUES (?)', [crypto.randomUUID()]);
  await runSql(
    host.database,
    'INSERT INTO tenancy_member_policies (member, policy) SELECT id, policy FROM tenant_members WHERE tenant_id = ?',
    [south.id],
  );

  const key = (table: string, field = 'id', column = 'tenant_id'): Promise<string> =>
    first(`SELECT "${field}" FROM "${table}" WHERE ${column} = ? LIMIT 1`, south.id);

  return {
    url,
    keys: {
      'items/clients': south.clients[0]!,
      // The one that the shared project of North leads to.
      'items/countries': await first(
        'SELECT country FROM clients WHERE id = (SELECT client FROM projects WHERE id = ?)',
        String(north.projects[0]),
      ),
      'items/project_sections': await key('project_sections'),
      'items/projects': project,
      'items/projects_tags': await key('projects_tags'),
      'items/tags': south.tags[0]!,
      'items/tasks': south.tasks[0]!,
      'items/tenant_members': await key('tenant_members'),
      'items/tenants': south.id,
      'items/tenancy_answers': await first(`SELECT "key" FROM tenancy_answers LIMIT 1`),
      'items/tenancy_audit': await first('SELECT id FROM tenancy_audit WHERE tenant = ? LIMIT 1', south.id),
      'items/tenancy_copies': await first('SELECT id FROM tenancy_copies LIMIT 1'),
      'items/tenancy_detours': await first('SELECT id FROM tenancy_detours LIMIT 1'),
      'items/tenancy_erased': await first('SELECT id FROM tenancy_erased LIMIT 1'),
      'items/tenancy_erasures': await first('SELECT tenant FROM tenancy_erasures LIMIT 1'),
      'items/tenancy_levels': await first('SELECT policy FROM tenancy_levels LIMIT 1'),
      'items/tenancy_member_policies': await first('SELECT id FROM tenancy_member_policies LIMIT 1'),
      'items/tenancy_revision': await first('SELECT * FROM tenancy_revision LIMIT 1'),
      'items/tenancy_scopes': 'projects',
      'items/tenancy_steps': await first('SELECT * FROM tenancy_steps LIMIT 1'),
      access: await first('SELECT id FROM directus_access WHERE "user" = ?', user),
      activity,
      collections: 'projects',
      comments: comment.id,
      dashboards: dashboard.id,
      files: file.id,
      flows: flow.id,
      folders: folder.id,
      notifications: notification.id,
      operations: operation.id,
      panels: panel.id,
      permissions: await first(`SELECT id FROM directus_permissions WHERE collection = 'projects' LIMIT 1`),
      policies: POLICIES.owner,
      presets: preset.id,
      relations: 'projects',
      revisions: revision,
      roles: south.id,
      shares: share.id,
      translations: translation.id,
      users: user,
      versions: version.id,
    },
    tenant: south.id,
    user,
    email: south.owner.email,
    project,
    file: String(file.id),
    folder: String(folder.id),
    upload: upload.headers.get('location')!.split('/').pop()!,
    manualFlow: manual,
    revision,
    extension: String(extensions[0]!.id),
  };
}

/** Texts by which what belongs to a tenant is known wherever it comes up. */
export async function marksOf(host: Host, { id, slug }: Pick<WorldTenant, 'id' | 'slug'>): Promise<string[]> {
  const statements = [
    'SELECT id FROM directus_users WHERE role = ?',
    'SELECT id FROM clients WHERE tenant_id = ?',
    'SELECT id FROM directus_files WHERE tenant_id = ?',
    'SELECT id FROM directus_folders WHERE tenant_id = ?',
    'SELECT id FROM tenant_members WHERE tenant_id = ?',
    'SELECT id FROM directus_comments WHERE user_created IN (SELECT id FROM directus_users WHERE role = ?)',
    'SELECT id FROM directus_shares WHERE role = ?',
    'SELECT id FROM directus_dashboards WHERE user_created IN (SELECT id FROM directus_users WHERE role = ?)',
  ];
  const ids: string[] = [];
  for (const statement of statements) {
    for (const row of await runSql(host.database, statement, [id])) ids.push(String(row['id']));
  }

  const name = slug[0]!.toUpperCase() + slug.slice(1);
  return [id, `${slug}-`, `@${slug}.example.com`, `"${name}"`, `"${slug}"`, ...ids];
}
