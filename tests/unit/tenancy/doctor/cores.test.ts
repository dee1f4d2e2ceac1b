import type { Relation, SchemaOverview } from '@directus/types';
import { describe, expect, it } from 'vitest';
import { rolesWithAdminAccess } from '../../../../src/tenancy/doctor/admins.ts';
import { bridges } from '../../../../src/tenancy/doctor/bridges.ts';
import { flowsWithFullAccess } from '../../../../src/tenancy/doctor/flows.ts';
import { findsRowsBy, uniqueAcrossTenants, type TableIndex } from '../../../../src/tenancy/doctor/indexes.ts';
import { changedPolicies, type StoredPolicy } from '../../../../src/tenancy/doctor/policies.ts';
import { ownedReferences } from '../../../../src/tenancy/doctor/references.ts';
import { isTestedVersion } from '../../../../src/tenancy/doctor/version.ts';
import { POLICIES } from '../../../../src/tenancy/managed.ts';
import { schemaOf } from '../support.ts';

type RelationWithMeta = Omit<Relation, 'meta' | 'schema'> & { meta: object };

/** A schema whose relations have more to say than a field and where it leads. */
function withRelations(schema: SchemaOverview, relations: RelationWithMeta[]): SchemaOverview {
  return { ...schema, relations: [...schema.relations, ...(relations as unknown as Relation[])] };
}

describe('ownedReferences', () => {
  const schema = withRelations(
    schemaOf(
      {
        tenants: ['owner'],
        tenant_members: ['tenant_id', 'user_id'],
        directus_users: ['role'],
        directus_roles: ['parent'],
        directus_files: ['tenant_id', 'uploaded_by', 'folder'],
        directus_folders: ['tenant_id', 'parent'],
        projects: ['tenant_id', 'client', 'country', 'partner', 'access'],
        clients: ['tenant_id'],
        countries: ['flag'],
        blocks: ['tenant_id', 'item', 'collection'],
      },
      [
        ['tenants', 'owner', 'directus_users'],
        ['tenant_members', 'user_id', 'directus_users'],
        ['directus_users', 'role', 'directus_roles'],
        ['directus_files', 'uploaded_by', 'directus_users'],
        ['directus_folders', 'parent', 'directus_folders'],
        ['projects', 'client', 'clients'],
        ['projects', 'country', 'countries'],
        ['projects', 'partner', 'tenants'],
        ['projects', 'access', 'directus_roles'],
        ['projects', 'gone', 'clients'],
        ['countries', 'flag', 'directus_files'],
      ],
    ),
    [
      {
        collection: 'blocks',
        field: 'item',
        related_collection: null,
        meta: { one_collection_field: 'collection', one_allowed_collections: ['clients', 'countries', 'nowhere'] },
      },
    ],
  );

  it('are those from rows of tenants to what can belong to another one', () => {
    expect(
      ownedReferences(schema).map(({ collection, field, target, kind }) => `${collection}.${field} ${target} ${kind}`),
    ).toEqual([
      'directus_files.uploaded_by directus_users user',
      'directus_folders.parent directus_folders rows',
      'projects.client clients rows',
      'projects.partner tenants tenant',
      'projects.access directus_roles tenant',
      'blocks.item clients rows',
    ]);
  });

  it('name the field of a many-to-any that tells the collection', () => {
    expect(ownedReferences(schema).at(-1)).toMatchObject({ collectionField: 'collection' });
  });
});

describe('bridges', () => {
  const alias = (collection: string, field: string, related: string, meta: object) => ({
    collection,
    field,
    related_collection: related,
    meta,
  });

  const base = schemaOf({
    tenants: [],
    directus_users: [],
    directus_files: ['tenant_id'],
    countries: [],
    countries_projects: ['countries_id', 'projects_id'],
    countries_files: ['countries_id', 'files_id'],
    projects: ['tenant_id', 'country', 'author', 'client'],
    clients: ['tenant_id'],
    drafts: ['country'],
  });

  const shared = new Map(
    ['countries', 'countries_projects', 'countries_files'].map((name) => [name, 'shared' as const]),
  );

  it('lead from what tenants have in common into rows of tenants', () => {
    const schema = withRelations(base, [
      alias('projects', 'country', 'countries', { one_field: 'projects' }),
      alias('projects', 'author', 'directus_users', { one_field: 'written' }),
      alias('projects', 'client', 'clients', { one_field: 'projects' }),
      alias('drafts', 'country', 'countries', { one_field: 'drafts' }),
      alias('projects', 'tenant_id', 'tenants', { one_field: null }),
    ]);

    expect(bridges(schema, shared)).toEqual([
      { collection: 'countries', field: 'projects', into: ['projects'] },
      { collection: 'directus_users', field: 'written', into: ['projects'] },
    ]);
  });

  it('go over junctions too; files of a shared collection are none', () => {
    const schema = withRelations(base, [
      alias('countries_projects', 'countries_id', 'countries', { one_field: 'best', junction_field: 'projects_id' }),
      alias('countries_projects', 'projects_id', 'projects', { one_field: null, junction_field: 'countries_id' }),
      alias('countries_files', 'countries_id', 'countries', { one_field: 'pictures', junction_field: 'files_id' }),
      alias('countries_files', 'files_id', 'directus_files', { one_field: null, junction_field: 'countries_id' }),
    ]);

    expect(bridges(schema, shared)).toEqual([{ collection: 'countries', field: 'best', into: ['projects'] }]);
  });
});

