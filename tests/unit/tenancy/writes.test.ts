import type { Accountability, Item } from '@directus/types';
import { describe, expect, it } from 'vitest';
import { TENANTS_ROLE } from '../../../src/tenancy/managed.ts';
import {
  assertTenantStays,
  changesForRequester,
  owningReferences,
  ownershipOf,
  stampForRequester,
  stampFromPayload,
} from '../../../src/tenancy/writes.ts';
import { schemaOf } from './support.ts';

const schema = schemaOf(
  {
    projects: ['title', 'client', 'cover', 'tenant_id'],
    clients: ['name', 'country', 'tenant_id'],
    countries: ['name'],
    tenants: [],
    tenant_members: ['tenant_id'],
    directus_files: ['tenant_id'],
  },
  [
    ['projects', 'client', 'clients'],
    ['projects', 'cover', 'directus_files'],
    ['clients', 'country', 'countries'],
  ],
);

const member: Accountability = {
  user: 'me',
  role: 'north',
  roles: ['north', TENANTS_ROLE],
  admin: false,
  app: true,
  ip: null,
};
const outsider: Accountability = { ...member, role: 'staff', roles: ['staff'] };
const withoutRole: Accountability = { ...member, role: null, roles: [] };

const FORGED: unknown[] = [
  'south',
  null,
  '',
  5,
  { id: 'south' },
  { id: 'north', name: 'stolen' },
  { name: 'new' },
  ['north'],
];

describe('Ownership', () => {
  const recorded = new Map([['clients', 'mixed' as const]]);

  it('follows the field tenant_id; files may belong to nobody, memberships are the bundle’s', () => {
    expect(
      ['projects', 'clients', 'directus_files', 'countries', 'tenant_members'].map((name) =>
        ownershipOf(name, schema, recorded),
      ),
    ).toEqual(['always', 'mixed', 'perhaps', 'never', 'never']);
  });
});

describe('Creating', () => {
  it('stamps the tenant in which the member acts', () => {
    expect(stampForRequester({ title: 'x' }, 'always', member)).toEqual({ title: 'x', tenant_id: 'north' });
    expect(stampForRequester({ tenant_id: 'north' }, 'always', member)).toEqual({ tenant_id: 'north' });
    expect(stampForRequester({ tenant_id: { id: 'north' } }, 'always', member)).toEqual({ tenant_id: 'north' });
    expect(stampForRequester({ title: 'x' }, 'perhaps', member)).toEqual({ title: 'x', tenant_id: 'north' });
  });

  it.each(FORGED)('refuses %j as the tenant of a member', (tenant_id) => {
    for (const ownership of ['always', 'mixed', 'perhaps'] as const) {
      expect(() => stampForRequester({ tenant_id }, ownership, member)).toThrow(/"tenant_id" must be the tenant/);
    }
  });

  it('is refused for who acts in no tenant, but for files of nobody', () => {
    for (const requester of [outsider, withoutRole]) {
      expect(() => stampForRequester({ title: 'x' }, 'always', requester)).toThrow(/you act in none/);
      expect(() => stampForRequester({ title: 'x' }, 'mixed', requester)).toThrow(/you act in none/);
      expect(() => stampForRequester({ tenant_id: 'north' }, 'perhaps', requester)).toThrow(/you act in none/);
      expect(stampForRequester({ title: 'x' }, 'perhaps', requester)).toEqual({ title: 'x' });
    }
  });

  it('leaves rows that no tenant owns alone', () => {
    const payload: Item = { name: 'x' };
    expect(stampForRequester(payload, 'never', outsider)).toBe(payload);
  });
});

describe('Creating as a super-admin', () => {
  it('takes the tenant that is named, or the one that the references tell', () => {
    expect(stampFromPayload({ tenant_id: 'north' }, 'always', [])).toEqual({ tenant_id: 'north' });
    expect(stampFromPayload({ title: 'x' }, 'always', ['south'])).toEqual({ title: 'x', tenant_id: 'south' });
    expect(stampFromPayload({ title: 'x' }, 'perhaps', [])).toEqual({ title: 'x' });
  });

  it('makes rows of nobody in mixed collections where nothing tells a tenant, or the payload says so', () => {
    expect(stampFromPayload({ title: 'x' }, 'mixed', [])).toEqual({ title: 'x' });
    expect(stampFromPayload({ title: 'x' }, 'mixed', ['south'])).toEqual({ title: 'x', tenant_id: 'south' });
    expect(stampFromPayload({ tenant_id: null }, 'mixed', ['south'])).toEqual({ tenant_id: null });
    expect(() => stampFromPayload({}, 'mixed', ['north', 'south'])).toThrow(/"tenant_id" cannot be told/);
  });

  it('is refused when no tenant can be told, or more than one', () => {
    expect(() => stampFromPayload({ title: 'x' }, 'always', [])).toThrow(/"tenant_id" is required/);
    expect(() => stampFromPayload({ tenant_id: null }, 'always', [])).toThrow(/"tenant_id" is required/);
    expect(() => stampFromPayload({}, 'always', ['north', 'south'])).toThrow(/"tenant_id" cannot be told/);
  });

  it('looks at references to owned rows, by key or by object', () => {
    expect(owningReferences('projects', { client: 7, cover: { id: 'f', title: 'x' } }, schema)).toEqual([
      { field: 'client', collection: 'clients', key: 7 },
      { field: 'cover', collection: 'directus_files', key: 'f' },
    ]);
    expect(owningReferences('projects', { client: { name: 'new' }, cover: null, tenant_id: 'north' }, schema)).toEqual(
      [],
    );
    expect(owningReferences('clients', { country: 1 }, schema)).toEqual([]);
  });
});

describe('Updating', () => {
  it('takes the own tenant out of what a client sends back', () => {
    expect(changesForRequester({ title: 'y', tenant_id: 'north' }, 'always', member)).toEqual({ title: 'y' });
    expect(changesForRequester({ title: 'y' }, 'always', member)).toEqual({ title: 'y' });
  });

  it.each(FORGED)('refuses %j as the new tenant', (tenant_id) => {
    expect(() => changesForRequester({ tenant_id }, 'always', member)).toThrow(/"tenant_id" must be the tenant/);
  });

  it('keeps rows with their tenant for super-admins too, and lets rows of nobody be given', () => {
    expect(() => assertTenantStays({ tenant_id: 'south' }, ['north'])).toThrow(/"tenant_id" cannot be changed/);
    expect(() => assertTenantStays({ tenant_id: null }, ['north'])).toThrow(/"tenant_id" cannot be changed/);
    expect(() => assertTenantStays({ tenant_id: 'south' }, ['south', 'north'])).toThrow();
    expect(() => assertTenantStays({ tenant_id: 'south' }, [null])).not.toThrow();
    expect(() => assertTenantStays({ tenant_id: 'south' }, ['south', null])).not.toThrow();
    expect(() => assertTenantStays({ title: 'y' }, ['north', 'south'])).not.toThrow();
  });
});
