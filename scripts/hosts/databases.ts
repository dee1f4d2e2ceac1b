import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import knex, { type Knex } from 'knex';
import type { SuperAdmin } from './environment.ts';
import type { HostInstall } from './install.ts';
import { mariadbTemplate, postgresTemplate, sqliteTemplate } from './template.ts';

export const databaseKinds = ['sqlite', 'postgres', 'mariadb'] as const;
export type DatabaseKind = (typeof databaseKinds)[number];

/** A database that one Directus project lives in. */
export interface Database {
  readonly kind: DatabaseKind;
  /** Directus' `DB_*` variables. */
  readonly env: Record<string, string>;
  /** How to reach the database beside Directus: the file of SQLite, or the connection string of a server's database. */
  readonly connection: { filename: string } | { connectionString: string };
  /** Whether Directus' own tables and the super-admin are there already, so that `directus bootstrap` can be left out. */
  readonly isBootstrapped: boolean;
  /** Deletes the database. Whoever uses it must have stopped. */
  drop(): Promise<void>;
}

export interface DatabaseOptions {
  /** Starts as a copy of a bootstrapped Directus instead of empty. Ignored when the database exists already. */
  template?: { install: HostInstall; superAdmin: SuperAdmin };
  /** Starts as a copy of another project's database, of the same kind and server, that nobody uses. Wins over `template`. */
  copyOf?: Database['connection'] | undefined;
  /** SQLite: the file; a new one in a temporary folder when left out. An existing file is used as it is. */
  file?: string | undefined;
  /** PostgreSQL: connection string of a server, from `startPostgres()`; `TEST_POSTGRES_URL` when left out. */
  server?: string;
  /** PostgreSQL and MariaDB: name of the database; a new one when left out. An existing database is used as it is. */
  name?: string;
}

/** Gives the caller a database of its own. */
export function createDatabase(kind: DatabaseKind, options: DatabaseOptions = {}): Promise<Database> {
  switch (kind) {
    case 'sqlite':
      return createSqlite(options);
    case 'postgres':
      return createPostgres(options);
    case 'mariadb':
      return createMariadb(options);
  }
}

