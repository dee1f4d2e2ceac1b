import { randomUUID } from 'node:crypto';
import type { Item, PrimaryKey } from '@directus/types';
import type { Knex } from 'knex';
import { TENANT_FIELD, TENANTS } from '../../tenancy/managed.ts';
import type { ClonedCollection } from '../../tenancy/cloning.ts';

/** The rows that are copied, by their keys, and the keys of the copies, as far as they have one. */
export class CopiedKeys {
  /** The uuids of copies, by those of what was copied, in lower case. */
  readonly uuids = new Map<string, string>();

  readonly template: string;
  readonly tenant: string;
  private readonly keys = new Map<string, Map<string, PrimaryKey | null>>();

  constructor(template: string, tenant: string) {
    this.template = template;
    this.tenant = tenant;
    // The role and the root folder of a tenant have its id.
    this.uuids.set(template, tenant);
    for (const collection of [TENANTS, 'directus_roles']) this.keys.set(collection, new Map([[template, tenant]]));
  }

  /** Notes which rows of a collection will be copied. Uuids are chosen here, since texts may name any of them. */
  plan({ collection, key }: Pick<ClonedCollection, 'collection' | 'key'>, sources: readonly PrimaryKey[]): void {
    const planned = new Map<string, PrimaryKey | null>();

    for (const source of sources) {
      const name = nameOf(source);
      const isRoot = collection === 'directus_folders' && name === this.template;
      const copy = isRoot ? this.tenant : key === 'uuid' ? randomUUID() : null;
      planned.set(name, copy);
      if (copy !== null) this.uuids.set(name, copy);
    }

    this.keys.set(collection, planned);
  }

  /** The rows of a collection that are copied, in the order in which they were planned. */
  sourcesIn(collection: string): string[] {
    return [...(this.keys.get(collection)?.keys() ?? [])];
  }

  has(collection: string, source: unknown): boolean {
    return this.keys.get(collection)?.has(nameOf(source)) === true;
  }

  /** The key of a copy; null as long as the database has not numbered it. */
  copyOf(collection: string, source: unknown): PrimaryKey | null {
    return this.keys.get(collection)?.get(nameOf(source)) ?? null;
  }

  number(collection: string, source: unknown, copy: PrimaryKey): void {
    this.keys.get(collection)?.set(nameOf(source), copy);
  }
}

function nameOf(key: unknown): string {
  return asText(key).toLowerCase();
}

/** A key, which is a text or a number, as text. */
export function asText(key: unknown): string {
  return String(key);
}

/** The rows of a collection that the template owns. A file whose upload was not finished is none yet. */
export function ownedRows(database: Knex, collection: string, template: string): Knex.QueryBuilder {
  const query = database(collection).where(TENANT_FIELD, template);
  return collection === 'directus_files' ? query.whereNull('tus_id') : query;
}

/** The keys of the rows that are copied, in their order: so are the numbers of the copies. */
export async function keysIn(
  database: Knex,
  { collection, primary }: ClonedCollection,
  template: string,
): Promise<PrimaryKey[]> {
  const rows: Item[] = await ownedRows(database, collection, template).select(primary).orderBy(primary);
  return rows.map((row) => row[primary] as PrimaryKey);
}
