import type { Item, PrimaryKey, SchemaOverview } from '@directus/types';
import { InvalidFieldError } from './errors.ts';
import { TENANT_FIELD, TENANTS } from './managed.ts';
import { primaryKeyOf } from './scopes.ts';
import { say } from './sentences.ts';
import { isKeyGenerated } from './writes.ts';

/** Rows that a payload names by their keys, in one of its fields. */
export interface Reference {
  /** The path of the field in the payload, for the error that names it. */
  field: string;
  /** The collection whose payload it is: that of the request, or one nested in it. */
  from: string;
  /** The collection of the rows. */
  to: string;
  keys: PrimaryKey[];
}

/** A many-to-any field whose payload does not name the collection: it is the one that is stored. */
export interface OpenReference {
  field: string;
  collectionField: string;
  key: PrimaryKey;
}

/** What the Data Studio takes for the key of a row that is not saved yet. */
const UNSAVED = '+';

/** What a payload refers to. */
export interface References {
  known: Reference[];
  open: OpenReference[];
  /** Many-to-any fields of which only the collection is changed: the stored key would lead elsewhere. */
  redirected: { field: string; collectionField: string; to: string }[];
}

/**
 * The rows that a payload refers to, nested payloads included: many-to-one and many-to-any values, and the related rows in
 * lists. Rows that are to be created have no key and are none of them; they come as payloads of their own.
 *
 * @throws InvalidFieldError for a value that is no key, no object and no list of these: databases make keys of some
 */
export function referencesOf(collection: string, payload: Item, schema: SchemaOverview, prefix = ''): References {
  const references: References = { known: [], open: [], redirected: [] };

  for (const relation of schema.relations) {
    const { field, related_collection: related, meta } = relation;

    if (relation.collection === collection) {
      const collectionField = related ? undefined : meta?.one_collection_field;
      // The tenant is no reference: it is what the others are held against.
      if (related === TENANTS && field === TENANT_FIELD) continue;
      if (related) referToOne(related, field, payload[field]);
      else if (collectionField) referToAny(field, collectionField, meta?.one_allowed_collections ?? []);
    }

    if (related === collection && meta?.one_field) {
      referToMany(relation.collection, field, meta.one_field, payload[meta.one_field]);
    }
  }

  return references;

  function referToOne(to: string, field: string, value: unknown): void {
    if (value === undefined || value === null) return;
    const path = prefix + field;

    if (!isRecord(value)) {
      add(path, to, [keyOf(value, path)]);
      return;
    }

    const primary = primaryKeyOf(to, schema);
    const key = value[primary];
    if (key !== undefined && key !== null) add(path, to, [keyOf(key, path)]);
    nest(to, value, `${path}.`);
  }

  function referToAny(field: string, collectionField: string, allowed: readonly string[]): void {
    const value: unknown = payload[field];
    const named: unknown = payload[collectionField];
    const path = prefix + field;

    if (named !== undefined && named !== null && (typeof named !== 'string' || !allowed.includes(named))) {
      throw new InvalidFieldError({
        field: prefix + collectionField,
        reason: say('must be one of {values}', { values: allowed.join(', ') }),
      });
    }

    if (typeof named === 'string') {
      if (value === undefined) references.redirected.push({ field: path, collectionField, to: named });
      else referToOne(named, field, value);
      return;
    }

    if (value === undefined || value === null) return;
    const key: unknown = isRecord(value) ? value['id'] : value;
    references.open.push({ field: path, collectionField, key: keyOf(key, path) });
  }

  function referToMany(to: string, backReference: string, field: string, value: unknown): void {
    if (value === undefined || value === null) return;
    const path = prefix + field;
    const primary = primaryKeyOf(to, schema);
    const rows = Array.isArray(value) ? value : isRecord(value) ? listsOf(value) : null;
    if (!rows)
      throw new InvalidFieldError({ field: path, reason: say('must be a list, or an object with such lists') });

    const keys: PrimaryKey[] = [];

    for (const row of rows as unknown[]) {
      if (!isRecord(row)) {
        keys.push(keyOf(row, path));
        continue;
      }

      const key = row[primary];
      if (key !== undefined && key !== null) keys.push(keyOf(key, path));

      nest(to, leadsBackByItself(row, key, backReference) ? without(row, backReference) : row, `${path}.`);
    }

    if (keys.length > 0) add(path, to, keys);
  }

  /**
   * Whether Directus writes the way back from a row of a list, whatever is told there: always when it creates the row, and else
   * where the Data Studio leaves a "+" because the row that it leads to is not saved yet.
   */
  function leadsBackByItself(row: Item, key: unknown, backReference: string): boolean {
    if (key === undefined || key === null) return true;

    const mayBeKey = !isKeyGenerated(collection, schema) && payload[primaryKeyOf(collection, schema)] === undefined;
    return row[backReference] === UNSAVED && !mayBeKey;
  }

  function add(field: string, to: string, keys: PrimaryKey[]): void {
    references.known.push({ field, from: collection, to, keys });
  }

  function nest(to: string, nested: Item, nestedPrefix: string): void {
    // A row that is there already is updated, and brings its own stored values to that: its own event looks at those.
    references.known.push(...referencesOf(to, nested, schema, nestedPrefix).known);
  }
}

/** A payload and those nested in it, with the path of each, which ends in a dot, and its collection. */
export function nestedPayloads(
  collection: string,
  payload: Item,
  schema: SchemaOverview,
  path = '',
): { path: string; to: string; payload: Item }[] {
  const nested = schema.relations.flatMap((relation) => {
    const { meta, related_collection: related } = relation;
    const parts: [field: string, to: string][] = [];

    if (relation.collection === collection) {
      const named: unknown = related ?? payload[meta?.one_collection_field ?? ''];
      if (typeof named === 'string' && named in schema.collections) parts.push([relation.field, named]);
    }

    if (related === collection && meta?.one_field) parts.push([meta.one_field, relation.collection]);

    return parts.flatMap(([field, to]) =>
      rowsIn(payload[field]).flatMap((row) => nestedPayloads(to, row, schema, `${path}${field}.`)),
    );
  });

  return [{ path, to: collection, payload }, ...nested];
}

/** The objects of a relational value: itself, those of a list, or those of the three lists. */
function rowsIn(value: unknown): Item[] {
  const rows = Array.isArray(value) ? (value as unknown[]) : isRecord(value) ? [value, ...listsOf(value)] : [];
  return rows.filter(isRecord);
}

/** The rows in the three lists of Directus' detailed syntax for related rows. */
function listsOf(value: Record<string, unknown>): unknown[] {
  return ['create', 'update', 'delete'].flatMap((list) =>
    Array.isArray(value[list]) ? (value[list] as unknown[]) : [],
  );
}

function without(row: Item, field: string): Item {
  return Object.fromEntries(Object.entries(row).filter(([name]) => name !== field));
}

function keyOf(value: unknown, field: string): PrimaryKey {
  if (typeof value === 'string' || typeof value === 'number') return value;
  throw new InvalidFieldError({ field, reason: say('must be the key of a row, or an object') });
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
