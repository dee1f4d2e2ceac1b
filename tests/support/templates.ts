import { existsSync } from 'node:fs';
import { copyFile, mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { projectDirectory } from '../../scripts/hosts/child.ts';
import type { Account } from './client.ts';
import { must } from './world.ts';

type Row = Record<string, unknown>;

/** Directus projects that others made, each with `src/schema/snapshot.json` and what belongs to it; they are no part of this one. */
const directory = process.env['TEST_TEMPLATES'] ?? join(projectDirectory, '..', 'shared', 'templates');

/** Whether the templates are on this machine. In CI a missing one is a failure. */
export const areTemplatesMissing = !existsSync(directory) && !process.env['CI'];

if (areTemplatesMissing) {
  console.warn(
    `Tests with projects of others are skipped: there are no templates in ${directory}. Say in TEST_TEMPLATES where they are.`,
  );
}

/** The rows of a collection in a template; none where it has no such file. */
async function read(template: string, ...path: string[]): Promise<Row[]> {
  const file = join(directory, template, 'src', ...path);
  return existsSync(file) ? (JSON.parse(await readFile(file, 'utf8')) as Row[]) : [];
}

export interface Template {
  /** The collections with rows, and these as they are in the template. */
  content: ReadonlyMap<string, Row[]>;
  /** Collections of which there is one row only. */
  singletons: ReadonlySet<string>;
  /** Many-to-one fields by collection, with what they lead to. */
  references: ReadonlyMap<string, ReadonlyMap<string, string>>;
  dashboards: Row[];
  panels: Row[];
  flows: Row[];
  files: Row[];
}

interface Snapshot {
  collections: { collection: string; schema: object | null; meta: { singleton?: boolean } | null }[];
  fields: { collection: string; field: string; schema: object | null }[];
  relations: { collection: string; field: string; related_collection: string | null }[];
}

/** Sets up a Directus as its template says: schema, content, files, people, policies, flows, dashboards. */
export async function applyTemplate(superAdmin: Account, uploads: string, name: string): Promise<Template> {
  const snapshot = (await read(name, 'schema', 'snapshot.json')) as unknown as Snapshot;
  const comparison = await must<{ hash: string; diff: Record<string, { collection: string }[]> }>(
    superAdmin,
    'POST',
    '/schema/diff?force=true',
    snapshot,
  );
  // The template was made on another kind of database; Directus' own tables are in place already.
  const diff = Object.fromEntries(
    Object.entries(comparison.diff).map(([part, changes]) => [
      part,
      changes.filter(({ collection }) => !collection.startsWith('directus_')),
    ]),
  );
  await must(superAdmin, 'POST', '/schema/apply?force=true', { ...comparison, diff });

  const references = new Map<string, Map<string, string>>();
  for (const { collection, field, related_collection: related } of snapshot.relations) {
    if (related)
      references.set(collection, (references.get(collection) ?? new Map<string, string>()).set(field, related));
  }

  const create = (path: string, rows: Row[]): Promise<unknown> =>
    rows.length === 0 ? Promise.resolve() : must(superAdmin, 'POST', `${path}?fields=*`, rows);

  /** Rows that refer to each other: first without references, then with them. */
  const createTogether = async (path: string, rows: Row[], fields: string[]): Promise<void> => {
    await create(
      path,
      rows.map((row) => without(row, fields)),
    );
    for (const row of rows) {
      const referring = Object.fromEntries(fields.filter((field) => row[field]).map((field) => [field, row[field]]));
      if (Object.keys(referring).length > 0) await must(superAdmin, 'PATCH', `${path}/${String(row['id'])}`, referring);
    }
  };

  await createTogether('/folders', await read(name, 'folders.json'), ['parent']);
  const files = await read(name, 'files.json');
  await mkdir(uploads, { recursive: true });
  for (const asset of await readdir(join(directory, name, 'src', 'assets'))) {
    await copyFile(join(directory, name, 'src', 'assets', asset), join(uploads, asset));
  }

  await create(
    '/roles',
    (await read(name, 'roles.json')).map((row) => pick(row, ['id', 'name', 'icon', 'description'])),
  );
  const known = await must<Row[]>(superAdmin, 'GET', '/policies?fields=id&limit=-1');
  const policies = (await read(name, 'policies.json')).filter(({ id }) => !known.some((row) => row['id'] === id));
  await create('/policies', policies);
  const access = await read(name, 'access.json');
  await create(
    '/access',
    access.filter(({ role, user }) => role !== null || user !== null).map((row) => without(row, ['id'])),
  );
  await create(
    '/permissions',
    (await read(name, 'permissions.json')).map((row) => without(row, ['id', 'system'])),
  );
  await create(
    '/users',
    (await read(name, 'users.json')).map((row) => pick(row, ['id', 'first_name', 'last_name', 'email', 'role'])),
  );
  for (const file of files) {
    await must(superAdmin, 'POST', '/files', {
      ...without(file, ['filesize', 'tus_id', 'tus_data']),
      storage: 'local',
    });
  }

  const content = new Map<string, Row[]>();
  const columns = new Map<string, Set<string>>();
  for (const { collection, field, schema } of snapshot.fields) {
    if (schema) columns.set(collection, (columns.get(collection) ?? new Set<string>()).add(field));
  }

  for (const { collection, schema } of snapshot.collections) {
    if (!schema) continue;
    const found = await read(name, 'content', `${collection}.json`);
    const rows = Array.isArray(found) ? found : [found as Row];
    content.set(
      collection,
      rows.map((row) => pick(row, [...(columns.get(collection) ?? [])])),
    );
  }

  const singletons = new Set(
    snapshot.collections.flatMap(({ collection, meta }) => (meta?.singleton ? [collection] : [])),
  );

  for (const [collection, rows] of content) {
    const plain = rows.map((row) => without(row, [...(references.get(collection)?.keys() ?? [])]));
    if (singletons.has(collection))
      for (const row of plain) await must(superAdmin, 'PATCH', `/items/${collection}`, row);
    else await create(`/items/${collection}`, plain);
  }

  for (const [collection, rows] of content) {
    const primary = primaryKeyIn(collection);
    for (const row of rows) {
      const referring = pick(row, [...(references.get(collection)?.keys() ?? [])]);
      if (Object.values(referring).every((value) => value === null)) continue;
      const path = singletons.has(collection) ? `/items/${collection}` : `/items/${collection}/${String(row[primary])}`;
      await must(superAdmin, 'PATCH', path, referring);
    }
  }

  const flows = await read(name, 'flows.json');
  const operations = await read(name, 'operations.json');
  await create(
    '/flows',
    flows.map((row) => without(row, ['operation', 'operations'])),
  );
  await createTogether('/operations', operations, ['resolve', 'reject']);
  for (const { id, operation } of flows) await must(superAdmin, 'PATCH', `/flows/${String(id)}`, { operation });

  const dashboards = await read(name, 'dashboards.json');
  const panels = await read(name, 'panels.json');
  await create(
    '/dashboards',
    dashboards.map((row) => without(row, ['panels'])),
  );
  await create('/panels', panels);
  await create(
    '/presets',
    (await read(name, 'presets.json')).map((row) => without(row, ['id'])),
  );

  return { content, singletons, references, dashboards, panels, flows, files };
}

/** The name of a collection's primary key in these projects. */
export function primaryKeyIn(collection: string): string {
  return collection === 'languages' ? 'code' : 'id';
}

function pick(row: Row, fields: readonly string[]): Row {
  return Object.fromEntries(fields.filter((field) => field in row).map((field) => [field, row[field]]));
}

function without(row: Row, fields: readonly string[]): Row {
  return Object.fromEntries(Object.entries(row).filter(([field]) => !fields.includes(field)));
}
