import { openAsBlob } from 'node:fs';
import { fileURLToPath } from 'node:url';
import {
  createCollection,
  createFolders,
  createItems,
  createPreset,
  createRelation,
  customEndpoint,
  readUsers,
  updateSettings,
  uploadFiles,
} from '@directus/sdk';
import type { DirectusVersion } from '../hosts/install.ts';
import { logIn, type Client } from './client.ts';
import { agencies } from './content/index.ts';
import { countries, industries } from './content/reference.ts';
import type { Agency, Level } from './content/types.ts';
import { layouts } from './layouts.ts';
import { planSeed, type License } from './plan.ts';
import { makeRows, type AgencyRows, type Row } from './rows.ts';
import { collections, relations } from './schema.ts';

export interface Account {
  email: string;
  password: string;
}

/** Somebody who can log in to the demo. */
export interface SeededMember extends Account {
  name: string;
  level: Level;
}

export interface SeededTenant {
  id: string;
  slug: string;
  name: string;
  owner: Account;
  members: SeededMember[];
}

export interface SeedOptions {
  url: string;
  directus: DirectusVersion;
  superAdmin: Account;
  /** The day that all dates are counted from. */
  today: Date;
  onProgress: (message: string) => void;
}

/**
 * Fills an empty Directus that has the bundle, as its super-admin, who says which agency owns a row: the rows have keys of
 * their own, so that links to them last, and only a super-admin chooses keys.
 */
export async function seed({ url, directus, superAdmin, today, onProgress }: SeedOptions): Promise<SeededTenant[]> {
  const admin = await logIn(url, superAdmin);
  onProgress('Creating the collections …');
  await createSchema(admin);
  await admin.request(createItems('countries', countries));
  await admin.request(createItems('industries', industries));

  const license =
    directus === '12' ? await admin.request(customEndpoint<License>({ path: '/license', method: 'GET' })) : undefined;
  const plan = planSeed(agencies, license);
  const tenants: SeededTenant[] = [];
  for (const agency of plan.agencies) {
    onProgress(`Creating ${agency.name} …`);
    const tenant = await createTenant(admin, agency);
    const rows = makeRows({ agency, today, users: await findUsers(admin, agency) });
    await createContent(admin, rows, tenant.id);
    tenants.push(tenant);
  }
  await admin.logout();
  return tenants;
}

/** The collections with their relations, scopes and looks. */
async function createSchema(admin: Client): Promise<void> {
  for (const { collection, meta, schema, fields } of collections) {
    await admin.request(createCollection({ collection, meta, schema, fields }));
  }
  for (const relation of relations) await admin.request(createRelation(relation));
  for (const { collection, scope } of collections) {
    if (!scope) continue;
    const body = scope === 'shared' ? { scope, confirm: true } : { scope };
    await admin.request(
      customEndpoint({ path: `/tenancy/collections/${collection}`, method: 'PUT', body: JSON.stringify(body) }),
    );
  }
  for (const layout of layouts) await admin.request(createPreset({ ...layout, user: null, role: null }));
  await admin.request(
    updateSettings({
      project_name: 'Atelier',
      project_descriptor: 'Agencies under one roof',
      project_color: '#6644FF',
    }),
  );
}

/** The tenant, its owner and the other members. */
async function createTenant(admin: Client, agency: Agency): Promise<SeededTenant> {
  const { name, slug, password } = agency;
  const [owner, ...others] = agency.people;
  if (owner?.level !== 'owner') throw new Error(`The first of the people of ${name} must be the owner.`);
  const { id } = await admin.request(
    customEndpoint<{ id: string }>({
      path: '/tenancy/tenants',
      method: 'POST',
      body: JSON.stringify({
        name,
        slug,
        owner: { email: owner.email, password, first_name: owner.first_name, last_name: owner.last_name },
      }),
    }),
  );
  for (const { email, level, first_name, last_name } of others) {
    await admin.request(
      customEndpoint({
        path: `/tenancy/tenants/${id}/members`,
        method: 'POST',
        body: JSON.stringify({ email, level, password, first_name, last_name }),
      }),
    );
  }
  return {
    id,
    slug,
    name,
    owner: { email: owner.email, password },
    members: agency.people.map(({ first_name, last_name, email, level }) => ({
      name: `${first_name} ${last_name}`,
      level,
      email,
      password,
    })),
  };
}

async function findUsers(admin: Client, agency: Agency): Promise<Map<string, string>> {
  const users = await admin.request(
    readUsers({ fields: ['id', 'email'], filter: { email: { _in: agency.people.map(({ email }) => email) } } }),
  );
  const idByEmail = new Map(users.map(({ id, email }) => [email, id]));
  return new Map(
    agency.people.map(({ key, email }) => {
      const id = idByEmail.get(email);
      if (!id) throw new Error(`${email} was added to ${agency.name}, but there is no such user.`);
      return [key, id];
    }),
  );
}

/** @param tenant stated in every row */
async function createContent(client: Client, rows: AgencyRows, tenant: string): Promise<void> {
  await client.request(createFolders(rows.folders.map((row) => withTenant(row, tenant))));
  for (const { id, file, title, folder } of rows.uploads) {
    const form = new FormData();
    // The fields have to come before the file: Directus starts to store it as soon as it arrives.
    const fields = { id, title, folder, tenant_id: tenant };
    for (const [name, value] of Object.entries(fields)) form.append(name, value);
    const path = fileURLToPath(new URL(`./images/${file}`, import.meta.url));
    form.append('file', await openAsBlob(path, { type: 'image/jpeg' }), file);
    await client.request(uploadFiles(form));
  }
  for (const [collection, items] of rows.items) {
    await client.request(
      createItems(
        collection,
        items.map((row) => withTenant(row, tenant)),
      ),
    );
  }
}

function withTenant(row: Row, tenant: string): Row {
  const fields = Object.entries(row).map(([name, value]) => [
    name,
    Array.isArray(value) ? value.map((nested) => withTenant(nested, tenant)) : value,
  ]);
  return { ...Object.fromEntries(fields), tenant_id: tenant };
}
