import { RefusedError } from '../../tenancy/errors.ts';
import { say } from '../../tenancy/sentences.ts';
import type { Route } from './route.ts';

/**
 * Refuses fields of the system's GraphQL that do what a guarded REST route does; that can be used instead.
 *
 * @param textOf tells what the request says, in which a field cannot be written in any other way
 * @throws RefusedError
 */
export function assertNoGraphQlField({ parts }: Pick<Route, 'parts'>, textOf: () => string, fields: RegExp): void {
  if (parts[0] !== 'graphql' || parts[1]?.toLowerCase() !== 'system') return;

  const [field] = fields.exec(textOf()) ?? [];
  if (field)
    throw new RefusedError({
      reason: say('"{field}" is not available in GraphQL here: use the REST route instead.', { field }),
    });
}
