import { describe, expect, test } from 'vitest';
import { actsInTenant, isOpen } from '../../../src/modules/workspace/utilities/membership.ts';
import { kindOfLevel } from '../../../src/modules/workspace/utilities/levels.ts';
import { TENANTS_ROLE } from '../../../src/tenancy/managed.ts';
import type { TenantStatus } from '../../../src/tenancy/types.ts';

const tenant = { id: 'a' };
const parent = { id: TENANTS_ROLE };

describe('the workspace is shown', () => {
  test.each([
    ['to a member', { admin_access: false, role: tenant, roles: [tenant, parent] }, true],
    ['to nobody with admin access', { admin_access: true, role: tenant, roles: [tenant, parent] }, false],
    ['to nobody without tenant', { admin_access: false, role: { id: 'b' }, roles: [{ id: 'b' }] }, false],
    ['to nobody without role', { admin_access: false, role: null, roles: [] }, false],
    ['to nobody with the role of all tenants itself', { admin_access: false, role: parent, roles: [parent] }, false],
    ['to nobody who looks at a share', { share: 'c', roles: [tenant, parent] }, false],
    ['to nobody of whom the roles are not known', { admin_access: false }, false],
  ])('%s', (_whom, user, shown) => {
    expect(actsInTenant(user)).toBe(shown);
  });
});

describe('a person goes to a tenant', () => {
  const membership = (status: TenantStatus, level: string) => ({
    tenant: { id: 'a', name: 'A', slug: 'a', status },
    level,
    active: false,
  });

  test.each([
    ['active', 'viewer', true],
    ['suspended', 'owner', false],
    ['archived', 'owner', true],
    ['archived', 'editor', false],
  ] as const)('that is %s as %s: %s', (status, level, open) => {
    expect(isOpen(membership(status, level))).toBe(open);
  });
});

test('a level is explained as one of the bundle, or as a policy of the project', () => {
  expect(['owner', 'editor', 'viewer', 'api', '6d1f0a52-8f0e-4c43-9a57-1d3b5c0e7b99', null].map(kindOfLevel)).toEqual([
    'owner',
    'editor',
    'viewer',
    'api',
    'project',
    'project',
  ]);
});
