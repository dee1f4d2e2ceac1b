import type { Filter, PermissionsAction } from '@directus/types';
import { describe, expect, it } from 'vitest';
import type { BoundaryContext, Requester } from '../../../src/tenancy/boundaries.ts';
import { ownTenant } from '../../../src/tenancy/predicates.ts';
import {
  managedPermissions,
  narrowPermissions,
  narrowToScope,
  widenFromTenants,
  type PermissionRow,
} from '../../../src/tenancy/rules.ts';
import { schemaOf } from './support.ts';

const ACTIONS: PermissionsAction[] = ['create', 'read', 'update', 'delete', 'share'];
const PREDICATE = ownTenant();
/** The same of rows, as Directus' engine gets it. */
const OWN_ROWS = { tenant_id: { _in: ['$CURRENT_ROLE'] } };

const context: BoundaryContext = {
  schema: schemaOf({
    projects: ['title', 'tenant_id'],
    countries: ['name'],
    lost: ['title'],
    unknown: ['title'],
    tenants: ['name'],
    tenant_members: ['tenant_id', 'user_id'],
    directus_files: ['title', 'tenant_id'],
    directus_users: ['role'],
  }),
  recorded: new Map([
    ['projects', 'tenant'],
    ['countries', 'shared'],
    ['lost', 'tenant'],
  ]),
  tenantsExist: true,
  fieldsCanBeHidden: true,
};

function row(collection: string, action: PermissionsAction, values: Partial<PermissionRow> = {}): PermissionRow {
  return { collection, action, permissions: {}, validation: null, presets: null, fields: ['*'], ...values };
}

const narrowed = (permission: PermissionRow, requester: Requester, changes: Partial<BoundaryContext> = {}) =>
  narrowPermissions([permission], requester, { ...context, ...changes })[0];

describe('A permission row of a tenant-scoped collection', () => {
  it.each(ACTIONS)('reaches rows of the own tenant only (%s)', (action) => {
    for (const requester of ['member', 'outsider'] as const) {
      for (const permissions of [null, {} as Filter]) {
        expect(narrowed(row('projects', action, { permissions }), requester)?.permissions).toEqual(OWN_ROWS);
      }
    }
  });

  it('keeps the rule that it had, beside the tenant', () => {
    const own = { title: { _eq: 'x' } } as Filter;
    for (const permissions of [own, { _and: [own, PREDICATE] } as Filter]) {
      expect(narrowed(row('projects', 'read', { permissions }), 'member')?.permissions).toEqual({
        _and: [own, OWN_ROWS],
      });
    }
  });

  it('stamps what is created and lets nothing else be written', () => {
    expect(narrowed(row('projects', 'create'), 'member')).toMatchObject({
      presets: { tenant_id: '$CURRENT_ROLE' },
      validation: { _and: [{ tenant_id: { _submitted: true } }, PREDICATE] },
    });
    expect(narrowed(row('projects', 'update'), 'member')).toMatchObject({ validation: PREDICATE, presets: null });
  });

  it('overrides a preset for another tenant, and keeps the others', () => {
    const created = narrowed(row('projects', 'create', { presets: { tenant_id: 'x', status: 'draft' } }), 'member');
    expect(created?.presets).toEqual({ tenant_id: '$CURRENT_ROLE', status: 'draft' });
  });

  it('may name tenant_id where it names fields and the walls have to', () => {
    expect(narrowed(row('projects', 'create', { fields: ['title'] }), 'member')?.fields).toEqual([
      'title',
      'tenant_id',
    ]);
    expect(narrowed(row('projects', 'read', { fields: ['title'] }), 'member')?.fields).toEqual(['title', 'tenant_id']);
    expect(narrowed(row('projects', 'update', { fields: ['title'] }), 'member')?.fields).toEqual(['title']);
    expect(narrowed(row('projects', 'read', { fields: [] }), 'member')?.fields).toEqual([]);
  });

  it('does not change when it is narrowed again', () => {
    for (const action of ACTIONS) {
      const once = narrowToScope(
        row('projects', action, { permissions: { title: { _nnull: true } } as Filter }),
        'tenant',
      );
      expect(narrowToScope(once, 'tenant')).toEqual(once);
    }
  });

  it('is what it was when the collection is shared again', () => {
    for (const action of ACTIONS) {
      const original = row('projects', action, {
        permissions: { title: { _nnull: true } } as Filter,
        presets: { status: 'draft' },
        fields: ['title'],
      });
      expect(widenFromTenants(narrowToScope(original, 'tenant'))).toEqual(original);
    }
  });
});

describe('A permission row of a mixed collection', () => {
  const NOBODYS = { tenant_id: { _null: true } };
  const mixed = { recorded: new Map([['projects', 'mixed' as const]]) };

  it('lets members read their rows and those of nobody, and write their own alone', () => {
    for (const action of ACTIONS) {
      expect(narrowed(row('projects', action), 'member', mixed)?.permissions, action).toEqual(
        action === 'read' ? { _or: [NOBODYS, OWN_ROWS] } : OWN_ROWS,
      );
    }
  });

  it('lets others read rows of nobody, and write none', () => {
    for (const action of ACTIONS) {
      expect(narrowed(row('projects', action), 'outsider', mixed)?.permissions, action).toEqual(
        action === 'read' ? NOBODYS : undefined,
      );
    }
  });

  it('is one of a tenants’ collection where that is a singleton', () => {
    const singleton = schemaOf({ projects: ['title', 'tenant_id'], tenants: [] });
    singleton.collections['projects']!.singleton = true;
    const read = narrowed(row('projects', 'read'), 'member', { ...mixed, schema: singleton });
    expect(read?.permissions).toEqual(OWN_ROWS);
  });

  it('goes from one scope to the other and back, and to what it was', () => {
    for (const action of ACTIONS) {
      const original = row('projects', action, { permissions: { title: { _nnull: true } } as Filter });
      const tenant = narrowToScope(original, 'tenant');
      const both = narrowToScope(tenant, 'mixed');
      expect(narrowToScope(both, 'mixed')).toEqual(both);
      expect(both).toEqual(narrowToScope(original, 'mixed'));
      expect(narrowToScope(both, 'tenant')).toEqual(tenant);
      expect(widenFromTenants(both)).toEqual(original);
    }
  });
});

