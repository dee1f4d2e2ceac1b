import type { SchemaOverview } from '@directus/types';
import type { Knex } from 'knex';
import type { OwnedReference } from '../tenancy/doctor/references.ts';
import { primaryKeyOf } from '../tenancy/scopes.ts';
import { vendorOf } from './database.ts';

/** Joins the rows, under one alias, with what a reference of theirs leads to, under another one. */
export function joinTarget(
  database: Knex,
  query: Knex.QueryBuilder,
  { collection, field, target, collectionField }: OwnedReference,
  schema: SchemaOverview,
  alias: { from: string; to: string },
): void {
  if (collectionField !== null) query.where(`${alias.from}.${collectionField}`, target);

  const primary = primaryKeyOf(target, schema);
  const typeOf = (of: string, name: string): string | null => schema.collections[of]?.fields[name]?.dbType ?? null;
  const comparable = collectionField === null && typeOf(collection, field) === typeOf(target, primary);

  query.innerJoin({ [alias.to]: target }, (join) => {
    join.on(
      database.raw('? = ?', [
        keyAsText(database, `${alias.from}.${field}`, comparable),
        keyAsText(database, `${alias.to}.${primary}`, comparable),
      ]),
    );
  });
}

/** A key as it can be compared: many-to-any fields keep every key as text, which MySQL compares with anything. */
export function keyAsText(database: Knex, column: string, comparable = false): Knex.Raw {
  const vendor = vendorOf(database);
  if (comparable || vendor === 'mysql') return database.raw('??', [column]);
  return database.raw(`CAST(?? AS ${vendor === 'postgres' ? 'VARCHAR' : 'TEXT'})`, [column]);
}

/**
 * "The reference leads from a row to one of a tenant that is not the row's own".
 *
 * @param from whose the row is, and `to` whose the row is to which it refers
 * @param allReadIt whether rows of nobody are read by all on the side of `from`: those must not tell of anybody's. Elsewhere such
 *   rows are seen by super-admins only
 */
export function leadsElsewhere(database: Knex, from: Knex.Raw, to: Knex.Raw, allReadIt: boolean): Knex.Raw {
  // Null is not unequal to anything.
  if (!allReadIt) return database.raw('? <> ?', [from, to]);
  return database.raw('(? IS NOT NULL AND (? IS NULL OR ? <> ?))', [to, from, from, to]);
}
