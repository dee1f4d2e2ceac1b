import { describe, expect, it } from 'vitest';
import {
  areOwnersTold,
  asksForOwners,
  noAnswers,
  requestOf,
  type ScopeAnswers,
} from '../../../../src/modules/tenants/utilities/scope-change.ts';

const north = { id: 'north-id', name: 'North' };
const unowned = { rows: { owned: 0, unowned: 3 } };
const owned = { rows: { owned: 3, unowned: 0 } };
const answers = (given: Partial<ScopeAnswers>): ScopeAnswers => ({ ...noAnswers(), ...given });

describe('what is asked of the server for a change of a scope', () => {
  it('is nothing as long as no scope is chosen', () => {
    expect(requestOf(noAnswers(), unowned)).toBeUndefined();
  });

  it.each([
    ['shared', unowned],
    ['shared', owned],
    ['tenant', owned],
    ['mixed', owned],
  ] as const)('is the scope alone where nobody has to get rows: %s', (scope, collection) => {
    expect(asksForOwners(answers({ scope }), collection)).toBe(false);
    // What was answered before, for another scope, is not sent.
    expect(requestOf(answers({ scope, way: 'tenant', tenant: north }), collection)).toEqual({ scope });
  });

  it.each([
    [{ way: 'nobody' }, undefined],
    [{ way: 'tenant', tenant: north }, { tenant: 'north-id' }],
    [{ way: 'through', through: 'client' }, { through: 'client' }],
    [
      { way: 'by', by: 'office', tenants: { 1: north, 2: null } },
      { by: 'office', tenants: { 1: 'north-id' } },
    ],
  ] as const)('names who gets the rows: %j', (given, assign) => {
    const told = answers({ scope: 'mixed', ...given });
    expect(areOwnersTold(told)).toBe(true);
    expect(requestOf(told, unowned)).toEqual({ scope: 'mixed', ...(assign && { assign }) });
  });

  it.each([
    {},
    { way: 'nobody' },
    { way: 'tenant' },
    { way: 'through' },
    { way: 'by' },
    { way: 'by', by: 'office' },
    { way: 'by', by: 'office', tenants: { 1: null } },
  ] as const)('is nothing as long as that is not told: %j', (given) => {
    expect(areOwnersTold(answers({ scope: 'tenant', ...given }))).toBe(false);
    expect(requestOf(answers({ scope: 'tenant', ...given }), unowned)).toBeUndefined();
  });
});
