import { randomUUID } from 'node:crypto';
import { login, type Account } from './client.ts';
import { must } from './world.ts';

const PASSWORD = 'correct horse battery';

export interface PersonOptions {
  role?: string | null;
  /** Policies to attach to the user, by id. */
  policies?: string[];
}

/** A user, made by the super-admin through Directus' own routes, logged in. */
export async function createPerson(
  url: string,
  superAdmin: Account,
  { role = null, policies = [] }: PersonOptions = {},
): Promise<Account & { id: string }> {
  const email = `${randomUUID()}@people.example.com`;

  const { id } = await must<{ id: string }>(superAdmin, 'POST', '/users', {
    email,
    password: PASSWORD,
    role,
    policies: policies.map((policy) => ({ policy })),
  });

  return { ...(await login(url, { email, password: PASSWORD })), id };
}

/** Logs a person in again, as after a change that ends old tokens. */
export function logInAgain(url: string, { email }: Account): Promise<Account> {
  return login(url, { email, password: PASSWORD });
}

export interface PermissionDefinition {
  collection: string;
  action: 'create' | 'read' | 'update' | 'delete' | 'share';
  permissions?: object | null;
  presets?: object;
  fields?: string[];
}

/** A policy as somebody who knows nothing of tenants would write it: by default every row, every field. */
export async function createPolicy(
  superAdmin: Account,
  permissions: PermissionDefinition[],
  { appAccess = false } = {},
): Promise<string> {
  const { id } = await must<{ id: string }>(superAdmin, 'POST', '/policies', {
    name: `Policy ${randomUUID()}`,
    app_access: appAccess,
    admin_access: false,
    permissions: {
      create: permissions.map((row) => ({ permissions: {}, fields: ['*'], ...row })),
      update: [],
      delete: [],
    },
  });

  return id;
}

/** Every action on the given collections, without any rule. */
export function everythingOn(collections: readonly string[]): PermissionDefinition[] {
  return collections.flatMap((collection) =>
    (['create', 'read', 'update', 'delete', 'share'] as const).map((action) => ({ collection, action })),
  );
}

/** A role of the project, below `parent` where one is named, with policies in this order. */
export async function createRole(
  superAdmin: Account,
  policies: readonly string[],
  { parent = null }: { parent?: string | null } = {},
): Promise<string> {
  const { id } = await must<{ id: string }>(superAdmin, 'POST', '/roles', {
    name: `Role ${randomUUID()}`,
    parent,
    policies: policies.map((policy, index) => ({ policy, sort: index + 1 })),
  });

  return id;
}
