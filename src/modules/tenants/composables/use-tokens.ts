import { useApi } from '@directus/extensions-sdk';
import { shallowRef } from 'vue';
import type { ApiToken } from '../types.ts';
import { useLoad } from './use-load.ts';

/** The tokens of programs that act in one tenant. What changes them throws what the request throws. */
export function useTokens(tenantId: string) {
  const api = useApi();
  const tokens = shallowRef<ApiToken[]>([]);
  const path = `/tenancy/tenants/${tenantId}/tokens`;

  const { loading, failure, load } = useLoad(async () => {
    const { data } = await api.get<{ data: ApiToken[] }>(path);
    tokens.value = data.data;
  });

  /** Answers the token, which cannot be read again. */
  async function create(name: string): Promise<string> {
    const { data } = await api.post<{ data: ApiToken & { token: string } }>(path, { name });
    const { token, ...created } = data.data;
    tokens.value = [...tokens.value, created].sort((a, b) => a.name.localeCompare(b.name));
    return token;
  }

  async function revoke({ id }: ApiToken): Promise<void> {
    await api.delete(`${path}/${id}`);
    tokens.value = tokens.value.filter((token) => token.id !== id);
  }

  return { tokens, loading, failure, load, create, revoke };
}
