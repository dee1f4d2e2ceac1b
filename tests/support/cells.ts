import { afterAll, beforeAll, describe } from 'vitest';
import type { Host } from '../../scripts/hosts/host.ts';
import type { DatabaseKind } from '../../scripts/hosts/databases.ts';
import type { TestHostOptions } from './host.ts';
import type { World } from './world.ts';
import { startWorld } from './worlds.ts';

/** A combination of host and database over which the laws of isolation are tried. */
export interface Cell {
  directus: '11';
  database: DatabaseKind;
  /** Whether Directus keeps answers, and its schema as it is. */
  cached?: boolean;
}

export const CELLS: readonly Cell[] = [
  { directus: '11', database: 'sqlite' },
  { directus: '11', database: 'postgres' },
  { directus: '11', database: 'mariadb' },
  { directus: '11', database: 'sqlite', cached: true },
];

/**
 * Each database once. SQLite with answers that Directus keeps: what has to be forgotten after a change is seen that way, and
 * the laws are tried on SQLite without as well.
 */
export const DATABASES: readonly Cell[] = CELLS.filter(({ database, cached }) => database !== 'sqlite' || cached);

/**
 * With answers that Directus forgets when it writes: those that it would keep for longer are a suite of their own. And with one schema
 * for all requests, which nobody may change, where Directus copies it for each by default.
 */
const CACHE = {
  CACHE_ENABLED: 'true',
  CACHE_STORE: 'memory',
  CACHE_AUTO_PURGE: 'true',
  CACHE_SCHEMA_FREEZE_ENABLED: 'true',
};

/** Whether this machine has a database; the services told why where it has not. */
export function hasDatabase(kind: DatabaseKind): boolean {
  return kind !== 'mariadb' || Boolean(process.env.TEST_MYSQL_URL);
}

/** The databases of this machine without Directus' cache, for suites that start Directus by themselves. */
export const UNCACHED: readonly Cell[] = CELLS.filter(({ cached, database }) => !cached && hasDatabase(database));

type Law = (world: () => World, host: () => Host) => void;

/**
 * Runs the tests of `law` once per cell, each time in a world of its own. `world()` and `host()` are there while tests run.
 */
export function inEveryCell(name: string, law: Law, options: Partial<TestHostOptions> = {}): void {
  inCells(CELLS, name, law, options);
}

/** As {@link inEveryCell}, once per database: for what super-admins do. */
export function onEveryDatabase(name: string, law: Law, options: Partial<TestHostOptions> = {}): void {
  inCells(DATABASES, name, law, options);
}

function inCells(cells: readonly Cell[], name: string, law: Law, options: Partial<TestHostOptions>): void {
  for (const { cached, ...cell } of cells) {
    const title = `${name} (Directus ${cell.directus}, ${cell.database}${cached ? ', cached' : ''})`;

    describe.skipIf(!hasDatabase(cell.database))(title, () => {
      let host: Host;
      let world: World;

      beforeAll(async () => {
        ({ host, world } = await startWorld({ ...cell, ...options, env: { ...(cached && CACHE), ...options.env } }));
      });

      afterAll(async () => {
        await host?.stop();
        await host?.database.drop();
      });

      law(
        () => world,
        () => host,
      );
    });
  }
}
