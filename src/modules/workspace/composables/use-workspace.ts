import type { RestCommand } from '@directus/sdk';
import { useStores } from '@directus/extensions-sdk';
import { computed, ref, shallowRef } from 'vue';
import { readTenancyMe, switchTenant } from '../../../client/index.ts';
import type { Me, Tenant } from '../../../client/index.ts';
import { useAction } from '../../../studio/composables/use-action.ts';
import { useClient } from '../../../studio/composables/use-client.ts';
import { useLoad } from '../../../studio/composables/use-load.ts';
import { readFailure } from '../../../studio/utilities/request-errors.ts';
import { TENANTS } from '../../../tenancy/managed.ts';
import { startAnew } from '../utilities/fresh-start.ts';
import { isOpen } from '../utilities/membership.ts';
import type { Membership } from '../utilities/membership.ts';

interface PermissionsStore {
  hasPermission: (collection: string, action: 'read') => boolean;
}

/** The own tenants of whoever looks at the workspace, and the ways from one to another. */
export function useWorkspace() {
  const { request } = useClient();
  const { usePermissionsStore } = useStores() as { usePermissionsStore: () => PermissionsStore };
  const permissions = usePermissionsStore();

  const me = shallowRef<Me | null>(null);
  /** Why the content of the tenant is closed, as the API says it. */
  const closedBecause = ref<string | null>(null);
  /** Whether this page is being left for good: it shows nothing of the tenant any more. */
  const leaving = ref(false);
  const { busy, failure: switchFailure, run } = useAction();

  const { loading, failure, load } = useLoad(async () => {
    [me.value, closedBecause.value] = await Promise.all([request(readTenancyMe()), askWhyClosed()]);
  });

  const isOwner = computed(() => me.value?.level === 'owner');

  /** Members can read their own tenant. Where Directus' app was told that they cannot, the API says why, or nothing. */
  async function askWhyClosed(): Promise<string | null> {
    if (permissions.hasPermission(TENANTS, 'read')) return null;

    const readOwnTenant: RestCommand<Tenant[], unknown> = () => ({
      path: `/items/${TENANTS}`,
      method: 'GET',
      params: { fields: 'id', limit: 1 },
    });

    try {
      await request(readOwnTenant);
      return null;
    } catch (error) {
      return readFailure(error).errors.find(({ reason }) => reason !== null)?.reason ?? null;
    }
  }

  async function goTo({ tenant }: Membership): Promise<void> {
    const done = await run(async () => {
      await request(switchTenant(tenant.id));
      leave();
    });

    // It may have been closed meanwhile.
    if (!done) await load();
  }

  /** To be called after the own membership has ended. */
  function onLeft(): void {
    const others = me.value?.memberships.filter((membership) => !membership.active) ?? [];
    leave(others.some(isOpen) ? 'workspace' : 'content');
  }

  /** Owners can take their own level, and their own membership: what Directus' app knows of the person is old then. */
  async function recheck(): Promise<void> {
    try {
      const now = await request(readTenancyMe());
      if (now.tenant?.id === me.value?.tenant?.id && now.level === me.value?.level) me.value = now;
      else leave(now.tenant ? 'workspace' : 'content');
    } catch (error) {
      if (readFailure(error).status !== null) leave('content');
    }
  }

  function leave(page?: string): void {
    leaving.value = true;
    startAnew(page);
  }

  return { me, isOwner, closedBecause, leaving, loading, failure, load, busy, switchFailure, goTo, onLeft, recheck };
}
