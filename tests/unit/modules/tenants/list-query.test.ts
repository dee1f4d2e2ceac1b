import { describe, expect, test } from 'vitest';
import {
  formatListQuery,
  parseListQuery,
  toTenantQuery,
} from '../../../../src/modules/tenants/utilities/list-query.ts';

const plain = { search: null, status: null, sort: { by: 'name', desc: false }, page: 1, limit: 25 };

describe('the state of the list in the URL', () => {
  test('is the default where the URL says nothing', () => {
    expect(parseListQuery({})).toEqual(plain);
    expect(formatListQuery(parseListQuery({}))).toEqual({});
  });

  test('comes back as it was written', () => {
    const query = { search: 'north', status: 'suspended', sort: '-storage', page: '3', limit: '100' };

    expect(parseListQuery(query)).toEqual({
      search: 'north',
      status: 'suspended',
      sort: { by: 'storage', desc: true },
      page: 3,
      limit: 100,
    });

    expect(formatListQuery(parseListQuery(query))).toEqual(query);
  });

  test.each([
    ['an unknown status', { status: 'gone' }],
    ['an unknown column', { sort: '-password' }],
    ['a page before the first', { page: '0' }],
    ['a page that is no number', { page: 'two' }],
    ['a part of a page', { page: '1.5' }],
    ['a page size that is not offered', { limit: '7' }],
    ['an empty search', { search: '  ' }],
    ['a key without a value', { status: null }],
  ])('ignores %s', (_what, query) => {
    expect(parseListQuery(query)).toEqual(plain);
  });

  test('takes the first of repeated keys', () => {
    expect(parseListQuery({ status: ['archived', 'active'] }).status).toBe('archived');
  });

  test('asks the API for what is not the default as well as for what is', () => {
    expect(toTenantQuery(parseListQuery({}))).toEqual({ sort: 'name', limit: 25, page: 1 });

    expect(toTenantQuery(parseListQuery({ search: 'north', status: 'active', sort: '-items' }))).toEqual({
      search: 'north',
      status: 'active',
      sort: '-items',
      limit: 25,
      page: 1,
    });
  });
});
