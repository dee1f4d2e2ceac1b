import { randomBytes, randomInt, randomUUID } from 'node:crypto';
import type { ApiClient } from './api.ts';
import type { Probe } from './probes.ts';
import type { TestedCollection, TestedField, TestedSchema } from './schema.ts';

/** Makes a row to be created, from the one that was generated; `mark` should stand in a text of it. */
export type RowMaker = (row: Record<string, unknown>, mark: string) => Record<string, unknown>;

/** Values that Directus fills in by itself. */
const FILLED_IN = new Set([
  'date-created',
  'date-updated',
  'user-created',
  'user-updated',
  'role-created',
  'role-updated',
  'uuid',
]);

/** Creates a row of the tenant in every collection, as its owner; notes why where that does not work. */
export async function createRows(
  superAdmin: ApiClient,
  schema: TestedSchema,
  probe: Probe,
  makers: Readonly<Record<string, RowMaker>>,
  failures: Map<string, string>,
): Promise<void> {
  for (const collection of schema.tested) {
    const generated = rowOf(collection, schema, probe);
    const row = makers[collection.name]?.(generated, probe.mark) ?? generated;

    try {
      await create(superAdmin, collection, probe, row);
    } catch (error) {
      failures.set(collection.name, error instanceof Error ? error.message : String(error));
    }
  }
}

async function create(
  superAdmin: ApiClient,
  { name, primary, isSingleton }: TestedCollection,
  { owner, rows, id }: Probe,
  row: Record<string, unknown>,
): Promise<void> {
  const [method, body] = isSingleton ? (['PATCH', row] as const) : (['POST', row] as const);
  const saved = await owner.must<Record<string, unknown>>(method, `/items/${name}?fields=${primary.field}`, body);
  const key = saved[primary.field];
  if (typeof key !== 'string' && typeof key !== 'number') throw new Error('the row that was created was not answered');

  // A collection that is not the tenants' would pass every test by being empty for everybody.
  const stored = await superAdmin.must<unknown>(
    'GET',
    `/items/${name}?filter[${primary.field}][_eq]=${key}&fields=tenant_id`,
  );
  const [first] = [stored].flat() as { tenant_id?: unknown }[];
  if (first?.tenant_id !== id) throw new Error('the row that was created does not belong to the tenant');

  rows.set(name, key);
}

function rowOf(collection: TestedCollection, schema: TestedSchema, probe: Probe): Record<string, unknown> {
  const entries = collection.fields.flatMap((field): [string, unknown][] => {
    if (!field.schema || field.field === 'tenant_id' || field.schema.is_generated || field.schema.has_auto_increment)
      return [];
    if (field.meta?.special?.some((special) => FILLED_IN.has(special))) return [];

    const reference = referenceIn(field.field, collection.name, schema, probe);
    const value = reference === undefined ? valueOf(field, probe.mark) : reference;
    return value === undefined || value === null ? [] : [[field.field, value]];
  });

  return Object.fromEntries(entries);
}

/** What a field holds that refers to a row, or that names the collection of one; undefined for any other field. */
function referenceIn(field: string, collection: string, schema: TestedSchema, probe: Probe): unknown {
  for (const { field: name, related_collection: related, meta } of schema.relations.filter(
    (relation) => relation.collection === collection,
  )) {
    // The null of a reference that leads nowhere must not become a value of the field's type.
    if (name === field && related !== null) return keyFor(related, schema, probe) ?? null;

    const target =
      meta?.one_allowed_collections?.find((allowed) => keyFor(allowed, schema, probe) !== undefined) ?? null;
    if (name === field) return target === null ? null : String(keyFor(target, schema, probe));
    if (meta?.one_collection_field === field) return target;
  }

  return undefined;
}

function keyFor(target: string, { shared }: TestedSchema, { rows }: Probe): string | number | undefined {
  return rows.get(target) ?? shared.get(target);
}

/** A value of the field's type, other each time, since it may have to be unique. */
function valueOf({ type, schema, meta }: TestedField, mark: string): unknown {
  const [choice] = meta?.options?.choices ?? [];
  if (choice !== undefined && type === 'string') return choice.value;

  switch (type) {
    case 'string':
    case 'text':
    case 'hash':
      return `${mark} ${randomBytes(4).toString('hex')}`.slice(0, schema?.max_length ?? undefined);
    case 'uuid':
      return schema?.is_primary_key ? undefined : randomUUID();
    case 'integer':
    case 'bigInteger':
      return randomInt(1, 2 ** 31 - 1);
    case 'float':
    case 'decimal':
      return randomInt(1, 1000);
    case 'boolean':
      return true;
    case 'date':
      return '2030-01-31';
    case 'time':
      return '12:30:00';
    case 'dateTime':
      return '2030-01-31T12:30:00';
    case 'timestamp':
      return '2030-01-31T12:30:00Z';
    case 'json':
      return { mark };
    case 'csv':
      return [mark];
    default:
      return undefined;
  }
}
