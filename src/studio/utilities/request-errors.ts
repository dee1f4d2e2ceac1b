/** One entry of Directus' error body. */
export interface ReportedError {
  message: string;
  code: string | null;
  /** Path of the field that was refused, such as `owner.email`. */
  field: string | null;
  /** Half a sentence that follows the name of the field. */
  reason: string | null;
}

export interface RequestFailure {
  /** HTTP status; `null` when no answer came. */
  status: number | null;
  errors: ReportedError[];
}

export type FailureKind = 'offline' | 'starting' | 'forbidden' | 'missing' | 'unexpected';

/** Told by Directus where the account lacks the permission or the session has ended. */
const PERMISSION_CODES = new Set(['FORBIDDEN', 'INVALID_CREDENTIALS', 'INVALID_TOKEN', 'TOKEN_EXPIRED']);

/** Reads what a failed request says, whatever was thrown. */
export function readFailure(thrown: unknown): RequestFailure {
  const response = member(thrown, 'response');
  const status = member(response, 'status');
  const errors = member(member(response, 'data'), 'errors');

  if (typeof status !== 'number') {
    const message = thrown instanceof Error ? thrown.message : String(thrown);
    return { status: null, errors: [{ message, code: null, field: null, reason: null }] };
  }

  return { status, errors: Array.isArray(errors) ? errors.map(readError) : [] };
}

/** What the failure means to the person at the screen. */
export function kindOfFailure({ status, errors }: RequestFailure): FailureKind {
  if (status === null) return 'offline';
  if (status === 503) return 'starting';
  // A refusal with a reason, such as a seat that the licence does not include, speaks for itself.
  if ((status === 401 || status === 403) && errors.every(isPlainRefusal)) {
    return 'forbidden';
  }

  if (status === 404 && errors.every(({ code }) => code === 'ROUTE_NOT_FOUND')) return 'missing';
  return 'unexpected';
}

function isPlainRefusal({ code, reason }: ReportedError): boolean {
  return code === null || (PERMISSION_CODES.has(code) && reason === null);
}

function readError(error: unknown): ReportedError {
  const extensions = member(error, 'extensions');

  return {
    message: text(member(error, 'message')) ?? '',
    code: text(member(extensions, 'code')),
    field: text(member(extensions, 'field')),
    reason: text(member(extensions, 'reason')),
  };
}

function member(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[key] : undefined;
}

function text(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}
