import type { Host } from '../../scripts/hosts/host.ts';
import { login, type Account } from './client.ts';

/** A tenant of the test world with people and rows of its own. */
export interface WorldTenant {
  id: string;
  slug: string;
  /** Begins every text that belongs to the tenant, so that a leak is seen wherever it comes up. */
  mark: string;
  owner: Account;
  editor: Account;
  viewer: Account;
  clients: string[];
  projects: number[];
  tasks: number[];
  tags: number[];
}

/** Two tenants side by side in one project, with relations of every kind, and one shared collection that both point to. */
export interface World {
  url: string;
  superAdmin: Account;
  north: WorldTenant;
  south: WorldTenant;
  /** Ids of the rows of the shared collection `countries`. */
  countries: number[];
}

const PASSWORD = 'correct horse battery';

interface FieldDefinition {
  field: string;
  type: string;
  meta?: object;
  schema?: object | null;
}

const serial: FieldDefinition = {
  field: 'id',
  type: 'integer',
  schema: { is_primary_key: true, has_auto_increment: true },
};

const text = (field: string): FieldDefinition => ({ field, type: 'string', schema: {} });
const number = (field: string): FieldDefinition => ({ field, type: 'integer', schema: {} });
const alias = (field: string, special: string): FieldDefinition => ({
  field,
  type: 'alias',
  meta: { special: [special], interface: special === 'm2m' ? 'list-m2m' : 'list-o2m' },
  schema: null,
});

const COLLECTIONS: { collection: string; scope: 'tenant' | 'shared'; fields: FieldDefinition[] }[] = [
  { collection: 'countries', scope: 'shared', fields: [serial, text('name'), alias('clients', 'o2m')] },
  {
    collection: 'clients',
    scope: 'tenant',
    fields: [
      { field: 'id', type: 'uuid', meta: { special: ['uuid'] }, schema: { is_primary_key: true } },
      text('name'),
      number('country'),
      alias('projects', 'o2m'),
    ],
  },
  {
    collection: 'projects',
    scope: 'tenant',
    fields: [
      serial,
      text('title'),
      number('budget'),
      { field: 'client', type: 'uuid', schema: {} },
      { field: 'cover', type: 'uuid', schema: {} },
      alias('tasks', 'o2m'),
      alias('tags', 'm2m'),
      alias('sections', 'm2a'),
    ],
  },
  { collection: 'tasks', scope: 'tenant', fields: [serial, text('title'), number('project'), number('parent')] },
  { collection: 'tags', scope: 'tenant', fields: [serial, text('name'), alias('projects', 'm2m')] },
  { collection: 'projects_tags', scope: 'tenant', fields: [serial, number('projects_id'), number('tags_id')] },
  {
    collection: 'project_sections',
    scope: 'tenant',
    fields: [serial, number('project'), text('item'), text('collection')],
  },
];

const RELATIONS = [
  { collection: 'clients', field: 'country', related_collection: 'countries', meta: { one_field: 'clients' } },
  { collection: 'projects', field: 'client', related_collection: 'clients', meta: { one_field: 'projects' } },
  { collection: 'projects', field: 'cover', related_collection: 'directus_files', meta: { one_field: null } },
  { collection: 'tasks', field: 'project', related_collection: 'projects', meta: { one_field: 'tasks' } },
  { collection: 'tasks', field: 'parent', related_collection: 'tasks', meta: { one_field: null } },
  {
    collection: 'projects_tags',
    field: 'projects_id',
    related_collection: 'projects',
    meta: { one_field: 'tags', junction_field: 'tags_id' },
  },
  {
    collection: 'projects_tags',
    field: 'tags_id',
    related_collection: 'tags',
    meta: { one_field: 'projects', junction_field: 'projects_id' },
  },
  {
    collection: 'project_sections',
    field: 'project',
    related_collection: 'projects',
    meta: { one_field: 'sections', junction_field: 'item' },
  },
  {
    collection: 'project_sections',
    field: 'item',
    related_collection: null,
    meta: {
      one_field: null,
      one_collection_field: 'collection',
      one_allowed_collections: ['clients', 'tags', 'countries'],
      junction_field: 'project',
    },
  },
];

