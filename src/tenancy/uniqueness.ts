import type { FieldOverview } from '@directus/types';
import type { TableIndex } from './doctor/indexes.ts';
import { TENANT_FIELD } from './managed.ts';
import { say } from './sentences.ts';
import type { UniqueField } from './types.ts';

/** The unique indexes that hold one field: those within a tenant, and those over the whole project. */
export interface UniqueIndexes {
  tenant: TableIndex[];
  project: TableIndex[];
}

/** The unique indexes of one field; primary keys, and indexes of a part of the rows, are none. */
export function uniqueIndexesOf(indexes: readonly TableIndex[], field: string): UniqueIndexes {
  const whole = indexes.filter(({ unique, primary, partial }) => unique && !primary && !partial);

  return {
    tenant: whole.filter(
      ({ columns }) => columns.length === 2 && columns.includes(TENANT_FIELD) && columns.includes(field),
    ),
    project: whole.filter(({ columns }) => columns.length === 1 && columns[0] === field),
  };
}

/** The fields with unique values. What is unique in the project is unique within each tenant too, and is named once. */
export function uniqueFieldsOf(indexes: readonly TableIndex[], fields: readonly string[]): UniqueField[] {
  return [...fields]
    .filter((field) => field !== TENANT_FIELD)
    .sort()
    .flatMap((field): UniqueField[] => {
      const { tenant, project } = uniqueIndexesOf(indexes, field);
      if (project.length > 0) return [{ field, within: 'project' }];
      return tenant.length > 0 ? [{ field, within: 'tenant' }] : [];
    });
}

/**
 * Why values of a field cannot be unique; null where they can.
 *
 * @param textIsIndexed whether the database has indexes over texts of any length
 */
export function whyNotUnique({ type, generated }: FieldOverview, textIsIndexed: boolean): string | null {
  if (generated) return say('is computed by the database; its index has to be made there');

  const isText = type === 'text' || type === 'csv';
  const hasIndex = !/^(json|geometry|binary|unknown)/.test(type) && (textIsIndexed || !isText);
  return hasIndex ? null : say('is of the type "{type}", which cannot be unique in this database', { type });
}
