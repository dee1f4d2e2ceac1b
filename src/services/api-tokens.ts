import { randomBytes, randomUUID } from 'node:crypto';
import { ConflictError } from '../tenancy/errors.ts';
import { POLICIES, TENANT_FIELD, TENANT_MEMBERS } from '../tenancy/managed.ts';
import { say } from '../tenancy/sentences.ts';
import type { ApiToken } from '../tenancy/types.ts';
import { announce } from './audit.ts';
import { countOf } from './database.ts';
import type { ServiceContext } from './directus.ts';
import { listMembers, removeMember } from './members.ts';
import { alignLevel, asOneChange, noSuchMember, recordMembership } from './memberships.ts';

/** Bytes of a token, as many as nobody guesses. */
const TOKEN_BYTES = 32;

/** How many tokens a tenant has at most: each is a user of the project. */
const MOST_TOKENS = 100;

/**
 * Makes a token with which a program acts in a tenant: it reads and writes, and does not get into the Data Studio. The program
 * is a user of Directus without e-mail address, so rows tell that they were written by it.
 *
 * @param name what it is for, at most 50 characters
 * @returns the token as well, which nobody is shown ever again
 * @throws ConflictError when the tenant has too many
 */
export async function createApiToken(
  context: ServiceContext,
  tenant: string,
  name: string,
): Promise<ApiToken & { token: string }> {
  const token = randomBytes(TOKEN_BYTES).toString('base64url');
  const user = randomUUID();

  const id = await asOneChange(context, tenant, async (access) => {
    const programs = access
      .knex({ member: TENANT_MEMBERS })
      .join({ user: 'directus_users' }, 'user.id', 'member.user_id')
      .where({ [`member.${TENANT_FIELD}`]: tenant, 'member.policy': POLICIES.api, 'user.email': null });

    if ((await countOf(programs)) >= MOST_TOKENS) {
      throw new ConflictError({
        reason: say('The tenant has {count} tokens: revoke one that is not used any more. Nothing was changed.', {
          count: MOST_TOKENS,
        }),
      });
    }

    await access.users().createOne({ id: user, first_name: name, role: tenant, status: 'active', token });
    const member = await recordMembership(access, tenant, user, { policy: POLICIES.api });
    await alignLevel(access, user);
    return member;
  });

  await announce(context, { action: 'token.created', tenant, details: { member: user, name } });
  return { id, name, user, token };
}

/** The tokens of a tenant, by name; what they are is not told. */
export async function listApiTokens(context: ServiceContext, tenant: string): Promise<ApiToken[]> {
  return (await listMembers(context, tenant))
    .filter(({ user, level }) => user.email === null && level === 'api')
    .map(({ id, user }) => ({ id, name: user.first_name ?? '', user: user.id }))
    .sort((a, b) => a.name.localeCompare(b.name));
}

/**
 * Ends a token, effective with the next request.
 *
 * @param id of the membership
 * @throws NotFoundError when the tenant has no such token
 */
export async function revokeApiToken(context: ServiceContext, tenant: string, id: string): Promise<void> {
  const known = (await listApiTokens(context, tenant)).some((each) => each.id === id);
  if (!known) throw noSuchMember(id);
  await removeMember(context, tenant, id, 'token.revoked');
}
