import type { Accountability } from '@directus/types';
import { describe, expect, it } from 'vitest';
import type { BoundaryContext } from '../../../src/tenancy/boundaries.ts';
import { TENANTS_ROLE } from '../../../src/tenancy/managed.ts';
import { requesterOf, scopeQuery } from '../../../src/tenancy/queries.ts';
import { schemaOf } from './support.ts';

const context: BoundaryContext = {
  schema: schemaOf({ projects: ['title', 'tenant_id'], countries: ['name'], lost: [], unknown: [], tenants: [] }),
  recorded: new Map([
    ['projects', 'tenant'],
    ['countries', 'shared'],
    ['lost', 'tenant'],
  ]),
  tenantsExist: true,
  fieldsCanBeHidden: true,
};

function accountability(role: string | null, roles: string[]): Accountability {
  return { user: 'me', role, roles, admin: false, app: false, ip: null };
}

const member = accountability('north', ['north', TENANTS_ROLE]);
const outsider = accountability('staff', ['staff']);

describe('A requester', () => {
  it('is a member when the role hangs below the role Tenants', () => {
    expect(requesterOf(member)).toBe('member');
    expect(requesterOf(outsider)).toBe('outsider');
    expect(requesterOf(accountability(null, []))).toBe('outsider');
    expect(requesterOf(accountability(TENANTS_ROLE, [TENANTS_ROLE]))).toBe('outsider');
  });
});

describe('A root query', () => {
  it('is filtered by the tenant of the requester, beside its own filter', () => {
    const own = { title: { _eq: 'x' } };
    expect(scopeQuery({ filter: own, limit: 5 }, 'projects', member, context)).toEqual({
      limit: 5,
      filter: { _and: [own, { tenant_id: { _in: ['north'] } }] },
    });
  });

  it('meets nothing for a requester without role', () => {
    expect(scopeQuery({}, 'projects', accountability(null, []), context)?.filter).toEqual({
      tenant_id: { _in: [null] },
    });
  });

  it('is not changed in place: Directus freezes the queries of requests', () => {
    const query = Object.freeze({ filter: Object.freeze({ title: { _eq: 'x' } }) });
    expect(() => scopeQuery(query, 'projects', member, context)).not.toThrow();
    expect(query.filter).toEqual({ title: { _eq: 'x' } });
  });

  it('of a shared collection is what it was', () => {
    const query = { limit: 1 };
    expect(scopeQuery(query, 'countries', member, context)).toBe(query);
  });

  it('is refused where a collection is broken, or undecided and asked for by a member', () => {
    expect(scopeQuery({}, 'lost', member, context)).toBeNull();
    expect(scopeQuery({}, 'lost', outsider, context)).toBeNull();
    expect(scopeQuery({}, 'unknown', member, context)).toBeNull();
    expect(scopeQuery({}, 'unknown', outsider, context)).toEqual({});
  });

  it('of roles shows a member the own role, of users the colleagues', () => {
    expect(scopeQuery({}, 'directus_roles', member, context)?.filter).toEqual({
      id: { _in: ['north'] },
    });
    expect(scopeQuery({}, 'directus_users', member, context)?.filter).toEqual({
      role: { _in: ['north'] },
    });
  });

  it('is left alone where a member reads what Directus grants every user of its app', () => {
    const query = {};
    for (const collection of ['directus_settings', 'directus_translations', 'directus_policies']) {
      expect(scopeQuery(query, collection, member, context)).toBe(query);
    }
  });
});
