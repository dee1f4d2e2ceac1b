import type { Knex } from 'knex';
import { alterOnline, nameAfter, rowsOf } from './database.ts';

/**
 * Makes PostgreSQL refuse null in a column. A constraint is validated first, while others write; with it the column need not
 * be read again under a lock. Whoever calls it again after it was interrupted goes on, and twice changes nothing.
 *
 * @throws when there is a null; nothing was changed
 */
export async function refuseNullOnPostgres(database: Knex, table: string, column: string): Promise<void> {
  const constraint = nameAfter(table, column, 'check');

  const [state] = rowsOf<{ is_refused: boolean; is_checked: boolean }>(
    database,
    await database.raw(
      `SELECT attnotnull AS is_refused,
        EXISTS (SELECT FROM pg_constraint WHERE conrelid = attrelid AND conname = ?) AS is_checked
      FROM pg_attribute WHERE attrelid = to_regclass(quote_ident(?)) AND attname = ?`,
      [constraint, table, column],
    ),
  );

  if (!state || (state.is_refused && !state.is_checked)) return;

  try {
    if (state.is_refused) return;

    if (!state.is_checked) {
      await database.raw('ALTER TABLE ?? ADD CONSTRAINT ?? CHECK (?? IS NOT NULL) NOT VALID', [
        table,
        constraint,
        column,
      ]);
    }

    await database.raw('ALTER TABLE ?? VALIDATE CONSTRAINT ??', [table, constraint]);
    await database.raw('ALTER TABLE ?? ALTER COLUMN ?? SET NOT NULL', [table, column]);
  } finally {
    await database.raw('ALTER TABLE ?? DROP CONSTRAINT IF EXISTS ??', [table, constraint]);
  }
}

/** Makes PostgreSQL take null in a column, also where refusing it was interrupted. Twice changes nothing. */
export async function takeNullOnPostgres(database: Knex, table: string, column: string): Promise<void> {
  await database.raw('ALTER TABLE ?? DROP CONSTRAINT IF EXISTS ??, ALTER COLUMN ?? DROP NOT NULL', [
    table,
    nameAfter(table, column, 'check'),
    column,
  ]);
}

interface MySqlColumn {
  type: string;
  /** Null for a type that is no text, such as MariaDB's own of ids. */
  charset: string | null;
  collation: string;
  comment: string;
  nullable: string;
}

/**
 * Makes MySQL or MariaDB refuse null in a column without default, or take it; else the column stays as it is. Twice changes
 * nothing.
 *
 * @throws when null is to be refused and there is one; nothing was changed
 */
export async function setNullOnMySql(
  database: Knex,
  table: string,
  column: string,
  wanted: 'refused' | 'taken',
): Promise<void> {
  const [state] = rowsOf<MySqlColumn>(
    database,
    await database.raw(
      `SELECT column_type AS type, character_set_name AS charset, collation_name AS collation, column_comment AS comment,
        is_nullable AS nullable
      FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = ? AND column_name = ?`,
      [table, column],
    ),
  );

  if (!state || (state.nullable === 'NO') === (wanted === 'refused')) return;

  const text = state.charset === null ? '' : 'CHARACTER SET ?? COLLATE ??';
  const names = state.charset === null ? [] : [state.charset, state.collation];

  await alterOnline(
    database,
    `ALTER TABLE ?? MODIFY ?? ${state.type} ${text} ${wanted === 'refused' ? 'NOT NULL' : 'NULL'} COMMENT ?`,
    [table, column, ...names, state.comment],
  );
}
