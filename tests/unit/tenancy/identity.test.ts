import { describe, expect, it } from 'vitest';
import { judgeIdentity, type CurrentIdentity } from '../../../src/tenancy/identity.ts';

const now = (changes: Partial<CurrentIdentity>): CurrentIdentity => ({
  role: 'north',
  userStatus: 'active',
  tokenTenant: 'active',
  liveTenant: 'active',
  ...changes,
});

const issued = { user: 'me', role: 'north' };

describe('The identity behind a token', () => {
  it('is current while nothing has changed', () => {
    expect(judgeIdentity(issued, now({}))).toBe('current');
  });

  it.each([
    ['was moved to another tenant', now({ role: 'south' })],
    ['was taken out of the tenant', now({ role: null, liveTenant: null })],
    ['was given a role outside of tenants', now({ role: 'staff', liveTenant: null })],
    ['was suspended', now({ userStatus: 'suspended' })],
    ['was archived', now({ userStatus: 'archived' })],
    ['is gone', null],
  ])('is stale when the user %s', (_what, current) => {
    expect(judgeIdentity(issued, current)).toBe('stale');
  });

  it('is stale when the user came into a tenant', () => {
    expect(judgeIdentity({ user: 'me', role: 'staff' }, now({ tokenTenant: null }))).toBe('stale');
  });

  it.each([
    ['suspended', 'tenant-closed'],
    ['archived', 'tenant-archived'],
  ] as const)('is closed out when the tenant is %s', (status, verdict) => {
    expect(judgeIdentity(issued, now({ tokenTenant: status, liveTenant: status }))).toBe(verdict);
    expect(judgeIdentity({ user: null, role: 'north' }, now({ userStatus: null, tokenTenant: status }))).toBe(verdict);
  });

  it('is left to Directus when it has to do with no tenant', () => {
    const staff = { role: 'other', userStatus: 'suspended', tokenTenant: null, liveTenant: null };
    expect(judgeIdentity({ user: 'me', role: 'staff' }, staff)).toBe('current');
  });
});
