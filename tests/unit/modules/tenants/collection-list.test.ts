import { describe, expect, it } from 'vitest';
import {
  explanationOf,
  listedCollections,
  scopeNameOf,
} from '../../../../src/modules/tenants/utilities/collection-list.ts';
import type { Scope } from '../../../../src/tenancy/types.ts';

const collection = (key: string, name: string, scope: Scope | null, findings: string[] = []) => ({
  collection: key,
  name,
  icon: 'box',
  scope,
  rows: { owned: 0, unowned: 0 },
  unique: [],
  findings,
});

const all = [
  collection('news', 'Nachrichten', 'tenant'),
  collection('countries', 'Länder', 'shared', ['Something is wrong.']),
  collection('strangers', 'Fremde', null, ['Nobody decided.']),
];

const keys = (search: string | null, filter: Parameters<typeof listedCollections>[1]['filter']): string[] =>
  listedCollections(all, { search, filter }).map((each) => each.collection);

describe('the list of collections', () => {
  it('is in the order of the names that people read', () => {
    expect(keys(null, null)).toEqual(['strangers', 'countries', 'news']);
  });

  it('is searched by names and by keys', () => {
    expect(keys('NACHR', null)).toEqual(['news']);
    expect(keys('countr', null)).toEqual(['countries']);
    expect(keys('nowhere', null)).toEqual([]);
  });

  it('is filtered by scope, and by whether something is wrong', () => {
    expect(keys(null, 'shared')).toEqual(['countries']);
    expect(keys(null, 'undecided')).toEqual(['strangers']);
    expect(keys(null, 'findings')).toEqual(['strangers', 'countries']);
    expect(keys('news', 'findings')).toEqual([]);
  });

  it('explains files otherwise than a collection that is mixed', () => {
    expect(explanationOf('directus_files', 'mixed')).toBe('project_text');
    expect(explanationOf('news', scopeNameOf({ scope: null }))).toBe('undecided_text');
  });
});