/** Every collection of the world whose rows belong to tenants. */
export const TENANT_COLLECTIONS = COLLECTIONS.filter(({ scope }) => scope === 'tenant').map(
  ({ collection }) => collection,
);

/** Sends as the super-admin, and fails the test when that is refused: a world is built or it is not. */
export async function must<Data = unknown>(
  account: Account,
  method: string,
  path: string,
  body?: unknown,
): Promise<Data> {
  const answer = await account.send<Data>(method, path, body);
  if (answer.status < 300) return answer.data;
  throw new Error(`${method} ${path} answered ${answer.status}: ${JSON.stringify(answer.errors)}`);
}

/** Creates the collections of the world, without rows, and sets their scopes. */
export async function createCollections(superAdmin: Account): Promise<void> {
  for (const { collection, fields } of COLLECTIONS) {
    await must(superAdmin, 'POST', '/collections', { collection, meta: {}, schema: {}, fields });
  }

  for (const relation of RELATIONS) {
    const schema = relation.related_collection ? { schema: { on_delete: 'SET NULL' } } : {};
    await must(superAdmin, 'POST', '/relations', { ...relation, ...schema });
  }

  for (const { collection, scope } of COLLECTIONS) {
    await must(superAdmin, 'PUT', `/tenancy/collections/${collection}`, { scope });
  }
}

/** Provisions a tenant with an owner, an editor and a viewer, who are logged in. */
export async function createTenant(
  url: string,
  superAdmin: Account,
  name: string,
): Promise<Pick<WorldTenant, 'id' | 'slug' | Level>> {
  const slug = name.toLowerCase();

  const { id } = await must<{ id: string }>(superAdmin, 'POST', '/tenancy/tenants', {
    name,
    owner: { email: emailOf('owner', slug), password: PASSWORD, first_name: name, last_name: 'Owner' },
  });

  for (const level of ['editor', 'viewer']) {
    await must(superAdmin, 'POST', `/tenancy/tenants/${slug}/members`, {
      email: emailOf(level, slug),
      password: PASSWORD,
      level,
      first_name: name,
      last_name: level,
    });
  }

  return { id, slug, ...(await logInPeople(url, slug)) };
}

type Level = 'owner' | 'editor' | 'viewer';

async function logInPeople(url: string, slug: string): Promise<Pick<WorldTenant, Level>> {
  const as = (level: Level): Promise<Account> => login(url, { email: emailOf(level, slug), password: PASSWORD });
  return { owner: await as('owner'), editor: await as('editor'), viewer: await as('viewer') };
}

function emailOf(level: string, slug: string): string {
  return `${level}@${slug}.example.com`;
}

/** The rows of a tenant, created by its owner as a client would: without any `tenant_id`. */
async function fill(
  owner: Account,
  mark: string,
  countries: number[],
): Promise<Omit<WorldTenant, 'id' | 'slug' | Level>> {
  const create = async (collection: string, rows: object[]): Promise<(string | number)[]> =>
    (await must<{ id: string | number }[]>(owner, 'POST', `/items/${collection}`, rows)).map(({ id }) => id);

  const clients = (await create('clients', [
    { name: `${mark}-client-1`, country: countries[0] },
    { name: `${mark}-client-2`, country: countries[1] },
  ])) as string[];

  const tags = (await create('tags', [{ name: `${mark}-tag-1` }, { name: `${mark}-tag-2` }])) as number[];

  const projects = (await create(
    'projects',
    [1, 2, 3].map((count) => ({
      title: `${mark}-project-${count}`,
      budget: count * 100,
      client: clients[count % clients.length],
      tags: [{ tags_id: tags[0] }],
      sections: [{ collection: 'clients', item: clients[count % clients.length] }],
    })),
  )) as number[];

  const tasks = (await create(
    'tasks',
    projects.flatMap((project, index) => [
      { title: `${mark}-task-${index}a`, project },
      { title: `${mark}-task-${index}b`, project },
    ]),
  )) as number[];

  return { mark, clients, projects, tasks, tags };
}

