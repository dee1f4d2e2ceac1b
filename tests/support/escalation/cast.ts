import { randomUUID } from 'node:crypto';
import type { Host } from '../../../scripts/hosts/host.ts';
import { accountWithToken, login, send, type Account } from '../client.ts';
import { createPerson, createPolicy } from '../people.ts';
import { runSql } from '../sql.ts';
import { createTenant, must, type World } from '../world.ts';

/** Everybody who asks. All but the super-admin, who may do everything. */
export const ROLES = ['anonymous', 'viewer', 'editor', 'owner', 'api', 'share', 'staff', 'suspended'] as const;

export type RoleName = (typeof ROLES)[number];

/** Somebody who asks. */
export interface Actor {
  role: RoleName;
  token: string | null;
  /** Null for who has no user. */
  user: string | null;
  /** Ids by which rows are known to be the actor's own. */
  own: string[];
  /** The refresh token of a second session, to log out of. */
  spare: string | null;
  isMember: boolean;
}

/** The members of North, and those around them. */
export async function createCast(host: Host, world: World): Promise<Record<RoleName, Actor>> {
  const { superAdmin, north, url } = world;
  const password = 'correct horse battery';

  const member = async (role: RoleName, account: Account, tenant: string): Promise<Actor> => {
    const { id } = await must<{ id: string }>(account, 'GET', '/users/me?fields=id');
    const spare = await login(url, { email: account.email, password });
    return { role, token: account.token, user: id, own: [id, tenant], spare: spare.refreshToken, isMember: true };
  };

  const token = `api-${randomUUID()}`;
  const { user: api } = await must<{ user: { id: string } }>(superAdmin, 'POST', '/tenancy/tenants/north/members', {
    email: 'api@north.example.com',
    level: 'api',
  });
  await must(superAdmin, 'PATCH', `/users/${api.id}`, { token });

  const share = await must<{ id: string }>(superAdmin, 'POST', '/shares', {
    name: 'north-share',
    collection: 'projects',
    item: String(north.projects[0]),
    role: north.id,
  });
  const session = await send<{ access_token: string; refresh_token: string }>(url, 'POST', '/shares/auth', {
    body: { share: share.id },
  });

  const staff = await createPerson(url, superAdmin, {
    policies: [await createPolicy(superAdmin, [], { appAccess: true })],
  });
  const staffSpare = await login(url, { email: staff.email, password });

  const west = await createTenant(url, superAdmin, 'West');
  const suspended = { ...(await member('suspended', west.owner, west.id)), isMember: false };
  await runSql(host.database, `UPDATE tenants SET status = 'suspended' WHERE id = ?`, [west.id]);

  return {
    anonymous: { role: 'anonymous', token: null, user: null, own: [], spare: null, isMember: false },
    viewer: await member('viewer', north.viewer, north.id),
    editor: await member('editor', north.editor, north.id),
    owner: await member('owner', north.owner, north.id),
    api: { role: 'api', token, user: api.id, own: [api.id, north.id], spare: null, isMember: true },
    share: {
      role: 'share',
      token: accountWithToken(url, session.data.access_token).token,
      user: null,
      own: [share.id],
      spare: session.data.refresh_token,
      isMember: true,
    },
    staff: {
      role: 'staff',
      token: staff.token,
      user: staff.id,
      own: [staff.id],
      spare: staffSpare.refreshToken,
      isMember: false,
    },
    suspended,
  };
}
