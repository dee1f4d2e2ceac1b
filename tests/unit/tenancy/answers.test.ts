import type { Accountability } from '@directus/types';
import { describe, expect, it } from 'vitest';
import { isPersonal, mayBeCached, privateCacheControl } from '../../../src/tenancy/answers.ts';
import { TENANTS_ROLE } from '../../../src/tenancy/managed.ts';

const nobody: Accountability = { user: null, role: null, roles: [], admin: false, app: false, ip: null };
const staff: Accountability = { ...nobody, user: 'me', role: 'staff', roles: ['staff'] };
const member: Accountability = { ...nobody, user: 'me', role: 'north', roles: ['north', TENANTS_ROLE] };
const admin: Accountability = { ...staff, admin: true };
const share: Accountability = { ...nobody, share: 'a share' };

describe('An answer', () => {
  it.each([
    ['the public', nobody, true, true],
    ['a user without role', { ...nobody, user: 'me' }, true, true],
    ['staff', staff, true, true],
    ['a member', member, false, false],
    ['a share', share, false, false],
    // A super-admin is answered with rows of tenants, once there are tenants.
    ['a super-admin', admin, true, false],
  ])(
    'for %s may be cached: without tenants in the project, with tenants',
    (_who, accountability, without, withThem) => {
      expect(mayBeCached(accountability, false)).toBe(without);
      expect(mayBeCached(accountability, true)).toBe(withThem);
    },
  );

  it('is personal for everybody but the public', () => {
    expect([staff, member, admin, share, { ...nobody, user: 'me' }].map(isPersonal)).not.toContain(false);
    expect(isPersonal(nobody)).toBe(false);
  });

  it.each([
    ['public, max-age=2592000', 'private, max-age=2592000'],
    ['private, max-age=300', 'private, max-age=300'],
    ['public, max-age=300, s-maxage=600', 'private, max-age=300'],
    ['Public,S-MaxAge=600', 'private'],
    ['max-age=0, must-revalidate', 'private, max-age=0, must-revalidate'],
    ['no-cache', 'private, no-cache'],
    ['no-store', 'no-store'],
    ['', 'no-store'],
    [undefined, 'no-store'],
  ])('that is personal goes out with %s as %s', (value, expected) => {
    expect(privateCacheControl(value)).toBe(expected);
  });
});
