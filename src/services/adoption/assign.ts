import type { Item, PrimaryKey } from '@directus/types';
import type { Knex } from 'knex';
import { TENANT_FIELD } from '../../tenancy/managed.ts';
import { primaryKeyOf } from '../../tenancy/scopes.ts';
import { assignedOwner, type Adoption, type Assignment } from './owners.ts';

/** Rows that one statement gives to tenants: as many as keep others waiting for a moment only. */
const ROWS_PER_BATCH = 10_000;

/** Called after each whole batch with the number of rows that have been looked at since the start. */
export type Progress = (rows: number) => void;

/**
 * Gives rows without tenant to tenants, batch by batch along the primary key, each in a transaction of its own. Whoever starts
 * it again after it was interrupted goes on with the rows that are left.
 *
 * @returns how many rows were given to a tenant
 */
export async function assignRows(
  database: Knex,
  adoption: Adoption,
  assignment: Assignment,
  progress: Progress,
): Promise<number> {
  const { collection } = adoption;
  const primary = primaryKeyOf(collection, adoption.schema);
  const owner = assignedOwner(database, adoption, assignment);

  let assigned = 0;
  let last: PrimaryKey | undefined;

  for (let batch = 1; ; batch += 1) {
    const open = (): Knex.QueryBuilder => {
      const query = database(collection).whereNull(TENANT_FIELD);
      return last === undefined ? query : query.where(primary, '>', last);
    };

    const end: Item | undefined = await open()
      .orderBy(primary)
      .offset(ROWS_PER_BATCH - 1)
      .first(primary);

    const rows = open().whereRaw('? IS NOT NULL', [owner]);
    if (end) rows.where(primary, '<=', end[primary] as PrimaryKey);

    const changed: unknown = await rows.update({ [TENANT_FIELD]: owner });
    assigned += Number(changed);
    if (!end) return assigned;

    progress(batch * ROWS_PER_BATCH);
    last = end[primary] as PrimaryKey;
  }
}