async function createSqlite({ file, template, copyOf }: DatabaseOptions): Promise<Database> {
  const temporaryDirectory = file ? undefined : await mkdtemp(join(tmpdir(), 'tenancy-sqlite-'));
  const filename = file ?? join(temporaryDirectory ?? '', 'data.sqlite');
  let isBootstrapped = false;
  const source = copyOf ? fileOf(copyOf) : template && (await sqliteTemplate(template.install, template.superAdmin));
  if (source && !existsSync(filename)) {
    await mkdir(dirname(filename), { recursive: true });
    await copyFile(source, filename);
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
  copyOf,
}: DatabaseOptions): Promise<Database> {
  if (!server) throw new Error('No PostgreSQL server: pass one from startPostgres() or set TEST_POSTGRES_URL.');
  const database = name ?? newName();
  const templateDatabase = copyOf
    ? nameOf(copyOf)
    : template && (await postgresTemplate(template.install, template.superAdmin, server));
  const isNew = await withMaintenance('pg', server, async (maintenance) => {
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
      withMaintenance('pg', server, async (maintenance) => {
        await maintenance.raw('DROP DATABASE IF EXISTS ?? WITH (FORCE)', [database]);
      }),
  };
}

async function createMariadb({
  server = process.env.TEST_MYSQL_URL,
  name,
  template,
  copyOf,
}: DatabaseOptions): Promise<Database> {
  if (!server) throw new Error('No MariaDB server: pass one from startMariadb() or set TEST_MYSQL_URL.');
  const database = name ?? newName();
  const templateDatabase = copyOf
    ? nameOf(copyOf)
    : template && (await mariadbTemplate(template.install, template.superAdmin, server));
  const isNew = await withMaintenance('mysql2', server, async (maintenance) => {
    const found = await maintenance('information_schema.schemata')
      .where({ schema_name: database })
      .first('schema_name');
    if (found) return false;
    await maintenance.raw('CREATE DATABASE ??', [database]);
    if (templateDatabase) await copyTables(maintenance, templateDatabase, database);
    return true;
  });
  return {
    kind: 'mariadb',
    env: mariadbEnvironment(server, database),
    connection: { connectionString: databaseUrl(server, database) },
    isBootstrapped: isNew && templateDatabase !== undefined,
    drop: () =>
      withMaintenance('mysql2', server, async (maintenance) => {
        await maintenance.raw('DROP DATABASE IF EXISTS ??', [database]);
      }),
  };
}

/** Copies tables with their rows, indexes and foreign keys; MariaDB has no templates. Leaves the connection in the copy. */
async function copyTables(connection: Knex, from: string, to: string): Promise<void> {
  await connection.raw('USE ??', [to]);
  // The tables come in any order, each pointing to others.
  await connection.raw('SET foreign_key_checks = 0');
  for (const table of await tablesOf(connection, from)) {
    const [rows] = await connection.raw<Record<string, string>[][]>('SHOW CREATE TABLE ??.??', [from, table]);
    const definition = rows?.[0]?.['Create Table'];
    if (!definition) throw new Error(`The table ${from}.${table} is no table that could be copied.`);
    await connection.raw(definition);
    await connection.raw('INSERT INTO ?? SELECT * FROM ??.??', [table, from, table]);
  }
}

/** The names of the tables in a database of a MariaDB server. */
export async function tablesOf(connection: Knex, database: string): Promise<string[]> {
  const rows: { name: string }[] = await connection('information_schema.tables')
    .select({ name: 'table_name' })
    .where({ table_schema: database });
  return rows.map(({ name }) => name);
}

/** Directus' variables for a database on a PostgreSQL server. */
export function postgresEnvironment(server: string, database: string): Record<string, string> {
  return { DB_CLIENT: 'pg', DB_CONNECTION_STRING: databaseUrl(server, database) };
}

/** Directus' variables for a database on a MariaDB server. */
export function mariadbEnvironment(server: string, database: string): Record<string, string> {
  const { hostname, port, username, password } = new URL(server);
  return {
    DB_CLIENT: 'mysql',
    DB_HOST: hostname,
    DB_PORT: port || '3306',
    DB_DATABASE: database,
    DB_USER: decodeURIComponent(username),
    DB_PASSWORD: decodeURIComponent(password),
  };
}

/** Takes up a database that somebody in this run made, to drop it. */
export function openDatabase(kind: DatabaseKind, connection: Database['connection']): Promise<Database> {
  return createDatabase(kind, 'filename' in connection ? { file: connection.filename } : { name: nameOf(connection) });
}

function fileOf(connection: Database['connection']): string {
  if ('filename' in connection) return connection.filename;
  throw new Error('A database of SQLite cannot be a copy of one that lives on a server.');
}

function nameOf(connection: Database['connection']): string {
  if ('connectionString' in connection) return new URL(connection.connectionString).pathname.slice(1);
  throw new Error('A database of a server cannot be a copy of a file of SQLite.');
}

function newName(): string {
  return `tenancy_${randomUUID().replaceAll('-', '')}`;
}

function databaseUrl(server: string, database: string): string {
  const url = new URL(server);
  url.pathname = `/${database}`;
  return url.href;
}

/** Runs `work` with one connection to the server's maintenance database. */
export async function withMaintenance<Result>(
  client: 'pg' | 'mysql2',
  server: string,
  work: (connection: Knex) => Promise<Result>,
): Promise<Result> {
  // With a minimum of none, a connection that waits for long is closed, and takes along the lock that it holds.
  const connection = knex({ client, connection: server, pool: { min: 1, max: 1 } });
  try {
    return await work(connection);
  } finally {
    await connection.destroy();
  }
}
