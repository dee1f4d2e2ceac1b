import { describe, expect, test } from 'vitest';
import { agencies } from '../../../scripts/demo/content/index.ts';
import { makeRows, type AgencyRows, type Row } from '../../../scripts/demo/rows.ts';
import { collections, relations } from '../../../scripts/demo/schema.ts';

const today = new Date('2026-03-01T12:00:00Z');

function rowsOf(agency: (typeof agencies)[number]): AgencyRows {
  return makeRows({ agency, today, users: new Map(agency.people.map(({ key }) => [key, `user-${key}`])) });
}

function fieldsOf(collection: string): string[] {
  return collections.find((definition) => definition.collection === collection)?.fields.map(({ field }) => field) ?? [];
}

/** The collection whose rows are nested in this field. */
function nestedCollection(collection: string, field: string): string {
  const relation = relations.find(
    ({ related_collection, meta }) => related_collection === collection && meta.one_field === field,
  );
  if (!relation) throw new Error(`${collection}.${field} holds rows but is no relation.`);
  return relation.collection;
}

/** Each row with its collection, nested ones too. */
function flatten(collection: string, rows: Row[]): [string, Row][] {
  return rows.flatMap((row) => [
    [collection, row] as [string, Row],
    ...Object.entries(row).flatMap(([field, value]) =>
      Array.isArray(value) ? flatten(nestedCollection(collection, field), value) : [],
    ),
  ]);
}

describe.each(agencies.map((agency) => [agency.name, agency] as const))('the rows of %s', (_name, agency) => {
  const rows = rowsOf(agency);
  const all = rows.items.flatMap(([collection, items]) => flatten(collection, items));

  test('have only fields that exist', () => {
    for (const [collection, row] of all) expect(fieldsOf(collection)).toEqual(expect.arrayContaining(Object.keys(row)));
  });

  test('point only to rows of the same agency', () => {
    const known = new Set<unknown>([
      null,
      ...all.map(([, row]) => row.id),
      ...rows.uploads.map(({ id }) => id),
      ...agency.people.map(({ key }) => `user-${key}`),
    ]);
    const scoped = relations.filter(({ related_collection: to }) => to !== 'countries' && to !== 'industries');
    for (const [collection, row] of all) {
      for (const { field } of scoped.filter((relation) => relation.collection === collection)) {
        if (field in row) expect(known, `${collection}.${field}`).toContain(row[field]);
      }
    }
    const folders = rows.folders.map(({ id }) => id);
    for (const { parent } of rows.folders) expect([null, ...folders]).toContain(parent);
    for (const { folder } of rows.uploads) expect(folders).toContain(folder);
  });

  test('say nothing about tenants', () => {
    for (const [, row] of all) expect(row).not.toHaveProperty('tenant_id');
  });

  test('are the same each time', () => {
    expect(rowsOf(agency)).toEqual(rows);
  });
});

test('no two rows of all agencies have the same id', () => {
  const ids = agencies.flatMap((agency) => {
    const { folders, uploads, items } = rowsOf(agency);
    return [...folders, ...uploads, ...items.flatMap(([, rows]) => rows)].map(({ id }) => id);
  });
  expect(new Set(ids).size).toBe(ids.length);
  for (const id of ids) {
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  }
});

test('a person who is missing is named', () => {
  const [agency] = agencies;
  if (!agency) throw new Error('There is no agency.');
  expect(() => makeRows({ agency, today, users: new Map() })).toThrow(/names "\w+", who is not one of the people of/);
});
