import type { Knex } from 'knex';
import type { TableIndex } from '../tenancy/doctor/indexes.ts';
import { vendorOf, type DatabaseVendor } from './database.ts';

/** One column of an index, in the words of every vendor's query. */
interface IndexColumn {
  name: string;
  column: string | null;
  is_unique: unknown;
  is_primary: unknown;
  is_partial: unknown;
}

const QUERIES: Partial<Record<DatabaseVendor, string>> = {
  sqlite: `
    SELECT list.name AS "name", info.name AS "column", list."unique" AS is_unique,
      CASE WHEN list.origin = 'pk' THEN 1 ELSE 0 END AS is_primary, list.partial AS is_partial
    FROM pragma_index_list(?) AS list JOIN pragma_index_info(list.name) AS info
    ORDER BY list.name, info.seqno`,
  // An index that is still being built, or whose building failed, is not used: it counts as one of a part of the rows.
  postgres: `
    SELECT class.relname AS "name", attribute.attname AS "column", list.indisunique AS is_unique,
      list.indisprimary AS is_primary, (list.indpred IS NOT NULL OR NOT list.indisvalid) AS is_partial
    FROM pg_index AS list
    JOIN pg_class AS class ON class.oid = list.indexrelid
    JOIN LATERAL unnest(list.indkey) WITH ORDINALITY AS part(number, place) ON part.place <= list.indnkeyatts
    LEFT JOIN pg_attribute AS attribute
      ON attribute.attrelid = list.indrelid AND attribute.attnum = part.number AND part.number > 0
    WHERE list.indrelid = to_regclass(quote_ident(?))
    ORDER BY class.relname, part.place`,
  mysql: `
    SELECT index_name AS \`name\`, column_name AS \`column\`, 1 - non_unique AS is_unique,
      index_name = 'PRIMARY' AS is_primary, 0 AS is_partial
    FROM information_schema.statistics
    WHERE table_schema = DATABASE() AND table_name = ?
    ORDER BY index_name, seq_in_index`,
};

/** The indexes of a table; null on a database whose catalogue is not known here. */
export async function readIndexes(database: Knex, table: string): Promise<TableIndex[] | null> {
  const vendor = vendorOf(database);
  const query = QUERIES[vendor];
  if (!query) return null;

  const indexes = new Map<string, TableIndex>();

  for (const row of rowsOf(vendor, await database.raw(query, [table]))) {
    const index = indexes.get(row.name) ?? {
      name: row.name,
      columns: [],
      unique: isTrue(row.is_unique),
      primary: isTrue(row.is_primary),
      partial: isTrue(row.is_partial),
    };

    index.columns.push(row.column);
    indexes.set(row.name, index);
  }

  return [...indexes.values()];
}

/** The rows of a raw query, which every driver wraps in its own way. */
function rowsOf(vendor: DatabaseVendor, result: unknown): IndexColumn[] {
  switch (vendor) {
    case 'postgres':
      return (result as { rows: IndexColumn[] }).rows;
    case 'mysql':
      return (result as [IndexColumn[]])[0];
    default:
      return result as IndexColumn[];
  }
}

function isTrue(value: unknown): boolean {
  return value === true || Number(value) === 1;
}
