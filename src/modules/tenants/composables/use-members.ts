import { useApi } from '@directus/extensions-sdk';
import { shallowRef } from 'vue';
import type { AssignableLevel, TenantMember } from '../types.ts';
import { useLoad } from './use-load.ts';

/** Whom the form for a new member describes. */
export interface NewMember {
  email: string;
  level: string;
  invite?: boolean;
  password?: string;
  first_name?: string;
  last_name?: string;
}

/** The members of one tenant, and the levels that they can have. What changes them throws what the request throws. */
export function useMembers(tenantId: string) {
  const api = useApi();
  const members = shallowRef<TenantMember[]>([]);
  const levels = shallowRef<AssignableLevel[]>([]);
  const path = `/tenancy/tenants/${tenantId}/members`;

  const { loading, failure, load } = useLoad(async () => {
    const choice = api.get<{ data: AssignableLevel[] }>('/tenancy/levels');
    await Promise.all([reload(), choice]);
    levels.value = (await choice).data.data;
  });

  /** What was changed may have changed others too, such as who is the owner. */
  async function reload(): Promise<void> {
    const { data } = await api.get<{ data: TenantMember[] }>(path);
    members.value = data.data;
  }

  async function add(member: NewMember): Promise<void> {
    await api.post(path, member);
    await reload();
  }

  async function setLevel(member: TenantMember, level: string): Promise<void> {
    await api.patch(`${path}/${member.id}`, { level });
    await reload();
  }

  async function remove(member: TenantMember): Promise<void> {
    await api.delete(`${path}/${member.id}`);
    await reload();
  }

  async function invite(member: TenantMember): Promise<void> {
    await api.post(`${path}/${member.id}/invitation`);
  }

  async function transfer(member: TenantMember): Promise<void> {
    await api.post(`/tenancy/tenants/${tenantId}/transfer`, { member: member.id });
    await reload();
  }

  return { members, levels, loading, failure, load, add, setLevel, remove, invite, transfer };
}
