import { shallowRef } from 'vue';
import { createTenantToken, readTenantTokens, revokeTenantToken } from '../../client/index.ts';
import type { ApiToken } from '../types.ts';
import { useClient } from './use-client.ts';
import { useLoad } from './use-load.ts';

/** The tokens of programs that act in one tenant. What changes them throws what the request throws. */
export function useTokens(tenantId: string) {
  const { request } = useClient();
  const tokens = shallowRef<ApiToken[]>([]);

  const { loading, failure, load } = useLoad(async () => {
    tokens.value = await request(readTenantTokens(tenantId));
  });

  /** Answers the token, which cannot be read again. */
  async function create(name: string): Promise<string> {
    const { token, ...created } = await request(createTenantToken(tenantId, { name }));
    tokens.value = [...tokens.value, created].sort((a, b) => a.name.localeCompare(b.name));
    return token;
  }

  async function revoke({ id }: ApiToken): Promise<void> {
    await request(revokeTenantToken(tenantId, id));
    tokens.value = tokens.value.filter((token) => token.id !== id);
  }

  return { tokens, loading, failure, load, create, revoke };
}
