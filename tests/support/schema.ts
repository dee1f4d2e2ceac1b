import type { Account } from './client.ts';
import { must } from './world.ts';

interface Part {
  collection: string;
  field: string;
}

/** Applies the schema of the project without one field, as a schema does that was made elsewhere. */
export async function applySchemaWithout(superAdmin: Account, collection: string, field: string): Promise<void> {
  const snapshot = await must<{ fields: Part[]; relations: Part[] }>(superAdmin, 'GET', '/schema/snapshot');
  const others = (part: Part): boolean => part.collection !== collection || part.field !== field;

  const diff = await must(superAdmin, 'POST', '/schema/diff', {
    ...snapshot,
    fields: snapshot.fields.filter(others),
    relations: snapshot.relations.filter(others),
  });
  await must(superAdmin, 'POST', '/schema/apply', diff);
}
