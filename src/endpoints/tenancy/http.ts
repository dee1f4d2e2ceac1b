import type { Accountability, SchemaOverview } from '@directus/types';
import type { NextFunction, Request, RequestHandler, Response } from 'express';
import type { Knex } from 'knex';
import { ForbiddenError, isDirectusError } from '@directus/errors';
import * as z from 'zod/mini';
import { withSchema, type ServiceContext } from '../../services/directus.ts';
import { isOwner } from '../../services/memberships.ts';
import { findTenantId } from '../../services/tenants.ts';
import { InvalidFieldError } from '../../tenancy/errors.ts';
import { say } from '../../tenancy/sentences.ts';

/** The requester behind a request; Directus has authenticated it before any endpoint runs. */
export function accountabilityOf(request: Request): Accountability | null {
  return (request as Request & { accountability?: Accountability | null }).accountability ?? null;
}

/** A context for what the requester does. */
export function contextOf(context: ServiceContext, request: Request): ServiceContext {
  return { ...context, actor: accountabilityOf(request) };
}

/** As {@link contextOf}, for what goes by the schema that Directus has read for the request, and is done before that can change. */
export function contextWithSchema(context: ServiceContext, request: Request): ServiceContext {
  const { schema } = request as Request & { schema?: SchemaOverview };
  const acting = contextOf(context, request);
  return schema ? withSchema(acting, schema) : acting;
}

/** An asynchronous handler whose errors reach Directus' error handler, and so the error body that clients know. */
export function handle(handler: (request: Request, response: Response) => Promise<void>): RequestHandler {
  return (request: Request, response: Response, next: NextFunction) => {
    handler(request, response).catch(next);
  };
}

/** As {@link handle}, for super-admins only. Everybody else gets 403, whatever the route or its parameters. */
export function handleSuperAdmin(handler: (request: Request, response: Response) => Promise<void>): RequestHandler {
  return handle(async (request, response) => {
    if (accountabilityOf(request)?.admin !== true) throw new ForbiddenError();
    await handler(request, response);
  });
}

/**
 * As {@link handle}, for super-admins and for the owners of the tenant that the route names. Owners do not learn whether
 * another tenant, or a member of one, exists: what is not theirs is 403, as for everybody else.
 */
export function handleOwner(
  database: Knex,
  handler: (request: Request, response: Response, tenant: string) => Promise<void>,
): RequestHandler {
  return handle(async (request, response) => {
    const requester = accountabilityOf(request);
    const named = String(request.params['tenant']);

    if (requester?.admin === true) return handler(request, response, await findTenantId(database, named));
    if (!requester?.user || !requester.role) throw new ForbiddenError();

    const tenant = await findTenantId(database, named).catch(() => null);
    const acts = tenant !== null && tenant === requester.role && (await isOwner(database, tenant, requester.user));
    if (!acts) throw new ForbiddenError();

    try {
      await handler(request, response, tenant);
    } catch (error) {
      throw isDirectusError(error) && error.code === 'NOT_FOUND' ? new ForbiddenError() : error;
    }
  });
}

/** As {@link handleSuperAdmin}, for owners of whatever tenant they act in as well. */
export function handleAnyOwner(
  database: Knex,
  handler: (request: Request, response: Response) => Promise<void>,
): RequestHandler {
  return handle(async (request, response) => {
    const requester = accountabilityOf(request);

    const isAllowed =
      requester?.admin === true ||
      (requester?.user && requester.role && (await isOwner(database, requester.role, requester.user)));

    if (!isAllowed) throw new ForbiddenError();
    await handler(request, response);
  });
}

/** A schema that is made when it is needed for the first time: making all of them is most of what runs when the bundle is loaded. */
export function whenNeeded<Schema>(make: () => Schema): () => Schema {
  let schema: Schema | undefined;
  return () => (schema ??= make());
}

/**
 * The input in the shape of the schema.
 *
 * @throws every complaint as an InvalidFieldError that names its field; Directus answers them as one body
 */
export function parse<Schema extends z.ZodMiniType>(schema: () => Schema, input: unknown): z.output<Schema> {
  const result = schema().safeParse(input);
  if (result.success) return result.data;

  // An array of errors is what Directus' error handler takes for several complaints.
  throw result.error.issues.flatMap(errorsOf) as unknown as Error;
}

function errorsOf(issue: z.core.$ZodIssue): Error[] {
  const path = issue.path.map(String);

  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map(
      (key) =>
        new InvalidFieldError({ field: [...path, key].join('.'), reason: say('is not a field of this request') }),
    );
  }

  return [new InvalidFieldError({ field: path.join('.') || 'body', reason: issue.message })];
}

/** The complaint about a value that is missing or not what is expected, such as `expected('a text')`. */
export function expected(what: string): { error: (issue: { input?: unknown }) => string } {
  return {
    error: ({ input }) => (input === undefined ? say('is required') : say('must be {what}', { what: say(what) })),
  };
}

/** The complaint about a value that is none of these. */
export function expectedOneOf(values: readonly string[]): { error: () => string } {
  return { error: () => say('must be one of {values}', { values: values.join(', ') }) };
}

/** Refuses a text, or a list, that is empty. */
export const notEmpty = () => z.minLength(1, { error: () => say('must not be empty') });

/** Refuses a text of more characters than these. */
export const noLongerThan = (count: number) =>
  z.maxLength(count, { error: () => say('must have at most {count} characters', { count }) });
