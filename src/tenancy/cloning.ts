import type { FieldOverview, SchemaOverview } from '@directus/types';
import { OWNED_SYSTEM_COLLECTIONS, TENANT_FIELD, TENANT_MEMBERS } from './managed.ts';
import { isOwnedByTenants, primaryKeyOf } from './scopes.ts';
import { isKeyGenerated } from './writes.ts';

/** What a column refers to: rows of one collection, of one that another column names, or to nothing. */
export type Target =
  { kind: 'none' } | { kind: 'one'; collection: string } | { kind: 'any'; collectionField: string; allowed: string[] };

/** A column whose values come into a copy. */
export interface ClonedColumn {
  field: string;
  overview: FieldOverview;
  target: Target;
}

/** A collection whose rows are copied. */
export interface ClonedCollection {
  collection: string;
  primary: string;
  /** How copies get their key; `typed` where somebody chooses it, so that no copy can have one. */
  key: 'uuid' | 'serial' | 'typed';
  /** All columns but the key, the tenant, and what only Directus or the database writes. */
  columns: ClonedColumn[];
  /** Those that refer to copies which have no key yet, or are not there yet, when the row is written: they are written again. */
  later: ClonedColumn[];
}

/** Columns of files that say what is stored where; they are the copy's own. */
const STORED: ReadonlySet<string> = new Set(['filename_disk', 'tus_id', 'tus_data']);

/**
 * The collections whose rows a tenant may own, with what becomes of each column, in the order in which copies can be written:
 * rows after those that they refer to, as far as that goes.
 */
export function planCloning(schema: SchemaOverview): ClonedCollection[] {
  const owned = Object.keys(schema.collections)
    .filter((collection) => isOwnedByTenants(collection, schema))
    .sort();

  const plans = [...OWNED_SYSTEM_COLLECTIONS, ...owned].map((collection) => planOf(collection, schema));
  return inOrder(plans, schema);
}

function planOf(collection: string, schema: SchemaOverview): ClonedCollection {
  const primary = primaryKeyOf(collection, schema);
  const fields = Object.values(schema.collections[collection]?.fields ?? {});
  const isFiles = collection === 'directus_files';

  return {
    collection,
    primary,
    key: keyOf(collection, primary, schema),
    columns: fields
      .filter(({ field, alias, generated }) => !alias && !generated && field !== primary && field !== TENANT_FIELD)
      .filter(({ field }) => !isFiles || !STORED.has(field))
      .map((overview) => ({
        field: overview.field,
        overview,
        target: targetOf(collection, overview.field, schema),
      })),
    later: [],
  };
}

function keyOf(collection: string, primary: string, schema: SchemaOverview): ClonedCollection['key'] {
  if (!isKeyGenerated(collection, schema) || targetOf(collection, primary, schema).kind !== 'none') return 'typed';
  return schema.collections[collection]?.fields[primary]?.defaultValue === 'AUTO_INCREMENT' ? 'serial' : 'uuid';
}

function targetOf(collection: string, field: string, { relations }: SchemaOverview): Target {
  const relation = relations.find((each) => each.collection === collection && each.field === field);
  if (!relation) return { kind: 'none' };

  const { related_collection: related, meta } = relation;
  if (related) return { kind: 'one', collection: related };

  const collectionField = meta?.one_collection_field;
  return collectionField
    ? { kind: 'any', collectionField, allowed: meta.one_allowed_collections ?? [] }
    : { kind: 'none' };
}

/** The collections that a column may refer to. */
export function targetsOf({ target }: ClonedColumn): string[] {
  if (target.kind === 'one') return [target.collection];
  return target.kind === 'any' ? target.allowed : [];
}

/** A collection comes when nothing that it refers to is still to come, or as little as possible. */
function inOrder(plans: readonly ClonedCollection[], schema: SchemaOverview): ClonedCollection[] {
  const waiting = new Map(plans.map((plan) => [plan.collection, plan]));
  const ordered: ClonedCollection[] = [];

  const early = ({ collection, columns }: ClonedCollection): ClonedColumn[] =>
    columns.filter((column) =>
      targetsOf(column).some((to) => {
        const plan = waiting.get(to);
        // A uuid is chosen beforehand, and does where no foreign key asks for the row.
        return plan !== undefined && (plan.key !== 'uuid' || isForeignKey(collection, column.field, schema));
      }),
    );

  /** What is written twice and cannot be empty meanwhile costs most. */
  const cost = (plan: ClonedCollection): number =>
    early(plan)
      .filter((column) => !targetsOf(column).includes(plan.collection))
      .reduce((sum, { overview }) => sum + (overview.nullable ? 1 : 1_000), 0);

  while (waiting.size > 0) {
    const [next] = [...waiting.values()].sort((a, b) => cost(a) - cost(b));
    if (!next) break;

    ordered.push({ ...next, later: early(next) });
    waiting.delete(next.collection);
  }

  return ordered;
}

function isForeignKey(collection: string, field: string, { relations }: SchemaOverview): boolean {
  return relations.some((each) => each.collection === collection && each.field === field && Boolean(each.schema));
}

/** What belongs to tenants by what it is about, and is not copied with them. */
const NOT_COPIED: ReadonlySet<string> = new Set([
  TENANT_MEMBERS,
  ...['access', 'activity', 'comments', 'notifications', 'presets', 'revisions', 'sessions', 'shares', 'versions'].map(
    (name) => `directus_${name}`,
  ),
]);

/** Whether a copy can refer to no row of the collection. */
export function isNotCopied(collection: string): boolean {
  return NOT_COPIED.has(collection);
}

const UUIDS = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/gi;

/** A text in which the uuids of what was copied are those of the copies. */
export function rewritten(text: string, copies: ReadonlyMap<string, string>): string {
  return text.length < 36 ? text : text.replace(UUIDS, (uuid) => copies.get(uuid.toLowerCase()) ?? uuid);
}
