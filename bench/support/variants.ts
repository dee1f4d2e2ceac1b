import { createDatabase, type Database, type DatabaseKind } from '../../scripts/hosts/databases.ts';
import { defaultSuperAdmin } from '../../scripts/hosts/environment.ts';
import { startHost, type Host } from '../../scripts/hosts/host.ts';
import { installHost } from '../../scripts/hosts/install.ts';
import { TENANTS_ROLE } from '../../src/tenancy/managed.ts';
import { login, type Account } from '../../tests/support/client.ts';
import { createPolicy } from '../../tests/support/people.ts';
import { runSql } from '../../tests/support/sql.ts';
import { must } from '../../tests/support/world.ts';
import { NEW_TITLE, type Subject } from './calls.ts';
import {
  COLLECTIONS,
  COLUMN,
  createCollections,
  dialectOf,
  fill,
  keyOfTenant,
  measuredTenant,
  type Size,
} from './content.ts';

/** Ways to keep tenants apart, or not to have any. */
export const VARIANTS = ['plain', 'by hand', 'role per tenant', 'bundle'] as const;

export type VariantName = (typeof VARIANTS)[number];

/** A Directus that was started to be measured. */
export interface Variant extends Subject {
  host: Host;
  /** Starts it anew, without the rows that were created meanwhile; what is handed out takes the place of what was there before. */
  restart(): Promise<Pick<Variant, 'host' | 'url' | 'account'>>;
  remove(): Promise<void>;
}

/** @throws for a database that is not measured */
export function databaseNamed(name: string): DatabaseKind {
  const found = (['postgres', 'sqlite'] as const).find((kind) => kind === name);
  if (!found) throw new Error('--database is postgres or sqlite.');
  return found;
}

const MEMBER = { email: 'member@example.com', password: 'correct horse battery' };
const TABLES = [...COLLECTIONS, 'directus_files'] as const;
const ACTIONS = ['create', 'read', 'update', 'delete'] as const;

/**
 * Starts a Directus of that kind with content.
 *
 * - `plain`: without the bundle, with the rows of the measured tenant alone, which the user may read and change
 * - `by hand`: without the bundle, with the rows of all tenants, and one policy whose rule is that of the user's tenant
 * - `role per tenant`: without the bundle, with a role, a policy and the permissions of each tenant
 * - `bundle`: with the bundle
 *
 * @param settings variables of Directus beside those that all of them have
 */
export async function startVariant(
  name: VariantName,
  kind: DatabaseKind,
  size: Size,
  server: string | undefined,
  settings: Record<string, string> = {},
): Promise<Variant> {
  const install = await installHost('11');
  const database = await createDatabase(kind, {
    template: { install, superAdmin: defaultSuperAdmin },
    ...(server !== undefined && { server }),
  });

  const start = (): Promise<Host> =>
    startHost({
      directus: '11',
      database,
      bundle: name === 'bundle',
      env: { ACCESS_TOKEN_TTL: '1d', LOG_LEVEL: 'error', ...settings },
    });

  let host = await start();

  const restart: Variant['restart'] = async () => {
    await host.stop();
    await removeNewRows(database);
    host = await start();
    return { host, url: host.url, account: await login(host.url, MEMBER) };
  };

  const remove = async (): Promise<void> => {
    await host.stop();
    await database.drop();
  };

  try {
    const superAdmin = await login(host.url, { ...host.superAdmin });
    await createCollections(superAdmin);
    await PREPARE[name](superAdmin, database, size);
    // What is measured has not made the content: each of the ways makes it by other requests, which leave their traces in a process.
    return { label: name, size, restart, remove, ...(await restart()) };
  } catch (error) {
    await remove();
    throw error;
  }
}

/** Takes the rows away that the requests create, so that a database is as it was, and knows it. */
async function removeNewRows(database: Database): Promise<void> {
  await runSql(database, `DELETE FROM tasks WHERE title LIKE '${NEW_TITLE}%'`);
  await runSql(database, 'VACUUM');
  await runSql(database, 'ANALYZE');
}

type Prepare = (superAdmin: Account, database: Database, size: Size) => Promise<void>;

const PREPARE: Record<VariantName, Prepare> = {
  async plain(superAdmin, database, size) {
    const tenant = measuredTenant(size);
    await fill(database, size, [tenant, tenant], false);
    await createUser(superAdmin, { policies: [await policyWith(superAdmin, {})] });
  },

  async 'by hand'(superAdmin, database, size) {
    for (const table of [...TABLES, 'directus_users']) await createColumn(superAdmin, database, table);
    await fill(database, size, [1, size.tenants], true);
    const policy = await policyWith(superAdmin, { [COLUMN]: `$CURRENT_USER.${COLUMN}` });
    await createUser(superAdmin, { policies: [policy], [COLUMN]: keyOfTenant(measuredTenant(size)) });
  },

  async 'role per tenant'(superAdmin, database, size) {
    for (const table of TABLES) await createColumn(superAdmin, database, table);
    await fill(database, size, [1, size.tenants], true);
    await createRoles(database, size);
    await createUser(superAdmin, { role: keyOfTenant(measuredTenant(size)) });
  },

  async bundle(superAdmin, database, size) {
    await createTenants(database, size.tenants);
    for (const collection of COLLECTIONS) {
      await must(superAdmin, 'PUT', `/tenancy/collections/${collection}`, { scope: 'tenant' });
    }
    await fill(database, size, [1, size.tenants], true);
    await must(superAdmin, 'POST', `/tenancy/tenants/${keyOfTenant(measuredTenant(size))}/members`, {
      ...MEMBER,
      level: 'editor',
    });
  },
};

