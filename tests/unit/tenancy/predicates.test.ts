import type { Filter } from '@directus/types';
import { describe, expect, it } from 'vitest';
import {
  and,
  contains,
  equalsAndExists,
  ownTenant,
  shortened,
  userOutsideTenants,
  without,
} from '../../../src/tenancy/predicates.ts';

const PREDICATE = ownTenant();
const RULE = { status: { _eq: 'published' } } as Filter;

describe('The tenant predicate', () => {
  it('asks that there is a tenant beside asking which, so that null meets nothing', () => {
    expect(PREDICATE).toEqual({ _and: [{ tenant_id: { _nnull: true } }, { tenant_id: { _eq: '$CURRENT_ROLE' } }] });
    expect(equalsAndExists('role', 'x')).toEqual({ _and: [{ role: { _nnull: true } }, { role: { _eq: 'x' } }] });
  });

  it('is one condition where rows are looked for, wherever it stands', () => {
    const short = { tenant_id: { _in: ['$CURRENT_ROLE'] } };
    expect(shortened(PREDICATE)).toEqual(short);
    expect(shortened(equalsAndExists('role', null))).toEqual({ role: { _in: [null] } });
    expect(shortened({ _or: [{ _and: [RULE, PREDICATE] }, PREDICATE] })).toEqual({
      _or: [{ _and: [RULE, short] }, short],
    });
  });

  it('leaves conditions that only look like it', () => {
    const others = [
      { _and: [{ tenant_id: { _nnull: true } }] },
      { _and: [{ tenant_id: { _nnull: true } }, { other: { _eq: 'x' } }] },
      { _and: [{ tenant_id: { _nnull: false } }, { tenant_id: { _eq: 'x' } }] },
      { _and: [{ tenant_id: { _nnull: true } }, { tenant_id: { _neq: 'x' } }] },
      { _and: [{ tenant_id: { _nnull: true } }, { tenant_id: { _eq: 'x' } }, RULE] },
      { client: { _some: { _and: [{ id: { _nnull: true } }, { id: { _eq: 'x' } }] } } },
      { status: { _and: [{ _nnull: true }, { _eq: 'x' }] } },
    ] as Filter[];

    for (const filter of others) expect(shortened(filter)).toEqual(filter);
  });

  it('finds users outside of tenants at any path, users without role included', () => {
    expect(userOutsideTenants('activity', 'user')).toMatchObject({
      _or: [
        { activity: { user: { role: { _null: true } } } },
        { activity: { user: { role: { parent: { _null: true } } } } },
        { activity: { user: { role: { parent: { _neq: expect.any(String) as string } } } } },
      ],
    });
  });
});

describe('AND-ing a predicate onto a rule', () => {
  it.each([[null], [undefined], [{}]])('makes it the whole rule where there is none (%j)', (rule) => {
    expect(and(rule, PREDICATE)).toEqual(PREDICATE);
  });

  it('keeps the rule beside it', () => {
    expect(and(RULE, PREDICATE)).toEqual({ _and: [RULE, PREDICATE] });
  });

  it('does it once, wherever and in whatever order its conditions are there already', () => {
    const shapes = [
      PREDICATE,
      { _and: [RULE, PREDICATE] },
      { _and: [{ tenant_id: { _eq: '$CURRENT_ROLE' } }, RULE, { tenant_id: { _nnull: true } }] },
      { _and: [{ _and: [RULE, { tenant_id: { _eq: '$CURRENT_ROLE' } }] }, { tenant_id: { _nnull: true } }] },
    ] as Filter[];

    for (const shape of shapes) expect(and(shape, PREDICATE)).toBe(shape);
  });

  it('is not fooled by conditions that only look like it', () => {
    const shapes = [
      { _or: [PREDICATE, RULE] },
      { _and: [{ tenant_id: { _eq: '$CURRENT_ROLE' } }] },
      { client: PREDICATE },
      { tenant_id: { _eq: 'another' } },
      { _and: [{ _or: [{ tenant_id: { _nnull: true } }] }, { tenant_id: { _eq: '$CURRENT_ROLE' } }] },
    ] as Filter[];

    for (const shape of shapes) {
      expect(contains(shape, PREDICATE)).toBe(false);
      expect(and(shape, PREDICATE)).toEqual({ _and: [shape, PREDICATE] });
    }
  });
});

describe('Taking a predicate off a rule', () => {
  it('gives back what was there before', () => {
    expect(without(and(RULE, PREDICATE), PREDICATE)).toEqual(RULE);
    expect(without(and(null, PREDICATE), PREDICATE)).toBeNull();
    expect(without(null, PREDICATE)).toBeNull();
  });

  it('leaves every other condition', () => {
    const rule = { _and: [RULE, { _or: [{ a: { _eq: 1 } }, { b: { _eq: 2 } }] }] } as Filter;
    expect(without(and(rule, PREDICATE), PREDICATE)).toEqual(rule);
  });
});
