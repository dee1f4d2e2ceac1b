import type { Accountability, Item, PrimaryKey, SchemaOverview } from '@directus/types';
import { InvalidFieldError, RefusedError } from './errors.ts';
import { isOwnedSystemCollection, TENANT_FIELD, TENANT_MEMBERS, TENANTS } from './managed.ts';
import { requesterOf } from './queries.ts';
import { hasTenantField, primaryKeyOf, treatmentOf, type RecordedScopes } from './scopes.ts';
import { say } from './sentences.ts';

/**
 * How the rows of a collection are owned: `always` by a tenant; `mixed`, where rows of nobody are super-admins' to write;
 * `perhaps`, where rows of nobody are the project's (files and folders); `never`.
 */
export type Ownership = 'always' | 'mixed' | 'perhaps' | 'never';

export function ownershipOf(collection: string, schema: SchemaOverview, recorded: RecordedScopes): Ownership {
  if (collection === TENANT_MEMBERS || !hasTenantField(collection, schema)) return 'never';
  if (isOwnedSystemCollection(collection)) return 'perhaps';
  return treatmentOf(collection, schema, recorded) === 'mixed' ? 'mixed' : 'always';
}

/** A many-to-one reference in a payload to a row that has a tenant itself. */
export interface Reference {
  field: string;
  collection: string;
  key: PrimaryKey;
}

/** The id that a many-to-one value names: the value itself or the primary key of an object; undefined for anything else. */
export function referencedKey(value: unknown, primary: string): PrimaryKey | undefined {
  const key: unknown = value && typeof value === 'object' ? (value as Item)[primary] : value;
  return typeof key === 'string' || typeof key === 'number' ? key : undefined;
}

/** The references of a payload from which its tenant can be told. */
export function owningReferences(collection: string, payload: Item, schema: SchemaOverview): Reference[] {
  return schema.relations.flatMap((relation) => {
    const related = relation.related_collection;
    if (relation.collection !== collection || !related || related === TENANTS) return [];
    if (related === TENANT_MEMBERS || !hasTenantField(related, schema)) return [];

    const key = referencedKey(payload[relation.field], primaryKeyOf(related, schema));
    return key === undefined ? [] : [{ field: relation.field, collection: related, key }];
  });
}

/**
 * Whether Directus or the database gives new rows their key. Nobody short of a super-admin chooses such a key: the answer
 * would tell whether another tenant has it, and a sequence would go on from it for everybody.
 */
export function isKeyGenerated(collection: string, schema: SchemaOverview): boolean {
  const field = schema.collections[collection]?.fields[primaryKeyOf(collection, schema)];
  return field?.defaultValue === 'AUTO_INCREMENT' || field?.special.includes('uuid') === true || field?.type === 'uuid';
}

/** A row that is not the requester's to write, or is not there: which of both is not told, nor by whom the key was chosen. */
export function notYours(): Error {
  return new RefusedError({
    reason: say(
      "You don't have permission to access this, or it does not exist. " +
        'New rows are given their key: leave it out when you create one.',
    ),
  });
}

/**
 * The payload of a row that a requester short of a super-admin creates, stamped with the tenant in which the requester acts.
 *
 * @throws RefusedError when the requester acts in no tenant
 * @throws InvalidFieldError when the payload names another tenant
 */
export function stampForRequester(payload: Item, ownership: Ownership, accountability: Accountability): Item {
  if (ownership === 'never') return payload;

  if (requesterOf(accountability) === 'outsider' || !accountability.role) {
    if (ownership === 'perhaps' && (payload[TENANT_FIELD] ?? null) === null) return payload;
    throw new RefusedError({ reason: say('These rows belong to tenants, and you act in none.') });
  }

  assertOwnTenant(payload, accountability.role);
  return { ...payload, [TENANT_FIELD]: accountability.role };
}

/**
 * The payload of a row that a super-admin or an internal service creates. Those act for no tenant, so the payload names
 * one, or refers to rows that tell it. In a mixed collection a row of which neither is true is nobody's, as is one whose payload says so.
 *
 * @param tenantsOfReferences the distinct tenants of {@link owningReferences}
 * @throws InvalidFieldError when no tenant can be told, or more than one
 */
export function stampFromPayload(payload: Item, ownership: Ownership, tenantsOfReferences: readonly string[]): Item {
  if (!needsTenant(payload, ownership)) return payload;
  if (tenantsOfReferences.length === 1) return { ...payload, [TENANT_FIELD]: tenantsOfReferences[0] };
  if (tenantsOfReferences.length === 0 && ownership === 'mixed') return payload;

  throw new InvalidFieldError({
    field: TENANT_FIELD,
    reason:
      tenantsOfReferences.length === 0
        ? say('is required: say which tenant owns the row')
        : say('cannot be told: the row refers to rows of several tenants'),
  });
}

/** Whether the tenant of a row that is created has to be told by something else than its payload. */
export function needsTenant(payload: Item, ownership: Ownership): boolean {
  if (ownership === 'mixed') return payload[TENANT_FIELD] === undefined;
  return ownership === 'always' && (payload[TENANT_FIELD] ?? null) === null;
}

/**
 * The changes of an update by a requester short of a super-admin. `tenant_id` may be sent back as it is, which the Studio
 * does, and is taken out.
 *
 * @throws InvalidFieldError when the changes name another tenant
 */
export function changesForRequester(changes: Item, ownership: Ownership, accountability: Accountability): Item {
  if (ownership === 'never' || !(TENANT_FIELD in changes)) return changes;

  const { [TENANT_FIELD]: _same, ...rest } = changes;

  if (requesterOf(accountability) === 'outsider' || !accountability.role) {
    if (ownership === 'perhaps' && changes[TENANT_FIELD] === null) return rest;
    throw new RefusedError({ reason: say('These rows belong to tenants, and you act in none.') });
  }

  assertOwnTenant(changes, accountability.role);
  return rest;
}

/**
 * Refuses an update, by whomever, that would take a row from one tenant to another.
 *
 * @param tenantsOfRows the distinct values of `tenant_id` in the rows that are updated
 * @throws InvalidFieldError
 */
export function assertTenantStays(changes: Item, tenantsOfRows: readonly (string | null)[]): void {
  if (!(TENANT_FIELD in changes)) return;
  const wanted = tenantNamedBy(changes);
  if (tenantsOfRows.every((tenant) => tenant === null || tenant === wanted)) return;

  throw new InvalidFieldError({ field: TENANT_FIELD, reason: say('cannot be changed: a row stays with its tenant') });
}

function assertOwnTenant(payload: Item, tenant: string): void {
  if (!(TENANT_FIELD in payload) || tenantNamedBy(payload) === tenant) return;

  throw new InvalidFieldError({
    field: TENANT_FIELD,
    reason: say('must be the tenant in which you act; leave it out and it is filled in'),
  });
}

/** The tenant that a payload names; an object that would create or change a tenant names none. */
export function tenantNamedBy(payload: Item): string | null {
  const value: unknown = payload[TENANT_FIELD];
  if (value && typeof value === 'object') {
    const keys = Object.keys(value);
    return keys.length === 1 && keys[0] === 'id' ? String((value as Item)['id']) : null;
  }

  return typeof value === 'string' ? value : null;
}
