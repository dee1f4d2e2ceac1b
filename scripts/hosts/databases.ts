import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import knex, { type Knex } from 'knex';
import type { SuperAdmin } from './environment.ts';
import type { HostInstall } from './install.ts';
import { postgresTemplate, sqliteTemplate } from './template.ts';

export const databaseKinds = ['sqlite', 'postgres'] as const;
export type DatabaseKind = (typeof databaseKinds)[number];

/** A database that one Directus project lives in. */
export interface Database {
  readonly kind: DatabaseKind;
  /** Directus' `DB_*` variables. */
  readonly env: Record<string, string>;
  /** How to reach the database beside Directus: the file of SQLite, or the connection string of PostgreSQL. */
  readonly connection: { filename: string } | { connectionString: string };
  /** Whether Directus' own tables and the super-admin are there already, so that `directus bootstrap` can be left out. */
  readonly isBootstrapped: boolean;
  /** Deletes the database. Whoever uses it must have stopped. */
  drop(): Promise<void>;
}

export interface DatabaseOptions {
  /** Starts as a copy of a bootstrapped Directus instead of empty. Ignored when the database exists already. */
  template?: { install: HostInstall; superAdmin: SuperAdmin };
  /** SQLite: the file; a new one in a temporary folder when left out. An existing file is used as it is. */
  file?: string;
  /** PostgreSQL: connection string of a server, from `startPostgres()`; `TEST_POSTGRES_URL` when left out. */
  server?: string;
  /** PostgreSQL: name of the database; a new one when left out. An existing database is used as it is. */
  name?: string;
}

/** Gives the caller a database of its own. */
export function createDatabase(kind: DatabaseKind, options: DatabaseOptions = {}): Promise<Database> {
  return kind === 'sqlite' ? createSqlite(options) : createPostgres(options);
}

async function createSqlite({ file, template }: DatabaseOptions): Promise<Database> {
  const temporaryDirectory = file ? undefined : await mkdtemp(join(tmpdir(), 'tenancy-sqlite-'));
  const filename = file ?? join(temporaryDirectory ?? '', 'data.sqlite');
  let isBootstrapped = false;
  if (template && !existsSync(filename)) {
    await mkdir(dirname(filename), { recursive: true });
    await copyFile(await sqliteTemplate(template.install, template.superAdmin), filename);
    isBootstrapped = true;
  }
  return {
    kind: 'sqlite',
    env: { DB_CLIENT: 'sqlite3', DB_FILENAME: filename },
    connection: { filename },
    isBootstrapped,
    drop: async () => {
      if (temporaryDirectory) await rm(temporaryDirectory, { recursive: true, force: true });
      else for (const suffix of ['', '-journal', '-wal', '-shm']) await rm(filename + suffix, { force: true });
    },
  };
}

async function createPostgres({
  server = process.env.TEST_POSTGRES_URL,
  name,
  template,
}: DatabaseOptions): Promise<Database> {
  if (!server) throw new Error('No PostgreSQL server: pass one from startPostgres() or set TEST_POSTGRES_URL.');
  const database = name ?? `tenancy_${randomUUID().replaceAll('-', '')}`;
  const templateDatabase = template && (await postgresTemplate(template.install, template.superAdmin, server));
  const isNew = await withMaintenance(server, async (maintenance) => {
    const found = await maintenance.select('datname').from('pg_database').where({ datname: database });
    if (found.length > 0) return false;
    if (templateDatabase) await maintenance.raw('CREATE DATABASE ?? TEMPLATE ??', [database, templateDatabase]);
    else await maintenance.raw('CREATE DATABASE ??', [database]);
    return true;
  });
  return {
    kind: 'postgres',
    env: postgresEnvironment(server, database),
    connection: { connectionString: databaseUrl(server, database) },
    isBootstrapped: isNew && templateDatabase !== undefined,
    drop: () =>
      withMaintenance(server, async (maintenance) => {
        await maintenance.raw('DROP DATABASE IF EXISTS ?? WITH (FORCE)', [database]);
      }),
  };
}

/** Directus' variables for a database on a PostgreSQL server. */
export function postgresEnvironment(server: string, database: string): Record<string, string> {
  return { DB_CLIENT: 'pg', DB_CONNECTION_STRING: databaseUrl(server, database) };
}

function databaseUrl(server: string, database: string): string {
  const url = new URL(server);
  url.pathname = `/${database}`;
  return url.href;
}

/** Runs `work` with one connection to the server's maintenance database. */
export async function withMaintenance<Result>(
  server: string,
  work: (connection: Knex) => Promise<Result>,
): Promise<Result> {
  const connection = knex({ client: 'pg', connection: server, pool: { min: 0, max: 1 } });
  try {
    return await work(connection);
  } finally {
    await connection.destroy();
  }
}
