import type { Relation, SchemaOverview } from '@directus/types';

/** How a field leads to other rows, in Directus' terms; `o2a` is the other side of a many-to-any field. */
export type RelationType = 'm2o' | 'o2m' | 'a2o' | 'o2a';

/** The step that a query takes over a field. */
export interface Step {
  /** The relation of the schema; null for one that the query itself makes up. */
  relation: Relation | null;
  type: RelationType;
  /** The collection that the step leads to. */
  target: string;
}

/**
 * The step that Directus takes over one part of a path; null where it finds no relation. Many-to-any fields name the
 * collection after a colon, and `$FOLLOW(collection,field)` steps to rows whose field holds the key of this one
 * (`getRelationInfo` of `@directus/utils`, which is not used because it brings twice the bundle's size with it).
 */
export function stepOver(part: string, collection: string, schema: SchemaOverview): Step | null {
  const [field = '', scope] = part.split(':');

  if (field.startsWith('$FOLLOW(') && field.endsWith(')')) {
    const [target = '', , collectionField] = field.slice('$FOLLOW('.length, -1).split(',');
    return { relation: null, type: collectionField === undefined ? 'o2m' : 'o2a', target: target.trim() };
  }

  const relation = schema.relations.find(
    (candidate) => isManySide(candidate, collection, field) || isOneSide(candidate, collection, field),
  );

  if (!relation) return null;
  if (!isManySide(relation, collection, field)) return { relation, type: 'o2m', target: relation.collection };

  const isToAny = Boolean(relation.meta?.one_collection_field && relation.meta.one_allowed_collections);
  const target = isToAny ? scope : relation.related_collection;
  return target ? { relation, type: isToAny ? 'a2o' : 'm2o', target } : null;
}

/** Whether the field holds the key of the related row. */
function isManySide(relation: Relation, collection: string, field: string): boolean {
  return relation.collection === collection && relation.field === field;
}

/** Whether the field is the alias for the rows that hold this row's key. */
function isOneSide(relation: Relation, collection: string, field: string): boolean {
  return relation.related_collection === collection && relation.meta?.one_field === field;
}
