import { randomBytes } from 'node:crypto';
import type { Accountability } from '@directus/types';
import type { Knex } from 'knex';
import { ForbiddenError } from '@directus/errors';
import { InvalidFieldError } from '../tenancy/errors.ts';
import { POLICIES, TENANT_FIELD, TENANT_MEMBERS, TENANTS } from '../tenancy/managed.ts';
import { say } from '../tenancy/sentences.ts';
import type { TenantStatus } from '../tenancy/types.ts';
import { announce } from './audit.ts';
import { enter, forgetDetours } from './detours.ts';
import { cachedAccess, flushCaches, fullAccessWith, type ServiceContext } from './directus.ts';
import { asManagedWrite } from './managed-writes.ts';
import { findTenantId } from './tenants.ts';

/** What a client goes on with after a switch. */
export interface Session {
  access_token: string;
  /** Milliseconds until the token expires. */
  expires: number;
}

/** How long the session lives that is only made for one access token, in milliseconds. */
const MOMENT = 60_000;

/**
 * Lets a user act in another of the own tenants from the next request on: role and level follow in one transaction, and tokens
 * that were issued before end. A tenant that does not exist, one of others and one that is closed get the same answer, and so
 * does whoever acts in no tenant.
 *
 * @param idOrSlug names the tenant
 * @param accountability the user, with the session where the request came with its cookie: that session goes on in the new tenant
 * @throws InvalidFieldError when the user cannot act in such a tenant
 */
export async function switchTenant(
  context: ServiceContext,
  idOrSlug: string,
  accountability: Accountability,
): Promise<Session> {
  const { user } = accountability;
  if (!user || accountability.share) throw new ForbiddenError();

  const { schema } = await cachedAccess(context);
  const tenant = await findTenantId(context.database, idOrSlug).catch(() => null);
  if (tenant === null) throw notYours();

  await context.database.transaction((transaction) =>
    asManagedWrite(async () => {
      const access = fullAccessWith(context, schema, transaction);

      const membership: { policy: string; status: TenantStatus } | undefined = await transaction({
        member: TENANT_MEMBERS,
      })
        .join({ tenant: TENANTS }, 'tenant.id', `member.${TENANT_FIELD}`)
        .where({ 'member.user_id': user, 'tenant.id': tenant })
        .first('member.policy', 'tenant.status');

      const isOpen =
        membership?.status === 'active' || (membership?.status === 'archived' && membership.policy === POLICIES.owner);

      // A super-admin, or a provider, took the user out of the tenants, and brings the user back.
      if (!isOpen || !(await actsInTenant(transaction, user))) throw notYours();

      await enter(access, user, tenant);
      await forgetDetours(transaction, [user]);
    }),
  );

  await flushCaches(context);
  await announce(context, { action: 'switched', tenant });
  return issueToken(context, user, accountability);
}

async function actsInTenant(database: Knex, user: string): Promise<boolean> {
  const row: unknown = await database({ user: 'directus_users' })
    .join({ tenant: TENANTS }, 'tenant.id', 'user.role')
    .where('user.id', user)
    .first('user.id');

  return row !== undefined;
}

/** A token for the tenant in which the user acts now, made by Directus from the session, or from one that is gone afterwards. */
async function issueToken(context: ServiceContext, user: string, accountability: Accountability): Promise<Session> {
  const { services, database } = context;
  const schema = await context.getSchema();
  const authentication = new services.AuthenticationService({ schema, accountability });

  if (accountability.session) {
    const { accessToken, expires } = await authentication.refresh(accountability.session, { session: true });
    return { access_token: accessToken, expires };
  }

  const token = randomBytes(48).toString('base64url');
  await database('directus_sessions').insert({ token, user, expires: new Date(Date.now() + MOMENT) });

  const { accessToken, refreshToken, expires } = await authentication.refresh(token);
  await database('directus_sessions').where({ token: refreshToken }).delete();
  return { access_token: accessToken, expires };
}

function notYours(): Error {
  return new InvalidFieldError({ field: 'tenant', reason: say('must be one of your tenants, and open') });
}
