import { POLICIES } from '../managed.ts';
import { say } from '../sentences.ts';
import type { Problem } from './report.ts';

/** A policy as it is stored. */
export interface StoredPolicy {
  id: string;
  admin: boolean;
  app: boolean;
}

/** The managed policies as they were installed. IP addresses and a second factor are the super-admins' choice. */
const INSTALLED: Readonly<Record<keyof typeof POLICIES, { name: string; app: boolean }>> = {
  member: { name: 'Tenant Member', app: false },
  viewer: { name: 'Tenant Viewer', app: true },
  editor: { name: 'Tenant Editor', app: true },
  owner: { name: 'Tenant Owner', app: true },
  api: { name: 'Tenant API', app: false },
};

/** What differs between the managed policies that are stored and those that were installed. */
export function changedPolicies(stored: readonly StoredPolicy[]): Problem[] {
  const byId = new Map(stored.map((policy) => [policy.id, policy]));

  return (Object.keys(INSTALLED) as (keyof typeof POLICIES)[]).flatMap((key): Problem[] => {
    const { name, app } = INSTALLED[key];
    const policy = byId.get(POLICIES[key]);

    if (!policy) {
      return [
        {
          status: 'fail',
          message: say('The policy "{name}" is missing.', { name }),
          fix: say('Bring the policy "{name}" ({id}) back from a backup.', { name, id: POLICIES[key] }),
        },
      ];
    }

    const problems: Problem[] = [];

    if (policy.admin) {
      problems.push({
        status: 'fail',
        message: say('The policy "{name}" gives admin access, and with it the content of all tenants.', { name }),
        fix: say('Switch off "Admin Access" in the policy "{name}".', { name }),
      });
    }

    if (policy.app !== app) {
      problems.push({
        status: 'warn',
        message: policy.app
          ? say('The policy "{name}" gives access to the Data Studio, other than installed.', { name })
          : say('The policy "{name}" does not give access to the Data Studio, other than installed.', { name }),
        fix: app
          ? say('Switch "App Access" on in the policy "{name}".', { name })
          : say('Switch "App Access" off in the policy "{name}".', { name }),
      });
    }

    return problems;
  });
}
