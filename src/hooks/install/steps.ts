import type { Field, Item, RawCollection, Relation } from '@directus/types';
import { fullAccess, isDirectus11, type FullAccess, type ServiceContext } from '../../services/directus.ts';
import { ensureAuditTable } from '../../services/audit.ts';
import { ensureCopiesTable } from '../../services/cloning/book.ts';
import { ensureDetoursTable } from '../../services/detours.ts';
import { ensureErasureTables } from '../../services/erasure/book.ts';
import { ensureIndex } from '../../services/indexes.ts';
import { ensureReferenceIndexes } from '../../services/reference-indexes.ts';
import { ensureAnswersTable } from '../../services/idempotency.ts';
import { ensureLevelTables } from '../../services/levels.ts';
import { recordScope } from '../../services/scopes.ts';
import {
  ensureTenantField,
  ensureTenantIndex,
  refreshTenantFieldLooks,
  showTenantsOfFiles,
} from '../../services/tenant-field.ts';
import {
  OWNED_SYSTEM_COLLECTIONS,
  POLICIES,
  SCOPES_TABLE,
  TENANT_FIELD,
  TENANT_MEMBERS,
  TENANTS,
  TENANTS_ROLE,
  WORKSPACE,
} from '../../tenancy/managed.ts';
import { TENANT_STATUSES } from '../../tenancy/types.ts';

/**
 * One numbered step of the installation. A step finds out by itself what is there already, so one that was interrupted is
 * simply run again; upgrades add steps at the end and never change old ones.
 */
export interface Step {
  number: number;
  name: string;
  run(context: ServiceContext): Promise<void>;
}

export const STEPS: readonly Step[] = [
  { number: 1, name: 'collection tenants', run: createTenants },
  { number: 2, name: 'collection tenant_members', run: createTenantMembers },
  { number: 3, name: 'role and policies', run: createRoleAndPolicies },
  { number: 4, name: 'tenant_id on files and folders', run: addTenantFieldToSystemCollections },
  { number: 5, name: 'scopes of existing collections', run: recordExistingCollections },
  { number: 6, name: 'module bar', run: (context) => addToModuleBar(context, TENANTS, ['users']) },
  { number: 7, name: 'detours of members', run: ({ database }) => ensureDetoursTable(database) },
  { number: 8, name: 'answers to repeated requests', run: ({ database }) => ensureAnswersTable(database) },
  { number: 9, name: 'erasures of tenants', run: ({ database }) => ensureErasureTables(database) },
  { number: 10, name: 'audit trail', run: ({ database }) => ensureAuditTable(database) },
  { number: 11, name: 'copies of files', run: ({ database }) => ensureCopiesTable(database) },
  { number: 12, name: 'form of tenants', run: openFormOfTenants },
  { number: 13, name: 'levels of the project', run: ({ database }) => ensureLevelTables(database) },
  { number: 14, name: 'workspace', run: (context) => addToModuleBar(context, WORKSPACE, [TENANTS, 'users']) },
  { number: 15, name: 'looks of tenant_id', run: refreshLooks },
];

async function refreshLooks(context: ServiceContext): Promise<void> {
  await refreshTenantFieldLooks(context);
  if (await context.database(TENANTS).first('id')) await showTenantsOfFiles(context.database);
}

type FieldDefinition = Partial<Field> & { field: string; type: Field['type'] };

function field(
  name: string,
  type: Field['type'],
  meta: Partial<NonNullable<Field['meta']>> = {},
  schema: Partial<NonNullable<Field['schema']>> = {},
): FieldDefinition {
  return { field: name, type, meta, schema } as FieldDefinition;
}

async function createTenants(context: ServiceContext): Promise<void> {
  const access = await fullAccess(context);

  await ensureCollection(access, {
    collection: TENANTS,
    meta: {
      icon: 'domain',
      note: 'The tenants of this project. Managed by the tenancy extension.',
      hidden: true,
      display_template: '{{ name }}',
      sort_field: null,
    },
    schema: { name: TENANTS },
    fields: [
      field('id', 'uuid', { hidden: true, readonly: true, interface: 'input' }, { is_primary_key: true }),
      field('name', 'string', { interface: 'input', required: true, width: 'half' }, { is_nullable: false }),
      field(
        'slug',
        'string',
        { interface: 'input', options: { slug: true }, required: true, width: 'half' },
        { is_nullable: false, is_unique: true, max_length: 63 },
      ),
      field(
        'status',
        'string',
        {
          interface: 'select-dropdown',
          options: { choices: TENANT_STATUSES.map((status) => ({ text: status, value: status })) },
          readonly: true,
          width: 'half',
        },
        { is_nullable: false, default_value: 'active', max_length: 16 },
      ),
      field('settings', 'json', { interface: 'input-code', special: ['cast-json'] }),
      field('domains', 'json', { interface: 'tags', special: ['cast-json'] }),
      field('owner', 'uuid', {
        interface: 'select-dropdown-m2o',
        special: ['m2o'],
        display: 'user',
        readonly: true,
        width: 'half',
      }),
      field('date_created', 'timestamp', {
        special: ['date-created'],
        interface: 'datetime',
        readonly: true,
        width: 'half',
      }),
      field('date_updated', 'timestamp', {
        special: ['date-updated'],
        interface: 'datetime',
        readonly: true,
        width: 'half',
      }),
    ],
  } as RawCollection);

  await ensureRelation(context, {
    collection: TENANTS,
    field: 'owner',
    related_collection: 'directus_users',
    schema: { on_delete: 'SET NULL' },
  } as Partial<Relation>);

  await ensureIndex(context.database, TENANTS, ['status', 'date_created']);
}

