import type { SchemaOverview } from '@directus/types';
import { TENANT_FIELD } from './managed.ts';
import { hasTenantField, primaryKeyOf } from './scopes.ts';

/** A foreign key to rows of tenants, in a table that grows with the number of tenants. */
export interface IndexedReference {
  collection: string;
  field: string;
  target: string;
  /** The columns of the index that finds the rows which refer to a row. */
  columns: [string, string];
}

/**
 * The foreign keys for which the rows of all tenants would be read when a row of one is deleted: the database looks for what refers to
 * it by the key alone. MySQL and MariaDB have an index on each of them, PostgreSQL and SQLite have none.
 *
 * The index has a second column. For one of a single column the settings of the field say that it is indexed, and a snapshot of
 * the schema takes that along; and with the tenant in it, it serves queries that follow the reference within a tenant.
 */
export function indexedReferences(schema: SchemaOverview): IndexedReference[] {
  return schema.relations.flatMap(({ collection, field, related_collection: target, schema: key }) => {
    if (!key || target === null || !hasTenantField(target, schema)) return [];
    if (hasTenantField(collection, schema)) return [{ collection, field, target, columns: [field, TENANT_FIELD] }];
    // Every tenant has users. Other tables without tenant belong to the project.
    if (collection !== 'directus_users') return [];
    return [{ collection, field, target, columns: [field, primaryKeyOf(collection, schema)] }];
  });
}
