import type { EventContext, Field, RegisterFunctions } from '@directus/types';
import { assertFieldMayChange } from '../../services/fixed-schema.ts';
import { RefusedError } from '../../tenancy/errors.ts';
import { TENANT_FIELD } from '../../tenancy/managed.ts';
import { hasTenantField } from '../../tenancy/scopes.ts';
import { say } from '../../tenancy/sentences.ts';
import type { Context } from '../../runtime.ts';

/**
 * Nobody takes away the field of a tenants' collection by the way, nor what makes it one. A schema that is applied may: then the
 * collection is closed until the field is back, which the doctor tells.
 */
export function registerTenantFieldGuards({ filter }: RegisterFunctions, context: Context): void {
  filter<string[]>('fields.delete', (fields, { collection }, event) => {
    if (!fields.includes(TENANT_FIELD) || !isGuarded(String(collection), event)) return fields;

    throw new RefusedError({
      reason: say(
        'The field "{field}" says which tenant owns a row of "{collection}". To give the rows of a collection ' +
          'to all tenants, make it shared: PUT /tenancy/collections/:collection with ' +
          '{ "scope": "shared", "confirm": true }.',
        { field: TENANT_FIELD, collection: String(collection) },
      ),
    });
  });

  // A schema that is applied brings the field as it is where all rows have a tenant. Where it is added, none has one yet.
  filter<Partial<Field>>('fields.create', (field) => {
    if (field.field !== TENANT_FIELD || field.schema?.is_nullable !== false) return field;
    return { ...field, schema: { ...field.schema, is_nullable: true } };
  });

  filter<Partial<Field>>('fields.update', async (changes, { collection }, event) => {
    if (changes.field === TENANT_FIELD && isGuarded(String(collection), event)) {
      await assertFieldMayChange(context, String(collection), changes);
    }

    return changes;
  });
}

/** Whether a request, unlike a schema that is applied, is about the field of a tenants' collection. */
function isGuarded(collection: string, { accountability, schema }: EventContext): boolean {
  return Boolean(accountability && schema && hasTenantField(collection, schema));
}
