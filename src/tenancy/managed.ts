/**
 * The rows and names that the bundle itself owns in a Directus project. The ids are constants, so that installing twice, on
 * two instances or in two environments that share a schema snapshot, always meets the same rows.
 */

export const TENANTS = 'tenants';
export const TENANT_MEMBERS = 'tenant_members';

/** The id of the module of the Data Studio for members; that for super-admins is called as the collection. */
export const WORKSPACE = 'workspace';

/** The many-to-one field to `tenants` that makes a collection tenant-scoped. */
export const TENANT_FIELD = 'tenant_id';

/** Table of the recorded scopes. Not registered as a collection: Directus 12 counts collections against the licence. */
export const SCOPES_TABLE = 'tenancy_scopes';

/** Table with one row that changes with every recorded scope, so that other instances notice. No collection either. */
export const REVISION_TABLE = 'tenancy_revision';

/** Table of members who act in another tenant until theirs is open again. No collection either. */
export const DETOURS_TABLE = 'tenancy_detours';

/** Table of answers that are given again to whoever repeats a request under the same key. No collection either. */
export const ANSWERS_TABLE = 'tenancy_answers';

/** Table of the audit trail. No collection either. */
export const AUDIT_TABLE = 'tenancy_audit';

/** Table of erasures of tenants: those that are going on, and what came of the others. No collection either. */
export const ERASURES_TABLE = 'tenancy_erasures';

/** Table of what an erasure that is going on has deleted so far, batch by batch. No collection either. */
export const ERASED_TABLE = 'tenancy_erased';

/** Table of the policies of the project that may be given to members as their level. No collection either. */
export const LEVELS_TABLE = 'tenancy_levels';

/** Table of the policies that a membership brings beside that of its level. No collection either. */
export const MEMBER_POLICIES_TABLE = 'tenancy_member_policies';

/** Table of stored files that are being copied into a tenant which is not there yet. No collection either. */
export const COPIES_TABLE = 'tenancy_copies';

/** Table of the installation steps that were done. Not registered as a collection either. */
export const STEPS_TABLE = 'tenancy_steps';

/** All tables of the bundle that are no collections. */
export const OWN_TABLES = [
  ...[SCOPES_TABLE, REVISION_TABLE, DETOURS_TABLE, ANSWERS_TABLE, AUDIT_TABLE, ERASURES_TABLE, ERASED_TABLE],
  ...[LEVELS_TABLE, MEMBER_POLICIES_TABLE, COPIES_TABLE, STEPS_TABLE],
] as const;

/** The role `Tenants`: parent of every tenant's role. */
export const TENANTS_ROLE = '6d1f0a52-8f0e-4c43-9a57-1d3b5c0e7a01';

/** The policies that the bundle keeps in shape. `member` sits on the role `Tenants`, the levels are attached to users. */
export const POLICIES = {
  member: '6d1f0a52-8f0e-4c43-9a57-1d3b5c0e7b00',
  viewer: '6d1f0a52-8f0e-4c43-9a57-1d3b5c0e7b01',
  editor: '6d1f0a52-8f0e-4c43-9a57-1d3b5c0e7b02',
  owner: '6d1f0a52-8f0e-4c43-9a57-1d3b5c0e7b03',
  api: '6d1f0a52-8f0e-4c43-9a57-1d3b5c0e7b04',
} as const;

/** What a member may do in a tenant, in the words of the HTTP contract. */
export const LEVELS = ['owner', 'editor', 'viewer', 'api'] as const;

export type Level = (typeof LEVELS)[number];

/** The levels that write rows of their tenant. */
export const WRITING_LEVELS = ['editor', 'owner', 'api'] as const satisfies readonly Level[];

/** The level that a managed policy stands for; `null` for any other policy. */
export function levelOfPolicy(policy: string): Level | null {
  return LEVELS.find((level) => POLICIES[level] === policy) ?? null;
}

/** The system collections that carry `tenant_id` themselves. */
export const OWNED_SYSTEM_COLLECTIONS = ['directus_files', 'directus_folders'] as const;

/** Whether a collection is one of {@link OWNED_SYSTEM_COLLECTIONS}. */
export function isOwnedSystemCollection(collection: string): boolean {
  return (OWNED_SYSTEM_COLLECTIONS as readonly string[]).includes(collection);
}
