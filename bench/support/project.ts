import knex, { type Knex } from 'knex';
import { createDatabase, type Database } from '../../scripts/hosts/databases.ts';
import { defaultSuperAdmin } from '../../scripts/hosts/environment.ts';
import { installHost } from '../../scripts/hosts/install.ts';
import { startPostgres } from '../../scripts/hosts/postgres.ts';

/** A project on PostgreSQL that is measured, with a way to its database that does not go through Directus. */
export interface MeasuredProject {
  database: Database;
  sql: Knex;
  /** Ends the connections, drops the database and stops its server. */
  remove(): Promise<void>;
}

/** @param connections how many ways to the database are used at the same time */
export async function createProject(connections: number): Promise<MeasuredProject> {
  const server = await startPostgres();
  const install = await installHost('11');
  const database = await createDatabase('postgres', {
    server: server.url,
    template: { install, superAdmin: defaultSuperAdmin },
  });
  if ('filename' in database.connection) throw new Error('PostgreSQL was asked for.');

  const pool = { min: connections / 2, max: connections };
  const sql = knex({ client: 'pg', connection: database.connection.connectionString, pool });

  return {
    database,
    sql,
    remove: async () => {
      await sql.destroy();
      await database.drop();
      await server.stop();
    },
  };
}

/** Prints a line of the result. */
export function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