describe('indexes', () => {
  const index = (columns: (string | null)[], options: Partial<TableIndex> = {}): TableIndex => ({
    name: columns.join('_'),
    columns,
    unique: false,
    primary: false,
    partial: false,
    ...options,
  });

  it('serve tenants when one of all rows begins with tenant_id', () => {
    expect(findsRowsBy('tenant_id', [index(['id'], { primary: true }), index(['tenant_id', 'id'])])).toBe(true);
    expect(findsRowsBy('tenant_id', [index(['id', 'tenant_id'])])).toBe(false);
    expect(findsRowsBy('tenant_id', [index(['tenant_id'], { partial: true })])).toBe(false);
    expect(findsRowsBy('tenant_id', [])).toBe(false);
  });

  it('tell tenants of each other when they are unique without tenant_id', () => {
    const unique = { unique: true };
    const telling = [index(['code'], unique), index(['code', 'year'], unique), index([null], unique)];

    expect(
      uniqueAcrossTenants(
        [
          ...telling,
          index(['id'], { unique: true, primary: true }),
          index(['tenant_id', 'code'], unique),
          index(['client'], unique),
          index(['name']),
        ],
        new Set(['client']),
      ),
    ).toEqual(telling);
  });
});

it('roles have admin access through every role above them, circles or not', () => {
  const roles = [
    { id: 'top', parent: null },
    { id: 'middle', parent: 'top' },
    { id: 'bottom', parent: 'middle' },
    { id: 'other', parent: null },
    { id: 'one', parent: 'two' },
    { id: 'two', parent: 'one' },
  ];

  expect([...rolesWithAdminAccess(roles, new Set(['middle']))]).toEqual(['middle', 'bottom']);
  expect([...rolesWithAdminAccess(roles, new Set(['two']))]).toEqual(['one', 'two']);
  expect(rolesWithAdminAccess(roles, new Set()).size).toBe(0);
});

describe('flowsWithFullAccess', () => {
  it.each([
    ['item-read', { permissions: '$full' }, 'event', true],
    ['notification', { permissions: '$full' }, 'manual', true],
    ['item-read', { permissions: '$trigger' }, 'webhook', false],
    ['item-read', null, 'event', false],
    ['item-read', { permissions: 'some-role' }, 'schedule', false],
    ['item-update', {}, 'schedule', true],
    ['item-update', { permissions: '$trigger' }, 'schedule', true],
    ['item-update', { permissions: '$public' }, 'schedule', false],
    ['log', {}, 'schedule', false],
  ])('%s with %j behind a %s: %s', (type, options, trigger, isFull) => {
    const flow = { id: 'a', name: 'A', trigger };
    expect(flowsWithFullAccess([{ type, options, flow }])).toEqual(isFull ? [flow] : []);
  });

  it('names a flow once', () => {
    const flow = { id: 'a', name: 'A', trigger: 'webhook' };
    const operation = { type: 'item-read', options: { permissions: '$full' }, flow };
    expect(flowsWithFullAccess([operation, operation])).toEqual([flow]);
  });
});

describe('changedPolicies', () => {
  const installed: StoredPolicy[] = [
    { id: POLICIES.member, admin: false, app: false },
    { id: POLICIES.viewer, admin: false, app: true },
    { id: POLICIES.editor, admin: false, app: true },
    { id: POLICIES.owner, admin: false, app: true },
    { id: POLICIES.api, admin: false, app: false },
  ];

  it('has nothing to say about policies as installed', () => {
    expect(changedPolicies(installed)).toEqual([]);
  });

  it('tells what is missing, gives admin access, or has another access to the app', () => {
    const [member, viewer, editor, owner] = installed as [StoredPolicy, StoredPolicy, StoredPolicy, StoredPolicy];

    expect(
      changedPolicies([{ ...member, admin: true }, { ...viewer, app: false }, editor, owner]).map(
        ({ status, message }) => [status, message],
      ),
    ).toEqual([
      ['fail', expect.stringContaining('"Tenant Member" gives admin access')],
      ['warn', expect.stringContaining('"Tenant Viewer" does not give access to the Data Studio')],
      ['fail', 'The policy "Tenant API" is missing.'],
    ]);
  });
});

it.each([
  ['11.17.0', true],
  ['11.17.4', true],
  ['12.4.0', true],
  ['11.18.0', false],
  ['11.170.0', false],
  ['12.5.0', false],
  ['10.13.1', false],
])('Directus %s is tested: %s', (version, tested) => {
  expect(isTestedVersion(version)).toBe(tested);
});
