import type { Field, Relation } from '@directus/types';
import { RefusedError } from '../tenancy/errors.ts';
import { TENANT_FIELD, TENANT_MEMBERS, TENANTS } from '../tenancy/managed.ts';
import { say } from '../tenancy/sentences.ts';
import { fullAccess, type ServiceContext } from './directus.ts';

/** What of the settings of a relation says between what it is. */
const ENDS_OF_RELATION = new Set([
  ...['many_collection', 'many_field', 'one_collection'],
  ...['one_collection_field', 'one_allowed_collections'],
]);

/** What of a column makes no difference to whose a row is. */
const COSMETIC_OF_COLUMN = new Set(['comment', 'is_indexed']);

/**
 * Lets the looks of `tenant_id` be changed, such as its note or its width, and not what makes it the owner of a row: its type, its
 * column and that it leads to a row.
 *
 * @throws RefusedError that names what may not be changed
 */
export async function assertFieldMayChange(
  context: ServiceContext,
  collection: string,
  { type, schema, meta }: Partial<Field>,
): Promise<void> {
  const stored = (await (await fullAccess(context)).fields().readOne(collection, TENANT_FIELD)) as Field;

  if (isChanged(type, stored.type)) throw fixed(collection, 'type');

  // A length that is left out is Directus' own, which is another one where the database has no uuids.
  const column = changedKey(
    schema && Object.assign({ max_length: null }, schema),
    stored.schema,
    (key) => !COSMETIC_OF_COLUMN.has(key),
  );
  if (column) throw fixed(collection, `schema.${column}`);

  if (isChanged(meta?.special, stored.meta?.special)) throw fixed(collection, 'meta.special');
}

/**
 * As {@link assertFieldMayChange}, for the relation to `tenants`: between what it is, and what becomes of rows without it.
 *
 * @throws RefusedError that names what may not be changed
 */
export function assertRelationMayChange(stored: Relation, changes: Partial<Relation>): void {
  const { collection } = stored;

  for (const key of ['collection', 'field', 'related_collection'] as const) {
    if (isChanged(changes[key], stored[key])) throw fixed(collection, key);
  }

  const constraint = changedKey(changes.schema, stored.schema, (key) => key !== 'constraint_name');
  if (constraint) throw fixed(collection, `schema.${constraint}`);

  const meta = changedKey(changes.meta, stored.meta, (key) => ENDS_OF_RELATION.has(key));
  if (meta) throw fixed(collection, `meta.${meta}`);
}

/** The first property that a change gives another value. */
function changedKey(
  changes: object | null | undefined,
  stored: object | null | undefined,
  matters: (key: string) => boolean,
): string | undefined {
  const now = (stored ?? {}) as Record<string, unknown>;
  return Object.entries(changes ?? {}).find(([key, value]) => matters(key) && isChanged(value, now[key]))?.[0];
}

function isChanged(wanted: unknown, stored: unknown): boolean {
  return wanted !== undefined && JSON.stringify(wanted ?? null) !== JSON.stringify(stored ?? null);
}

/** The refusal of a change to what makes a row belong to its tenant. */
export function fixed(collection: string, what: string): Error {
  return new RefusedError({
    reason: say(
      '"{what}" of the field "{field}" cannot be changed: the field says which tenant owns a row of "{collection}". ' +
        'Its note, width and the like can. To give the rows to all tenants, make the collection shared: PUT ' +
        '/tenancy/collections/:collection with { "scope": "shared", "confirm": true }.',
      { what, field: TENANT_FIELD, collection },
    ),
  });
}

/**
 * Refuses to delete what all tenants hang on, as a schema would that was made in a project without the bundle.
 *
 * @throws RefusedError
 */
export function assertOwnCollectionsStay(deleted: readonly unknown[]): void {
  const own = deleted.find((collection) => collection === TENANTS || collection === TENANT_MEMBERS);
  if (own === undefined) return;

  throw new RefusedError({
    reason: say(
      'The collection "{collection}" belongs to the tenancy extension, and nothing was changed: without it there are ' +
        'no tenants. Where a schema is applied, take its snapshot from a project that has the extension.',
      { collection: own },
    ),
  });
}
