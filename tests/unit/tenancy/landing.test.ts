import { describe, expect, it } from 'vitest';
import { judgeMapping, landingLevelOf, type KnownUser, type Mapped } from '../../../src/tenancy/landing.ts';

describe('The level of whoever lands in a tenant', () => {
  it.each([
    [undefined, 'viewer'],
    ['', 'viewer'],
    ['viewer', 'viewer'],
    ['editor', 'editor'],
  ])('%s is %s', (value, level) => {
    expect(landingLevelOf({ TENANCY_LANDING_LEVEL: value })).toBe(level);
  });

  it.each(['owner', 'api', 'Viewer', 'member', 'true', true, 1, {}])('cannot be %s', (value) => {
    expect(() => landingLevelOf({ TENANCY_LANDING_LEVEL: value })).toThrow(/TENANCY_LANDING_LEVEL must be one of/);
  });
});

describe('What a provider says of a user', () => {
  const decided = new Set(['north', 'south']);
  const north: Mapped = { kind: 'tenant', id: 'north', isOpen: true };
  const closed: Mapped = { kind: 'tenant', id: 'south', isOpen: false };
  const staff: Mapped = { kind: 'role', isAdmin: false };
  const admins: Mapped = { kind: 'role', isAdmin: true };
  const parent: Mapped = { kind: 'tenants-role' };
  const nothing: Mapped = { kind: 'nothing' };

  const outside: KnownUser = { tenant: null, memberships: [], isAdmin: false };
  const idle: KnownUser = { ...outside, memberships: ['north'] };
  const inNorth: KnownUser = { ...idle, tenant: 'north' };
  const inSouth: KnownUser = { tenant: 'south', memberships: ['south'], isAdmin: false };
  const elsewhere: KnownUser = { tenant: 'west', memberships: ['west'], isAdmin: false };
  const boss: KnownUser = { ...outside, isAdmin: true };

  it.each<[string, Mapped, KnownUser, string]>([
    ['an open tenant takes whoever is outside', north, outside, 'as-mapped'],
    ['and whoever is in another one', north, inSouth, 'as-mapped'],
    ['and whoever was made a member elsewhere', north, elsewhere, 'as-mapped'],
    ['and whoever left it', north, idle, 'as-mapped'],
    ['and whoever acts there without being on its list', north, { ...inNorth, memberships: [] }, 'as-mapped'],
    ['and does nothing to its members', north, inNorth, 'stay'],
    ['and takes no super-admin', north, boss, 'stay'],
    ['a closed one takes nobody new', closed, outside, 'leave'],
    ['not even from another one', closed, inNorth, 'leave'],
    ['nor from one that is none of the provider’s business', closed, elsewhere, 'stay'],
    ['and lets its members wait', closed, inSouth, 'stay'],
    ['a tenant that nobody named takes nobody', { kind: 'tenant', id: 'west', isOpen: true }, outside, 'stay'],
    ['nor a member of another', { kind: 'tenant', id: 'west', isOpen: true }, inNorth, 'stay'],
    ['another role is what it always was outside', staff, outside, 'as-mapped'],
    ['and for whoever left', staff, idle, 'as-mapped'],
    ['and ends a stay', staff, inNorth, 'leave'],
    ['but not elsewhere', staff, elsewhere, 'stay'],
    ['nothing is nothing outside', nothing, outside, 'as-mapped'],
    ['and ends a stay, too', nothing, inNorth, 'leave'],
    ['but not elsewhere, either', nothing, elsewhere, 'stay'],
    ['a role with admin access is for outsiders', admins, outside, 'as-mapped'],
    ['and not for members', admins, inNorth, 'stay'],
    ['nor for those elsewhere', admins, elsewhere, 'stay'],
    ['nor for those who left', admins, idle, 'stay'],
    ['the role of all tenants is nobody’s', parent, outside, 'stay'],
    ['and ends a stay as well', parent, inNorth, 'leave'],
    ['but not elsewhere, as nothing does', parent, elsewhere, 'stay'],
  ])('%s', (_name, mapped, user, verdict) => {
    expect(judgeMapping(mapped, user, decided).verdict).toBe(verdict);
  });

  it.each([
    [closed, outside],
    [north, boss],
    [admins, inNorth],
    [parent, outside],
    [{ kind: 'tenant', id: 'west', isOpen: true } as const, outside],
  ])('is told to the operator where it is refused: %o', (mapped, user) => {
    expect(judgeMapping(mapped, user, decided).warning).toMatch(/^maps somebody|^maps a member/);
  });
});