async function createTenantMembers(context: ServiceContext): Promise<void> {
  const access = await fullAccess(context);

  await ensureCollection(access, {
    collection: TENANT_MEMBERS,
    meta: {
      icon: 'badge',
      note: 'Who may act in which tenant, and as what. Managed by the tenancy extension.',
      hidden: true,
    },
    schema: { name: TENANT_MEMBERS },
    fields: [
      field(
        'id',
        'uuid',
        { hidden: true, readonly: true, interface: 'input', special: ['uuid'] },
        { is_primary_key: true },
      ),
      field(
        TENANT_FIELD,
        'uuid',
        { interface: 'select-dropdown-m2o', special: ['m2o'], readonly: true },
        { is_nullable: false },
      ),
      field(
        'user_id',
        'uuid',
        { interface: 'select-dropdown-m2o', special: ['m2o'], readonly: true },
        { is_nullable: false },
      ),
      field(
        'policy',
        'uuid',
        { interface: 'select-dropdown-m2o', special: ['m2o'], readonly: true },
        { is_nullable: false },
      ),
    ],
  });

  const relation = (name: string, related: string, onDelete: 'RESTRICT' | 'CASCADE'): Partial<Relation> =>
    ({
      collection: TENANT_MEMBERS,
      field: name,
      related_collection: related,
      schema: { on_delete: onDelete },
    }) as Partial<Relation>;

  await ensureRelation(context, relation(TENANT_FIELD, TENANTS, 'RESTRICT'));
  await ensureRelation(context, relation('user_id', 'directus_users', 'CASCADE'));
  await ensureRelation(context, relation('policy', 'directus_policies', 'RESTRICT'));

  await ensureIndex(context.database, TENANT_MEMBERS, [TENANT_FIELD, 'user_id'], { unique: true });
  await ensureIndex(context.database, TENANT_MEMBERS, ['user_id']);
}

async function createRoleAndPolicies(context: ServiceContext): Promise<void> {
  const access = await fullAccess(context);

  await ensureRow(access, 'directus_roles', TENANTS_ROLE, {
    name: 'Tenants',
    icon: 'domain',
    description: 'Parent of the role of every tenant. Managed by the tenancy extension: do not assign it to a user.',
  });

  const policy = (id: string, name: string, icon: string, description: string, appAccess: boolean): Promise<void> =>
    ensureRow(access, 'directus_policies', id, {
      name,
      icon,
      description: `${description} Managed by the tenancy extension.`,
      app_access: appAccess,
      admin_access: false,
      enforce_tfa: false,
    });

  await policy(POLICIES.member, 'Tenant Member', 'badge', 'What every member of a tenant may read.', false);
  await policy(POLICIES.viewer, 'Tenant Viewer', 'visibility', 'Studio access for members who read.', true);
  await policy(POLICIES.editor, 'Tenant Editor', 'edit', 'Studio access for members who write.', true);
  await policy(POLICIES.owner, 'Tenant Owner', 'key', 'Studio access for members who run their tenant.', true);
  await policy(POLICIES.api, 'Tenant API', 'api', 'Reading and writing without Studio access.', false);

  const attached = await access.items('directus_access').readByQuery({
    filter: { _and: [{ role: { _eq: TENANTS_ROLE } }, { policy: { _eq: POLICIES.member } }] },
    limit: 1,
  });

  if (attached.length === 0) await access.access().createOne({ role: TENANTS_ROLE, policy: POLICIES.member });
}

async function addTenantFieldToSystemCollections(context: ServiceContext): Promise<void> {
  for (const collection of OWNED_SYSTEM_COLLECTIONS) {
    await ensureTenantField(context, collection, { hidden: true });
    await ensureTenantIndex(context, collection);
  }

  for (const collection of OWNED_SYSTEM_COLLECTIONS) await ensureReferenceIndexes(context, collection);
}

