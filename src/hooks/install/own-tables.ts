import { OWN_TABLES } from '../../tenancy/managed.ts';
import type { Context } from '../../runtime.ts';

/** Directus' setting for tables that are not its business: https://directus.io/docs/configuration/database */
const EXCLUDED = 'DB_EXCLUDE_TABLES';

/**
 * Takes the bundle's own tables out of Directus' sight, as if the project had set so: nobody is offered them as collections that are
 * not configured yet, no permission leads to them, and they are not in the schema, of which Directus makes a copy for each request.
 */
export function hideOwnTables(env: Context['env']): void {
  const excluded = [env[EXCLUDED] ?? []].flat().flatMap((names) => String(names).split(','));
  env[EXCLUDED] = [...new Set([...excluded, ...OWN_TABLES])];
}
