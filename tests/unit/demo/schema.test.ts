import { describe, expect, test } from 'vitest';
import { layouts } from '../../../scripts/demo/layouts.ts';
import { collections, relations } from '../../../scripts/demo/schema.ts';

const names = collections.map(({ collection }) => collection);
const system = ['directus_users', 'directus_files'];
const fieldsOf = (collection: string): string[] =>
  collections.find((definition) => definition.collection === collection)?.fields.map(({ field }) => field) ?? [];

describe('the collections of the demo', () => {
  test('leave room within the limits of Directus 12 without a licence', () => {
    expect(names.length).toBeLessThanOrEqual(14);
  });

  test('have a scope unless they are a folder', () => {
    for (const { scope, schema } of collections) expect(scope === undefined).toBe(schema === null);
  });

  test('are made after the group they belong to', () => {
    const made = new Set<string>();
    for (const { collection, meta } of collections) {
      if (meta.group) expect(made).toContain(meta.group);
      made.add(collection);
    }
  });

  test.each(collections.map((definition) => [definition.collection, definition] as const))(
    '%s names only fields that it has',
    (collection, { meta }) => {
      const fields = [undefined, ...fieldsOf(collection)];
      expect(fields).toContain(meta.sort_field);
      expect(fields).toContain(meta.archive_field);
    },
  );
});

describe('the relations of the demo', () => {
  test.each(relations.map((relation) => [`${relation.collection}.${relation.field}`, relation] as const))(
    '%s joins fields that exist',
    (_name, { collection, field, related_collection, meta }) => {
      expect(fieldsOf(collection)).toContain(field);
      expect([...names, ...system]).toContain(related_collection);
      if (meta.one_field) expect(fieldsOf(related_collection)).toContain(meta.one_field);
      if (meta.junction_field) expect(fieldsOf(collection)).toContain(meta.junction_field);
      if (meta.sort_field) expect(fieldsOf(collection)).toContain(meta.sort_field);
    },
  );

  test('give every relational field its relation', () => {
    for (const { collection, fields } of collections) {
      for (const { field, meta } of fields) {
        if (meta.special?.some((special) => ['m2o', 'file'].includes(special))) {
          expect(relations).toContainEqual(expect.objectContaining({ collection, field }));
        }
        if (meta.special?.some((special) => ['o2m', 'm2m', 'files'].includes(special))) {
          expect(relations).toContainEqual(
            expect.objectContaining({
              related_collection: collection,
              meta: expect.objectContaining({ one_field: field }),
            }),
          );
        }
      }
    }
  });
});

test('the layouts are for collections that exist', () => {
  for (const { collection } of layouts) expect(names).toContain(collection);
});
