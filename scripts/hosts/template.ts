import { existsSync } from 'node:fs';
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { shortHash } from './cache.ts';
import { mariadbEnvironment, postgresEnvironment, tablesOf, withMaintenance } from './databases.ts';
import { runDirectus } from './directus.ts';
import { directusEnvironment, superAdminEnvironment, type SuperAdmin } from './environment.ts';
import type { HostInstall } from './install.ts';
import { withLock } from './lock.ts';
import { reportProgress } from './progress.ts';

// Directus needs several seconds to migrate an empty database. It is done once and the result copied.

/**
 * A SQLite file with Directus' tables and the super-admin, made once for each installed host. Copy it; do not use it.
 */
export async function sqliteTemplate(install: HostInstall, superAdmin: SuperAdmin): Promise<string> {
  const file = join(install.directory, `template-${superAdminHash(superAdmin)}.sqlite`);
  if (existsSync(file)) return file;
  await withLock(`${file}.lock`, async () => {
    if (existsSync(file)) return;
    reportProgress(`Preparing an empty Directus ${install.directus} on SQLite (once) …`);
    const draft = `${file}.draft`;
    await rm(draft, { force: true });
    await bootstrap(install, superAdmin, { DB_CLIENT: 'sqlite3', DB_FILENAME: draft });
    await rename(draft, file);
  });
  return file;
}

/**
 * The name of a PostgreSQL database with Directus' tables and the super-admin, made once on each server. It stays there
 * for the next run.
 */
export async function postgresTemplate(install: HostInstall, superAdmin: SuperAdmin, server: string): Promise<string> {
  const name = templateName(install, superAdmin);
  await withMaintenance('pg', server, async (maintenance) => {
    // A session lock of the server: others wait for the one that makes the template, on whatever machine.
    await maintenance.raw('SELECT pg_advisory_lock(hashtext(?))', [name]);
    const found = await maintenance.select('datname').from('pg_database').where({ datname: name });
    if (found.length > 0) return;
    reportProgress(`Preparing an empty Directus ${install.directus} on PostgreSQL (once for each server) …`);
    const draft = `${name}_draft`;
    await maintenance.raw('DROP DATABASE IF EXISTS ?? WITH (FORCE)', [draft]);
    await maintenance.raw('CREATE DATABASE ??', [draft]);
    await bootstrap(install, superAdmin, postgresEnvironment(server, draft));
    await maintenance.raw('ALTER DATABASE ?? RENAME TO ??', [draft, name]);
  });
  return name;
}

/**
 * The name of a MariaDB database with Directus' tables and the super-admin, made once on each server. It stays there for the
 * next run.
 */
export async function mariadbTemplate(install: HostInstall, superAdmin: SuperAdmin, server: string): Promise<string> {
  const name = templateName(install, superAdmin);
  await withMaintenance('mysql2', server, async (maintenance) => {
    // As with PostgreSQL: the lock belongs to the session.
    await maintenance.raw('SELECT GET_LOCK(?, 600)', [name]);
    if ((await tablesOf(maintenance, name)).length > 0) return;
    reportProgress(`Preparing an empty Directus ${install.directus} on MariaDB (once for each server) …`);
    const draft = `${name}_draft`;
    for (const database of [draft, name]) {
      await maintenance.raw('DROP DATABASE IF EXISTS ??', [database]);
      await maintenance.raw('CREATE DATABASE ??', [database]);
    }
    await bootstrap(install, superAdmin, mariadbEnvironment(server, draft));
    // MariaDB renames no databases, but any number of tables at once: whoever finds one finds all.
    const tables = await tablesOf(maintenance, draft);
    const moves = tables.map(() => '??.?? TO ??.??').join(', ');
    await maintenance.raw(
      `RENAME TABLE ${moves}`,
      tables.flatMap((table) => [draft, table, name, table]),
    );
    await maintenance.raw('DROP DATABASE ??', [draft]);
  });
  return name;
}

function templateName(install: HostInstall, superAdmin: SuperAdmin): string {
  return `tenancy_template_${shortHash(install.key + superAdminHash(superAdmin))}`;
}

function superAdminHash({ email, password }: SuperAdmin): string {
  return shortHash(JSON.stringify([email, password]));
}

/** Fills an empty database, without any extension. */
async function bootstrap(
  install: HostInstall,
  superAdmin: SuperAdmin,
  database: Record<string, string>,
): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'tenancy-template-'));
  try {
    await writeFile(join(directory, 'package.json'), '{}');
    await runDirectus({
      install,
      parameters: ['bootstrap'],
      directory,
      environment: directusEnvironment(process.env, superAdminEnvironment(superAdmin), database),
    });
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
