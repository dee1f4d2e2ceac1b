import type { Accountability, PrimaryKey, SchemaOverview } from '@directus/types';
import type { Knex } from 'knex';
import { ForbiddenError } from '@directus/errors';
import { InvalidFieldError } from '../tenancy/errors.ts';
import { TENANT_FIELD } from '../tenancy/managed.ts';
import { primaryKeyOf } from '../tenancy/scopes.ts';
import { say } from '../tenancy/sentences.ts';
import type { Context } from '../runtime.ts';

/**
 * Moves a row to the place of another one among the rows of its tenant, as `POST /utils/sort/:collection` of Directus does
 * among all rows of the table. Rows of other tenants keep their values.
 *
 * @param body `{ item, to }`, the keys of the two rows
 * @throws InvalidFieldError for a body that names no rows, or a collection without sort field
 * @throws ForbiddenError when the requester may not change the order; a missing row gets the same answer
 */
export async function sortInTenant(
  context: Context,
  collection: string,
  body: unknown,
  accountability: Accountability,
  schema: SchemaOverview,
): Promise<void> {
  const item = keyIn(body, 'item');
  const to = keyIn(body, 'to');
  const primary = primaryKeyOf(collection, schema);
  const sortField = schema.collections[collection]?.sortField;

  if (!sortField) {
    throw new InvalidFieldError({
      field: 'collection',
      reason: say('"{collection}" has no sort field', { collection }),
    });
  }

  const tenant = accountability.role;
  if (!tenant) throw new ForbiddenError();

  await context.database.transaction(async (transaction) => {
    const rows = (): Knex.QueryBuilder => transaction(collection).where(TENANT_FIELD, tenant);
    const order = (await rows()
      .select(primary)
      .orderByRaw('?? IS NULL', [sortField])
      .orderBy(sortField)
      .orderBy(primary)) as Record<string, PrimaryKey>[];
    const keys = order.map((row) => row[primary] as PrimaryKey);

    const from = keys.findIndex((key) => String(key) === String(item));
    const target = keys.findIndex((key) => String(key) === String(to));
    const [moved] = keys.splice(from, 1);
    if (from === -1 || target === -1 || moved === undefined) throw new ForbiddenError();
    keys.splice(target, 0, moved);

    // Through the service, which asks whether the requester may; the rows that make room are Directus' to move.
    const service = new context.services.ItemsService(collection, { schema, accountability, knex: transaction });
    await service.updateOne(moved, { [sortField]: target + 1 }, { emitEvents: false, skipTracking: true });

    for (const [index, key] of keys.entries()) {
      await rows()
        .where(primary, key)
        .andWhere((differs) => void differs.whereNull(sortField).orWhereNot(sortField, index + 1))
        .update({ [sortField]: index + 1 });
    }
  });

  context.emitter.emitAction(
    ['items.sort', `${collection}.items.sort`],
    { collection, item, to },
    { database: context.database, schema, accountability },
  );
}

function keyIn(body: unknown, field: 'item' | 'to'): PrimaryKey {
  const value = (body as Record<string, unknown> | null)?.[field];
  if (typeof value === 'string' || typeof value === 'number') return value;
  throw new InvalidFieldError({ field, reason: say('must be the key of a row') });
}
