import type { FieldOverview } from '@directus/types';
import { expect, it } from 'vitest';
import { viewFields } from '../../../src/tenancy/view-fields.ts';

const none = { sort_field: null, archive_field: null };

const fields = (types: Record<string, string>): Record<string, FieldOverview> =>
  Object.fromEntries(
    Object.entries(types).map(([field, type]) => [
      field,
      { field, type, alias: type === 'alias', special: [] } as unknown as FieldOverview,
    ]),
  );

const numbers = fields(Object.fromEntries(Array.from('abcdefgh').map((name) => [name, 'integer'])));
const sortsBy = (...sort: string[]): unknown => ({ tabular: { sort } });

it('names the fields of the settings first, and each field once', () => {
  const settings = { sort_field: 'h', archive_field: 'g' };
  expect(viewFields(settings, [sortsBy('h'), sortsBy('-a')], numbers, () => true)).toEqual(['h', 'g', 'a']);
  expect(viewFields({ sort_field: 'a', archive_field: 'a' }, [], numbers, () => true)).toEqual(['a']);
});

it('takes the five most used, and of equally used ones the first by name', () => {
  const queries = [sortsBy('h', 'c'), sortsBy('-h'), ...Array.from('gfedcba').map((name) => sortsBy(name))];
  expect(viewFields(none, queries, numbers, () => true)).toEqual(['c', 'h', 'a', 'b', 'd']);
});

it('counts a field once for each bookmark, in whatever layouts', () => {
  const twice = { tabular: { sort: ['b', '-b'] }, cards: { sort: 'b' } };
  expect(viewFields(none, [twice, sortsBy('a'), sortsBy('a')], numbers, () => true)).toEqual(['a', 'b']);
});

it('leaves out what is no short column of the collection', () => {
  const known = fields({
    text: 'text',
    json: 'json',
    map: 'geometry.Point',
    items: 'alias',
    name: 'string',
    long: 'string',
  });
  const settings = { sort_field: 'gone', archive_field: 'text' };
  const named = ['json', 'map', 'items', 'name', 'long', 'client.name', 'year(name)', 'constructor', '__proto__'];
  expect(viewFields(settings, [sortsBy(...named)], known, (field) => field !== 'long')).toEqual(['name']);
});

it.each([
  [null],
  ['sort'],
  [[]],
  [{ tabular: null }],
  [{ tabular: { sort: null } }],
  [{ tabular: { sort: [1, null] } }],
])('finds no field in %j', (query) => {
  expect(viewFields(none, [query], numbers, () => true)).toEqual([]);
});
