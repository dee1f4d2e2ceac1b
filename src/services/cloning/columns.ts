import type { FieldOverview, Item } from '@directus/types';
import type { Knex } from 'knex';
import { vendorOf } from '../database.ts';

/** Types of Directus that MySQL's driver would make something of that has lost a part on the way back. */
const AS_TEXT_ON_MYSQL: ReadonlySet<string> = new Set([
  'bigInteger',
  'date',
  'dateTime',
  'decimal',
  'json',
  'time',
  'timestamp',
]);

/**
 * Selects columns so that what is read can be written again and is the same to the last digit: drivers make dates of what has
 * microseconds, numbers of what is longer than they are, and objects of JSON.
 */
export function exactly(database: Knex, columns: readonly FieldOverview[]): Knex.Raw[] {
  return columns.map((column) => database.raw(`${expressionOf(database, column)} AS ??`, [column.field, column.field]));
}

function expressionOf(database: Knex, { type }: FieldOverview): string {
  switch (vendorOf(database)) {
    case 'postgres':
      // Every type has a text that it is read from, and that of a parameter is the column's.
      return 'CAST(?? AS TEXT)';
    case 'mysql':
      if (isGeometry(type)) return 'HEX(??)';
      if (type === 'float') return '(?? + 0e0)';
      return AS_TEXT_ON_MYSQL.has(type) ? 'CAST(?? AS CHAR)' : '??';
    default:
      return type === 'bigInteger' ? 'CAST(?? AS TEXT)' : '??';
  }
}

/** What was read with {@link exactly}, as it is written. */
export function writable(database: Knex, row: Item, columns: readonly FieldOverview[]): Item {
  if (vendorOf(database) !== 'mysql') return row;

  return Object.fromEntries(
    Object.entries(row).map(([field, value]: [string, unknown]) => {
      const isHex = typeof value === 'string' && columns.some((each) => each.field === field && isGeometry(each.type));
      return [field, isHex ? Buffer.from(value, 'hex') : value];
    }),
  );
}

function isGeometry(type: string): boolean {
  return type.startsWith('geometry');
}
