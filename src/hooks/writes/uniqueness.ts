import type { RegisterFunctions } from '@directus/types';
import { nameOneField } from '../../services/unique-errors.ts';
import { releaseColumn } from '../../services/uniqueness.ts';
import { processState, type Context } from '../../runtime.ts';

/** What Directus does not know of values that are unique within a tenant: how to tell of one, and how to delete the field. */
export function registerUniqueness({ filter }: RegisterFunctions, { database }: Context): void {
  const state = processState();
  if (state.onQueryError) database.off('query-error', state.onQueryError);

  // Before Directus translates the error. Its event `database.error` comes after that, when the name of the index, on
  // PostgreSQL and MySQL, and the value, which Directus looks up by the field, are lost.
  state.onQueryError = nameOneField;
  database.on('query-error', state.onQueryError);

  filter<string[]>('fields.delete', async (fields, { collection }, event) => {
    for (const field of fields) await releaseColumn(event.database, String(collection), field);
    return fields;
  });
}