/** What exists before the bundle comes stays what it was: one set of rows for all, until a super-admin decides otherwise. */
async function recordExistingCollections(context: ServiceContext): Promise<void> {
  const { schema } = await fullAccess(context);
  const known = await context.database(SCOPES_TABLE).select('collection');
  const managed = new Set([TENANTS, TENANT_MEMBERS, ...known.map(({ collection }) => String(collection))]);

  for (const collection of Object.keys(schema.collections)) {
    if (collection.startsWith('directus_') || collection.startsWith('tenancy_') || managed.has(collection)) continue;
    await recordScope(context.database, collection, 'shared');
  }
}

/** Directus' own bar where a project has none of its own: adding a module means writing the whole bar. */
const DEFAULT_MODULE_BAR = [
  { type: 'module', id: 'content', enabled: true },
  { type: 'module', id: 'visual', enabled: false },
  { type: 'module', id: 'users', enabled: true },
  { type: 'module', id: 'files', enabled: true },
  { type: 'module', id: 'insights', enabled: true },
  { type: 'module', id: 'flows', enabled: true },
  { type: 'module', id: 'deployments', enabled: false },
  {
    type: 'link',
    id: 'docs',
    enabled: true,
    name: '$t:documentation',
    icon: 'help',
    url: 'https://docs.directus.io',
  },
  { type: 'module', id: 'settings', enabled: true, locked: true },
];

/** Adds a module to the bar, behind the first of `after` that is there, and leaves a bar alone that has it. */
async function addToModuleBar(context: ServiceContext, module: string, after: readonly string[]): Promise<void> {
  const { items, schema } = await fullAccess(context);
  const settings = items('directus_settings');
  const { module_bar: stored } = (await settings.readSingleton({ fields: ['module_bar'] })) as {
    module_bar: typeof DEFAULT_MODULE_BAR | null;
  };

  // Flows are a module of their own since Directus 12.
  const bar = stored ?? DEFAULT_MODULE_BAR.filter(({ id }) => id !== 'flows' || !isDirectus11(schema));
  if (bar.some(({ id }) => id === module)) return;

  const own = { type: 'module', id: module, enabled: true };
  const neighbour = after.find((each) => bar.some(({ id }) => id === each));
  const position = neighbour === undefined ? bar.length : bar.findIndex(({ id }) => id === neighbour) + 1;

  await settings.upsertSingleton({ module_bar: [...bar.slice(0, position), own, ...bar.slice(position)] });
}

/** Fields of `tenants` are read-only, or not, by whether the row is there already. */
const OF_A_ROW_THAT_IS_THERE = { id: { _nnull: true } };

/** Super-admins create and change tenants in the content module: what they may not set there is what has another way. */
async function openFormOfTenants(context: ServiceContext): Promise<void> {
  const { items, knex } = await fullAccess(context);

  const changes: Record<string, Item> = {
    id: { special: ['uuid'] },
    slug: { required: false, note: 'Made of the name where it is left out.' },
    status: {
      note: 'Whoever is suspended does not get in. A new tenant is active.',
      conditions: [{ name: 'There already', rule: OF_A_ROW_THAT_IS_THERE, readonly: false }],
    },
    owner: {
      readonly: false,
      options: { enableCreate: false, template: '{{ email }}' },
      note: 'A user of the project without role. Later on a tenant is handed over by one of its owners.',
      conditions: [{ name: 'There already', rule: OF_A_ROW_THAT_IS_THERE, readonly: true }],
    },
  };

  for (const [field, meta] of Object.entries(changes)) {
    const row: { id: number } | undefined = await knex('directus_fields')
      .where({ collection: TENANTS, field })
      .first('id');
    if (row) await items('directus_fields').updateOne(row.id, meta);
  }
}

async function ensureCollection(access: FullAccess, definition: RawCollection): Promise<void> {
  if (access.schema.collections[definition.collection]) return;
  await access.collections().createOne(definition);
}

async function ensureRelation(context: ServiceContext, relation: Partial<Relation>): Promise<void> {
  const access = await fullAccess(context);

  const present = access.schema.relations.some(
    ({ collection, field: name }) => collection === relation.collection && name === relation.field,
  );

  if (!present) await access.relations().createOne(relation);
}

async function ensureRow(
  access: FullAccess,
  collection: string,
  id: string,
  values: Record<string, unknown>,
): Promise<void> {
  const present = await access.knex(collection).select('id').where({ id }).first();
  if (!present) await access.items(collection).createOne({ id, ...values });
}
