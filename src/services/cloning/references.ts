import type { Item, PrimaryKey, SchemaOverview } from '@directus/types';
import type { Knex } from 'knex';
import { isNotCopied, rewritten, type ClonedColumn } from '../../tenancy/cloning.ts';
import { TENANT_FIELD, TENANT_MEMBERS, TENANTS } from '../../tenancy/managed.ts';
import { hasTenantField, primaryKeyOf, type RecordedScopes } from '../../tenancy/scopes.ts';
import { ownershipOf } from '../../tenancy/writes.ts';
import { keyAsText } from '../reference-joins.ts';
import { asText, type CopiedKeys } from './keys.ts';

/** What a value is in a copy. */
export type Copied =
  | { kind: 'same' | 'rewritten'; value: unknown }
  /** The row that it leads to is copied, and has no key yet. */
  | { kind: 'unnumbered' }
  /** It leads to what a row of the new tenant cannot refer to. */
  | { kind: 'dropped'; to: string };

/** The values of a template's rows, as they are in the copies. */
export class CopiedValues {
  /** Rows that are not copied and that everybody may refer to, by collection. */
  private readonly staying = new Map<string, Map<string, boolean>>();

  private readonly database: Knex;
  private readonly schema: SchemaOverview;
  private readonly recorded: RecordedScopes;
  private readonly keys: CopiedKeys;

  constructor(database: Knex, schema: SchemaOverview, recorded: RecordedScopes, keys: CopiedKeys) {
    this.database = database;
    this.schema = schema;
    this.recorded = recorded;
    this.keys = keys;
  }

  /** Looks up what rows refer to, once for each collection. To be called before {@link valueOf}. */
  async learn(columns: readonly ClonedColumn[], rows: readonly Item[]): Promise<void> {
    const unknown = new Map<string, Set<string>>();

    for (const column of columns) {
      for (const row of rows) {
        const to = this.collectionOf(column, row);
        const key: unknown = row[column.field];
        if (to === null || key === null || key === undefined || this.keys.has(to, key)) continue;
        if (this.staying.get(to)?.has(asText(key))) continue;
        unknown.set(to, (unknown.get(to) ?? new Set()).add(asText(key)));
      }
    }

    for (const [to, keys] of unknown) {
      const stay = await this.rowsThatStay(to, [...keys]);
      const known = this.staying.get(to) ?? new Map<string, boolean>();
      for (const key of keys) known.set(key, stay === 'all' || stay.has(key));
      this.staying.set(to, known);
    }
  }

  valueOf(column: ClonedColumn, row: Item): Copied {
    const value: unknown = row[column.field];
    if (value === null || value === undefined) return { kind: 'same', value: null };

    const to = this.collectionOf(column, row);

    if (to === null) {
      if (typeof value !== 'string') return { kind: 'same', value };
      const text = rewritten(value, this.keys.uuids);
      return { kind: text === value ? 'same' : 'rewritten', value: text };
    }

    if (this.keys.has(to, value)) {
      const copy = this.keys.copyOf(to, value);
      return copy === null ? { kind: 'unnumbered' } : { kind: 'rewritten', value: asColumn(column, copy) };
    }

    return this.staying.get(to)?.get(asText(value)) ? { kind: 'same', value } : { kind: 'dropped', to };
  }

  /** The collection that a value leads to; null for a value that leads nowhere. */
  private collectionOf({ target }: ClonedColumn, row: Item): string | null {
    if (target.kind === 'one') return target.collection;
    if (target.kind === 'none') return null;

    const named: unknown = row[target.collectionField];
    return typeof named === 'string' && named in this.schema.collections ? named : null;
  }

  /** Those of the keys, of rows that are not copied, to which rows of any tenant may refer. */
  private async rowsThatStay(to: string, keys: string[]): Promise<'all' | ReadonlySet<string>> {
    const { database, schema } = this;
    if (to === TENANTS || isNotCopied(to)) return new Set();

    const narrow = this.whoseRowsStay(to);
    if (narrow === null) return 'all';

    const primary = primaryKeyOf(to, schema);
    // Many-to-any fields hold any text, which not every column can be compared with.
    const key = keyAsText(database, `${to}.${primary}`);
    const rows: { key: PrimaryKey }[] = await narrow(database(to).where(key, 'in', keys)).select({ key });
    return new Set(rows.map((row) => String(row.key)));
  }

  /** Limits a query to rows that belong to no tenant; null where no row of the collection does. */
  private whoseRowsStay(to: string): ((query: Knex.QueryBuilder) => Knex.QueryBuilder) | null {
    const { database, schema, recorded } = this;
    const tenants = database(TENANTS).select('id');

    if (to === 'directus_roles') return (query) => query.whereNotIn('directus_roles.id', tenants);

    if (to === 'directus_users') {
      return (query) =>
        query
          .where((either) => either.whereNull('directus_users.role').orWhereNotIn('directus_users.role', tenants))
          .whereNotIn('directus_users.id', database(TENANT_MEMBERS).select('user_id'));
    }

    if (!hasTenantField(to, schema)) return null;

    const mayBeNobodys = ['mixed', 'perhaps'].includes(ownershipOf(to, schema, recorded));
    return (query) => (mayBeNobodys ? query.whereNull(`${to}.${TENANT_FIELD}`) : query.whereRaw('1 = 0'));
  }
}

/** Many-to-any fields keep every key as text. */
function asColumn({ target }: ClonedColumn, key: PrimaryKey): PrimaryKey {
  return target.kind === 'any' ? String(key) : key;
}
