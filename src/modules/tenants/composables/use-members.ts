import { useApi } from '@directus/extensions-sdk';
import { ref, shallowRef } from 'vue';
import type { AssignableLevel, TenantMember } from '../types.ts';
import { readFailure } from '../utilities/request-errors.ts';
import type { RequestFailure } from '../utilities/request-errors.ts';

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
  const loading = ref(true);
  const failure = shallowRef<RequestFailure | null>(null);
  const path = `/tenancy/tenants/${tenantId}/members`;

  async function load(): Promise<void> {
    loading.value = true;

    try {
      const [list, choice] = await Promise.all([
        api.get<{ data: TenantMember[] }>(path),
        api.get<{ data: AssignableLevel[] }>('/tenancy/levels'),
      ]);

      members.value = list.data.data;
      levels.value = choice.data.data;
      failure.value = null;
    } catch (error) {
      failure.value = readFailure(error);
    }

    loading.value = false;
  }

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

  void load();

  return { members, levels, loading, failure, load, add, setLevel, remove, invite, transfer };
}