/** Builds the whole world in a Directus that has the bundle and nothing else. */
export async function createWorld({ url, superAdmin: credentials }: Pick<Host, 'url' | 'superAdmin'>): Promise<World> {
  const superAdmin = await login(url, credentials);
  await createCollections(superAdmin);

  const rows = await must<{ id: number }[]>(superAdmin, 'POST', '/items/countries', [
    { name: 'Norway' },
    { name: 'Spain' },
  ]);

  const countries = rows.map(({ id }) => id);
  const people = [await createTenant(url, superAdmin, 'North'), await createTenant(url, superAdmin, 'South')] as const;

  const north = { ...people[0], ...(await fill(people[0].owner, 'north', countries)) };
  const south = { ...people[1], ...(await fill(people[1].owner, 'south', countries)) };

  return { url, superAdmin, north, south, countries };
}

/** A world without the sessions of its people, which are those of one Directus. */
export interface WorldRecord extends Pick<World, 'countries'> {
  north: Omit<WorldTenant, Level>;
  south: Omit<WorldTenant, Level>;
}

/** A world as it can be written down. */
export function recordOf({ north, south, countries }: World): WorldRecord {
  const withoutPeople = ({ owner: _owner, editor: _editor, viewer: _viewer, ...tenant }: WorldTenant) => tenant;
  return { north: withoutPeople(north), south: withoutPeople(south), countries };
}

/** Logs everybody in, in a Directus whose database is a copy of the world's. */
export async function enterWorld(
  { url, superAdmin }: Pick<Host, 'url' | 'superAdmin'>,
  { north, south, countries }: WorldRecord,
): Promise<World> {
  return {
    url,
    superAdmin: await login(url, superAdmin),
    north: { ...north, ...(await logInPeople(url, north.slug)) },
    south: { ...south, ...(await logInPeople(url, south.slug)) },
    countries,
  };
}

/** Uploads a text of that content; answers the key of the file. */
export async function uploadFile(account: Account, content: string): Promise<string> {
  const form = new FormData();
  form.append('file', new Blob([content], { type: 'text/plain' }), `${content}.txt`);
  return (await must<{ id: string }>(account, 'POST', '/files', form)).id;
}

/** An active flow of one operation, made by the super-admin. Answers its id. */
export async function createFlow(
  superAdmin: Account,
  flow: { name: string; trigger: string; options: object; accountability?: 'all' },
  operation: { type: string; options: object },
): Promise<string> {
  const { id } = await must<{ id: string }>(superAdmin, 'POST', '/flows', { status: 'active', ...flow });

  const first = await must<{ id: string }>(superAdmin, 'POST', '/operations', {
    flow: id,
    key: 'first',
    name: 'First',
    position_x: 1,
    position_y: 1,
    ...operation,
  });

  await must(superAdmin, 'PATCH', `/flows/${id}`, { operation: first.id });
  return id;
}

/** A flow behind a webhook that reads all projects as a role; answers the path that triggers it. */
export async function createReadingFlow(superAdmin: Account, role: string): Promise<string> {
  const flow = await createFlow(
    superAdmin,
    {
      name: 'As a tenant',
      trigger: 'webhook',
      accountability: 'all',
      options: { method: 'GET', return: '$last', async: false },
    },
    {
      type: 'item-read',
      options: { permissions: role, collection: 'projects', query: { fields: ['title'], limit: -1 } },
    },
  );

  return `/flows/trigger/${flow}`;
}
