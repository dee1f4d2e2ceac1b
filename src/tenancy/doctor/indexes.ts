import { TENANT_FIELD } from '../managed.ts';

/** An index of a table, as far as the doctor looks at it. */
export interface TableIndex {
  name: string;
  /** The columns in their order; null for an expression. */
  columns: (string | null)[];
  unique: boolean;
  primary: boolean;
  /** Whether it holds some of the rows only. */
  partial: boolean;
}

/** Whether the rows with a value of a column are found without reading all rows. */
export function findsRowsBy(column: string, indexes: readonly TableIndex[]): boolean {
  return indexes.some(({ columns, partial }) => columns[0] === column && !partial);
}

/**
 * The indexes that keep values unique across tenants, so that one tenant notices what another one has.
 *
 * @param ownReferences fields that lead to rows with a tenant: their values are the tenant's own already
 */
export function uniqueAcrossTenants(indexes: readonly TableIndex[], ownReferences: ReadonlySet<string>): TableIndex[] {
  return indexes.filter(
    ({ unique, primary, columns }) =>
      unique &&
      !primary &&
      !columns.includes(TENANT_FIELD) &&
      !columns.some((column) => column !== null && ownReferences.has(column)),
  );
}
