import type { Knex } from 'knex';
import { InvalidFieldError, NotFoundError, RefusedError } from '../tenancy/errors.ts';
import { uuidIn } from '../tenancy/identity.ts';
import {
  levelOfPolicy,
  LEVELS,
  LEVELS_TABLE,
  MEMBER_POLICIES_TABLE,
  POLICIES,
  TENANT_MEMBERS,
  type Level,
} from '../tenancy/managed.ts';
import { say } from '../tenancy/sentences.ts';
import type { AssignableLevel } from '../tenancy/types.ts';
import type { ServiceContext } from './directus.ts';
import { givesAdminAccess } from './super-admins.ts';

/** Creates the tables of levels that a project has beside the managed ones, where they are missing. */
export async function ensureLevelTables(database: Knex): Promise<void> {
  if (!(await database.schema.hasTable(LEVELS_TABLE))) {
    await database.schema.createTable(LEVELS_TABLE, (table) => {
      table.uuid('policy').primary();
    });
  }

  if (!(await database.schema.hasTable(MEMBER_POLICIES_TABLE))) {
    await database.schema.createTable(MEMBER_POLICIES_TABLE, (table) => {
      table.increments('id');
      table.uuid('member').notNullable();
      table.uuid('policy').notNullable().index();
      table.unique(['member', 'policy']);
    });
  }
}

/** The ids of the policies of the project that super-admins made levels. */
export async function assignablePolicies(database: Knex): Promise<string[]> {
  return database(LEVELS_TABLE).pluck('policy');
}

/** Every level that a member can be given: the managed ones, then those of the project by name. */
export async function listLevels({ database }: Pick<ServiceContext, 'database'>): Promise<AssignableLevel[]> {
  const assignable = await assignablePolicies(database);

  const rows: { id: string; name: string; app_access: unknown }[] = await database('directus_policies')
    .whereIn('id', [...LEVELS.map((level) => POLICIES[level]), ...assignable])
    .orderBy('name')
    .select('id', 'name', 'app_access');

  const levels = rows.map(({ id, name, app_access }) => ({
    level: levelOfPolicy(id) ?? id,
    policy: id,
    name,
    app_access: Boolean(app_access),
  }));

  const rank = ({ level }: AssignableLevel): number => (LEVELS.indexOf(level as Level) + 1 || LEVELS.length + 1) - 1;
  return levels.sort((a, b) => rank(a) - rank(b));
}

/** What is wrong with a level that is none. */
export function mustBeALevel(): string {
  return say('must be one of {levels}, or the id of a policy that is a level of this project', {
    levels: LEVELS.join(', '),
  });
}

/**
 * The policy behind the name of a level.
 *
 * @param level one of the managed levels, or the id of a policy that super-admins made assignable
 * @throws InvalidFieldError for anything else
 */
export async function policyOfLevel(database: Knex, level: string): Promise<string> {
  const managed = LEVELS.find((name) => name === level);
  if (managed) return POLICIES[managed];

  const policy = uuidIn(level);

  if (policy === null || !(await isAssignable(database, policy))) {
    throw new InvalidFieldError({ field: 'level', reason: mustBeALevel() });
  }

  return policy;
}

async function isAssignable(database: Knex, policy: string): Promise<boolean> {
  const row: unknown = await database(LEVELS_TABLE).where({ policy }).first('policy');
  // A policy that came to admin access past Directus is nobody's level any more.
  return row !== undefined && !(await givesAdminAccess(database, [policy]));
}

/** Whether any of the policies is a level of the project, or comes with the membership of somebody. */
export async function areLevels(database: Knex, policies: readonly string[]): Promise<boolean> {
  const ids = policies as string[];

  for (const table of [LEVELS_TABLE, TENANT_MEMBERS, MEMBER_POLICIES_TABLE]) {
    if (await database(table).whereIn('policy', ids).first('policy')) return true;
  }

  return false;
}

/**
 * Makes a policy of the project a level that members can be given, or takes that back: who has it keeps it, and nobody else
 * gets it.
 *
 * @throws NotFoundError when there is no such policy
 * @throws InvalidFieldError for a managed policy, or one that gives admin access
 */
export async function setAssignable(
  { database }: Pick<ServiceContext, 'database'>,
  named: string,
  assignable: boolean,
): Promise<void> {
  const policy = uuidIn(named);
  const row: unknown = policy && (await database('directus_policies').where({ id: policy }).first('id'));
  if (!policy || !row) throw new NotFoundError({ reason: say('There is no policy "{named}".', { named }) });

  if (Object.values<string>(POLICIES).includes(policy)) {
    throw new InvalidFieldError({
      field: 'policy',
      reason: say('is managed by the tenancy extension, and stays as it is'),
    });
  }

  if (!assignable) {
    await database(LEVELS_TABLE).where({ policy }).delete();
    return;
  }

  if (await givesAdminAccess(database, [policy])) {
    throw new InvalidFieldError({
      field: 'policy',
      reason: say('gives admin access, and somebody with admin access belongs to no tenant'),
    });
  }

  await database(LEVELS_TABLE).insert({ policy }).onConflict('policy').ignore();
}

/**
 * Forgets policies that are about to be deleted.
 *
 * @throws RefusedError when a member has one of them as level
 */
export async function forgetPolicies(database: Knex, policies: readonly string[]): Promise<void> {
  const ids = policies as string[];
  const member: unknown = await database(TENANT_MEMBERS).whereIn('policy', ids).first('id');

  if (member) {
    throw new RefusedError({
      reason: say('The policy is the level of members of tenants: give them another level first. Nothing was deleted.'),
    });
  }

  await database(MEMBER_POLICIES_TABLE).whereIn('policy', ids).delete();
  await database(LEVELS_TABLE).whereIn('policy', ids).delete();
}