describe('A permission row of any other collection', () => {
  it('stays as it is where the collection is shared', () => {
    const permission = row('countries', 'read');
    for (const requester of ['member', 'outsider'] as const) expect(narrowed(permission, requester)).toBe(permission);
  });

  it('is gone where the field tenant_id of a tenants’ collection is missing', () => {
    for (const action of ACTIONS) {
      for (const requester of ['member', 'outsider'] as const) {
        expect(narrowed(row('lost', action), requester)).toBeUndefined();
      }
    }
  });

  it('is gone for members where nobody decided the scope, and there as ever for everybody else', () => {
    const permission = row('unknown', 'read');
    expect(narrowed(permission, 'member')).toBeUndefined();
    expect(narrowed(permission, 'outsider')).toBe(permission);
  });

  it('of tenants and memberships reads the own and writes nothing', () => {
    for (const requester of ['member', 'outsider'] as const) {
      expect(narrowed(row('tenants', 'read'), requester)?.permissions).toEqual({
        id: { _in: ['$CURRENT_ROLE'] },
      });
      expect(narrowed(row('tenant_members', 'read'), requester)?.permissions).toEqual(OWN_ROWS);

      for (const action of ['create', 'update', 'delete'] as const) {
        expect(narrowed(row('tenants', action), requester)).toBeUndefined();
        expect(narrowed(row('tenant_members', action), requester)).toBeUndefined();
      }
    }
  });
});

describe('A permission row of Directus’ own collections', () => {
  it.each([
    'directus_access',
    'directus_policies',
    'directus_permissions',
    'directus_operations',
    'directus_versions',
    'directus_extensions',
    'directus_something_new',
  ])('is gone for members where no decision opens it (%s)', (collection) => {
    for (const action of ACTIONS) expect(narrowed(row(collection, action), 'member')).toBeUndefined();
  });

  it('lets members see colleagues and change themselves alone', () => {
    expect(narrowed(row('directus_users', 'read'), 'member')?.permissions).toEqual({
      role: { _in: ['$CURRENT_ROLE'] },
    });
    expect(narrowed(row('directus_users', 'update'), 'member')?.permissions).toEqual({
      id: { _in: ['$CURRENT_USER'] },
    });
    for (const action of ['create', 'delete'] as const) {
      expect(narrowed(row('directus_users', action), 'member')).toBeUndefined();
    }
  });

  it('leaves outsiders what they had as long as there is no tenant', () => {
    for (const collection of ['directus_users', 'directus_roles', 'directus_activity', 'directus_presets']) {
      const permission = row(collection, 'read');
      expect(narrowed(permission, 'outsider', { tenantsExist: false })).toBe(permission);
    }
  });

  it('keeps what belongs to tenants from outsiders once there are tenants', () => {
    for (const collection of [
      'directus_users',
      'directus_roles',
      'directus_activity',
      'directus_revisions',
      'directus_comments',
      'directus_presets',
      'directus_dashboards',
      'directus_panels',
      'directus_notifications',
      'directus_shares',
      'directus_versions',
      'directus_files',
    ]) {
      expect(narrowed(row(collection, 'read'), 'outsider')?.permissions, collection).not.toEqual({});
    }

    expect(narrowed(row('directus_files', 'read'), 'outsider')?.permissions).toEqual({ tenant_id: { _null: true } });
  });

  it('hides tenant_id from outsiders, unless the licence would make them pay for it', () => {
    const permission = row('directus_files', 'read');
    expect(narrowed(permission, 'outsider', { tenantsExist: false })?.fields).toEqual(['id', 'title']);
    expect(narrowed(permission, 'outsider', { tenantsExist: false, fieldsCanBeHidden: false })).toBe(permission);
  });
});

describe('The rows of the managed policies', () => {
  it('let every member read and the writing levels write, within the tenant', () => {
    const rows = managedPermissions('projects', 'tenant', ['editor', 'owner'], 'member');
    expect(rows.map(({ policy, action }) => `${policy} ${action}`)).toEqual([
      'member read',
      ...['editor', 'owner'].flatMap((policy) =>
        ['create', 'update', 'delete', 'share'].map((action) => `${policy} ${action}`),
      ),
    ]);
    for (const { permissions } of rows) expect(permissions).toEqual(PREDICATE);
  });

  it('let every member read a shared collection, and nobody write it', () => {
    expect(managedPermissions('countries', 'shared', ['editor'], 'member')).toEqual([
      {
        policy: 'member',
        collection: 'countries',
        action: 'read',
        permissions: null,
        validation: null,
        presets: null,
        fields: ['*'],
      },
    ]);
  });
});