/** Tenants of the bundle, without owners; by SQL, for there may be thousands. */
export async function createTenants(database: Database, count: number): Promise<void> {
  const { numbers, tenantKey, uuid } = dialectOf(database);
  const [key, tenants] = [tenantKey('number'), numbers(1, count)];
  const all = database.kind === 'sqlite' ? tenants : `${tenants} AS tenant(number)`;

  await runSql(
    database,
    `INSERT INTO directus_roles (id, name, icon, parent)
     SELECT ${key}, 'Tenant ' || number, 'domain', ${uuid(`'${TENANTS_ROLE}'`)} FROM ${all}`,
  );
  await runSql(
    database,
    `INSERT INTO tenants (id, name, slug, status) SELECT ${key}, 'Tenant ' || number, 'tenant-' || number, 'active' FROM ${all}`,
  );
}

async function createUser(
  superAdmin: Account,
  { policies = [], ...user }: { policies?: string[]; [field: string]: unknown },
): Promise<void> {
  await must(superAdmin, 'POST', '/users', { ...MEMBER, ...user, policies: policies.map((policy) => ({ policy })) });
}

/** A field for the tenant, with an index: whoever writes rules by hand knows that much. */
async function createColumn(superAdmin: Account, database: Database, table: string): Promise<void> {
  await must(superAdmin, 'POST', `/fields/${table}`, {
    field: COLUMN,
    type: 'uuid',
    schema: {},
    meta: { hidden: true },
  });
  if (table !== 'directus_users') await runSql(database, `CREATE INDEX ${table}_by_tenant ON ${table} (${COLUMN})`);
}

/** A policy for all tables, for rows in which the fields have these values. */
function policyWith(superAdmin: Account, values: Record<string, string>): Promise<string> {
  const rule = Object.fromEntries(Object.entries(values).map(([field, value]) => [field, { _eq: value }]));

  return createPolicy(
    superAdmin,
    TABLES.flatMap((collection) =>
      ACTIONS.map((action) =>
        action === 'create'
          ? { collection, action, permissions: {}, presets: values }
          : { collection, action, permissions: rule },
      ),
    ),
    { appAccess: true },
  );
}

/** A role, a policy and sixteen permissions for each tenant, as the recipe goes; by SQL, for there may be thousands. */
async function createRoles(database: Database, { tenants }: Size): Promise<void> {
  const { numbers, tenantKey, json } = dialectOf(database);
  const all = database.kind === 'sqlite' ? numbers(1, tenants) : `${numbers(1, tenants)} AS tenant(number)`;
  const key = tenantKey('number');
  const policy = tenantKey(`(number + 1000000)`);
  const access = tenantKey(`(number + 2000000)`);
  const text = `CAST(${key} AS ${database.kind === 'sqlite' ? 'text' : 'varchar'})`;
  const rule = json(`'{"${COLUMN}":{"_eq":"' || ${text} || '"}}'`);
  const preset = json(`'{"${COLUMN}":"' || ${text} || '"}'`);
  const yes = database.kind === 'sqlite' ? '1' : 'true';
  const no = database.kind === 'sqlite' ? '0' : 'false';

  await runSql(
    database,
    `INSERT INTO directus_roles (id, name, icon) SELECT ${key}, 'Tenant ' || number, 'domain' FROM ${all}`,
  );
  await runSql(
    database,
    `INSERT INTO directus_policies (id, name, icon, enforce_tfa, admin_access, app_access)
     SELECT ${policy}, 'Tenant ' || number, 'domain', ${no}, ${no}, ${yes} FROM ${all}`,
  );
  await runSql(
    database,
    `INSERT INTO directus_access (id, role, policy, sort) SELECT ${access}, ${key}, ${policy}, 1 FROM ${all}`,
  );
  for (const table of TABLES) {
    for (const action of ACTIONS) {
      await runSql(
        database,
        `INSERT INTO directus_permissions (collection, action, permissions, presets, fields, policy)
         SELECT '${table}', '${action}', ${action === 'create' ? json(`'{}'`) : rule}, ${action === 'create' ? preset : 'NULL'}, '*', ${policy}
         FROM ${all}`,
      );
    }
  }
}
