import { createError, ErrorCode } from '@directus/errors';
import { say } from './sentences.ts';

interface FieldErrorExtensions {
  field: string;
  reason: string;
}

/** 400 `INVALID_PAYLOAD` that names the field, as `errors[].extensions.field`, in Directus' own error body. */
export const InvalidFieldError = createError<FieldErrorExtensions>(
  ErrorCode.InvalidPayload,
  ({ field, reason }) => say('Invalid payload. "{field}" {reason}.', { field, reason }),
  400,
);

/** 400 `RECORD_NOT_UNIQUE` that names the field whose value is taken. */
export const NotUniqueError = createError<FieldErrorExtensions>(
  ErrorCode.RecordNotUnique,
  ({ field, reason }) => say('"{field}" {reason}.', { field, reason }),
  400,
);

/** 403 `FORBIDDEN` with a reason that may be told to the requester. */
export const RefusedError = createError<{ reason: string }>(ErrorCode.Forbidden, ({ reason }) => reason, 403);

/** 409 `CONFLICT`: the request is valid, but what is there now does not allow it; nothing was changed. */
export const ConflictError = createError<{ reason: string }>('CONFLICT', ({ reason }) => reason, 409);

/** 500 `ERASURE_INCOMPLETE`: something of a tenant is there still; the same request goes on with it. */
export const IncompleteError = createError<{ reason: string }>('ERASURE_INCOMPLETE', ({ reason }) => reason, 500);

/** 404 `NOT_FOUND`, for super-admins only: everybody else is told 403. */
export const NotFoundError = createError<{ reason: string }>('NOT_FOUND', ({ reason }) => reason, 404);

/** What a member reads where the project's licence does not include custom permission rules. */
export const LICENCE_REASON =
  "Your tenant's content is closed: the licence of this Directus project does not include custom permission rules, " +
  'and without them tenants cannot be kept apart. Ask the administrator of the project to activate a licence that ' +
  'includes them.';

/** What the gate answers before it is known whether the installation ends well. */
export const STARTING = 'The tenancy bundle is starting.';
