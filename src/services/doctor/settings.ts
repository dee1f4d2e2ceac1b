import type { Item } from '@directus/types';
import { TENANT_MEMBERS, TENANTS, TENANTS_ROLE } from '../../tenancy/managed.ts';
import { flowsWithFullAccess, type FlowOperation, type FullAccessFlow } from '../../tenancy/doctor/flows.ts';
import { findingOf, listed, type Problem } from '../../tenancy/doctor/report.ts';
import { landingLevelOf } from '../../tenancy/landing.ts';
import { collectionsWithTenantField } from '../../tenancy/scopes.ts';
import { say } from '../../tenancy/sentences.ts';
import { ownershipOf } from '../../tenancy/writes.ts';
import { sampleOf } from '../samples.ts';
import type { Check } from './check.ts';

/** Content versions keep what tenants write where no tenant owns it. */
export const versioning: Check = {
  id: 'versioning',

  async examine({ database, access }) {
    const { count, examples } = await sampleOf(
      database,
      database('directus_collections')
        .where('versioning', true)
        .whereIn('collection', collectionsWithTenantField(access.schema)),
      'collection',
    );

    return findingOf(
      count === 0
        ? []
        : [
            {
              status: 'warn',
              message: say(
                'Content versioning is on in {collections}. Versions belong to no tenant, so the walls keep ' +
                  'everybody but super-admins out of them.',
                { collections: listed(examples, count) },
              ),
              fix: say('Switch off "Content Versioning" in the settings of these collections.'),
            },
          ],
      say('No collection of tenants keeps content versions.'),
    );
  },
};

/** The public has no tenant, and no business in what belongs to one. */
export const publicAccess: Check = {
  id: 'public-access',

  async examine({ database, access: { schema }, recorded }) {
    const collections = [
      TENANTS,
      TENANT_MEMBERS,
      ...Object.keys(schema.collections).filter((collection) => ownershipOf(collection, schema, recorded) === 'always'),
    ];

    const { count, examples } = await sampleOf(
      database,
      database({ permission: 'directus_permissions' })
        .innerJoin({ access: 'directus_access' }, 'access.policy', 'permission.policy')
        .whereNull('access.role')
        .whereNull('access.user')
        .whereIn('permission.collection', collections),
      'permission.collection',
      'permission.action',
    );

    return findingOf(
      count === 0
        ? []
        : [
            {
              status: 'warn',
              message: say(
                'The public has permissions on what belongs to tenants ({permissions}). The walls give it no row, so ' +
                  'they serve nobody.',
                { permissions: listed(examples, count) },
              ),
              fix: say(
                'Delete these permissions in the policies of the public. ' +
                  'What everybody may see belongs into a shared collection.',
              ),
            },
          ],
      say('The public has no permission on what belongs to tenants.'),
    );
  },
};

/** Who registers may land in a tenant, where the operator wants that: everybody on the internet can. */
export const registration: Check = {
  id: 'registration',

  async examine({ database, env }) {
    const settings: Item | undefined = await database('directus_settings')
      .select('public_registration', 'public_registration_role')
      .first();

    const role: unknown = settings?.['public_registration_role'];
    const open = Boolean(settings?.['public_registration']) && typeof role === 'string';
    const problems: Problem[] = [];

    if (open && role === TENANTS_ROLE) {
      problems.push({
        status: 'warn',
        message: say(
          'Whoever registers is refused: the role for that is "Tenants", which is the parent of all tenants.',
        ),
        fix: say(
          'Choose another role for new users in the settings of the project, or switch off public registration.',
        ),
      });
    }

    const tenant: Item | undefined = open
      ? await database(TENANTS).select('name', 'status').where({ id: role }).first()
      : undefined;

    if (tenant) {
      const name = String(tenant['name']);

      problems.push({
        status: 'warn',
        message:
          tenant['status'] === 'active'
            ? say(
                'Everybody on the internet can become a member of the tenant "{name}" ({level}): public registration ' +
                  'is on, and its role is that tenant.',
                { name, level: landingLevelOf(env) },
              )
            : say('Whoever registers gets no role: it would be that of the tenant "{name}", which is not active.', {
                name,
              }),
        fix: say(
          'If that is not meant, choose another role for new users in the settings of the project, or switch off public ' +
            'registration. If it is, verify e-mail addresses, and name those that may register.',
        ),
      });
    }

    return findingOf(problems, say('Nobody gets into a tenant by registering.'));
  },
};

/** Flows with full access act outside of all walls. */
export const flows: Check = {
  id: 'flows',

  async examine({ access }) {
    const operations = (await access.items('directus_operations').readByQuery({
      filter: { flow: { status: { _eq: 'active' } } },
      fields: ['type', 'options', 'flow.id', 'flow.name', 'flow.trigger'],
      limit: -1,
    })) as FlowOperation[];

    const found = flowsWithFullAccess(operations);
    const names = (some: FullAccessFlow[]): string => listed(some.map(({ name }) => say('"{name}"', { name })));
    const byWebhook = found.filter(({ trigger }) => trigger === 'webhook');
    const others = found.filter(({ trigger }) => trigger !== 'webhook');
    const problems: Problem[] = [];

    if (byWebhook.length > 0) {
      problems.push({
        status: 'warn',
        message: say(
          'Flows that a webhook starts act with full access: {flows}. Whoever knows the address starts them, and ' +
            'what they answer or do is held by no wall.',
          { flows: names(byWebhook) },
        ),
        fix: say(FLOW_FIX),
      });
    }

    if (others.length > 0) {
      problems.push({
        status: 'warn',
        message: say('Flows act with full access: {flows}. What they read and write is held by no wall.', {
          flows: names(others),
        }),
        fix: say(FLOW_FIX),
      });
    }

    return findingOf(problems, say('No active flow acts with full access.'));
  },
};

const FLOW_FIX =
  'Choose the role of a tenant, or of somebody who may do as little as needed, under "Permissions" of their operations; ' +
  'where full access is meant, see to it that the flow keeps to one tenant by itself.';
