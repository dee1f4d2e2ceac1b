import { shallowRef } from 'vue';
import {
  addTenantMember,
  inviteTenantMember,
  readTenancyLevels,
  readTenantMembers,
  removeTenantMember,
  transferTenant,
  updateTenantMember,
} from '../../client/index.ts';
import type { LevelName, NewMember } from '../../client/index.ts';
import type { AssignableLevel, TenantMember } from '../types.ts';
import { useClient } from './use-client.ts';
import { useLoad } from './use-load.ts';

/** The members of one tenant, and the levels that they can have. What changes them throws what the request throws. */
export function useMembers(tenantId: string) {
  const { request } = useClient();
  const members = shallowRef<TenantMember[]>([]);
  const levels = shallowRef<AssignableLevel[]>([]);

  const { loading, failure, load } = useLoad(async () => {
    [levels.value] = await Promise.all([request(readTenancyLevels()), reload()]);
  });

  /** What was changed may have changed others too, such as who is the owner. */
  async function reload(): Promise<void> {
    members.value = await request(readTenantMembers(tenantId));
  }

  async function add(member: NewMember): Promise<void> {
    await request(addTenantMember(tenantId, member));
    await reload();
  }

  async function setLevel({ id }: TenantMember, level: string): Promise<void> {
    await request(updateTenantMember(tenantId, id, { level: level as LevelName }));
    await reload();
  }

  async function remove({ id }: TenantMember): Promise<void> {
    await request(removeTenantMember(tenantId, id));
    await reload();
  }

  function invite({ id }: TenantMember): Promise<void> {
    return request(inviteTenantMember(tenantId, id));
  }

  async function transfer({ id }: TenantMember): Promise<void> {
    await request(transferTenant(tenantId, { member: id }));
    await reload();
  }

  return { members, levels, loading, failure, load, add, setLevel, remove, invite, transfer };
}
