import type { PrimaryKey } from '@directus/types';

/** How many deleted rows are remembered; an event about one comes right after the deletion. */
const LIMIT = 10_000;

/** The tenants of rows that this instance deleted, the newest last. */
const tenants = new Map<string, string | null>();

/** Remembers whose row was deleted (null: nobody's), for the subscribers that are told its key. */
export function rememberDeleted(collection: string, key: PrimaryKey, tenant: string | null): void {
  const name = nameOf(collection, key);
  tenants.delete(name);
  tenants.set(name, tenant);

  for (const oldest of tenants.keys()) {
    if (tenants.size <= LIMIT) break;
    tenants.delete(oldest);
  }
}

/** The tenant whose row (null: nobody's) this instance deleted last under that key; undefined where it deleted none. */
export function deletedIn(collection: string, key: PrimaryKey): string | null | undefined {
  return tenants.get(nameOf(collection, key));
}

function nameOf(collection: string, key: PrimaryKey): string {
  return `${collection} ${key}`;
}
