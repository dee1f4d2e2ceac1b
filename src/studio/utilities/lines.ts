/** Why a work that was followed line by line did not come to its end, as a request that was refused would have told. */
export class FollowedWorkError extends Error {
  readonly response: { status: number; data: { errors: unknown[] } } | undefined;

  constructor(message: string, refusal?: { status: number; errors: unknown[] }) {
    super(message);
    this.response = refusal && { status: refusal.status, data: { errors: refusal.errors } };
  }
}

type LastLine = { data: unknown } | { status: number; errors: unknown[] };

/** The lines of an answer of NDJSON, as far as it has come: its last line may have come in part. */
export function linesOf(text: string): object[] {
  return text.split('\n').flatMap((line) => {
    try {
      return line === '' ? [] : [JSON.parse(line) as object];
    } catch {
      return [];
    }
  });
}

/**
 * What came of a work: the last line says so.
 *
 * @throws FollowedWorkError that says why nothing did; where there is no last line the connection broke off
 */
export function resultOf(text: string): unknown {
  const last = linesOf(text).at(-1) as LastLine | undefined;
  if (last && 'data' in last) return last.data;
  if (last && 'errors' in last) throw new FollowedWorkError('The work was refused.', last);
  throw new FollowedWorkError('The connection ended before the work was done.');
}

/** A request that is refused at once is answered as JSON, which was asked for as text here. */
export function withParsedBody(error: unknown): unknown {
  const { response } = error as { response?: { status: number; data: unknown } };
  if (!response || typeof response.data !== 'string') return error;

  try {
    return { response: { ...response, data: JSON.parse(response.data) as unknown } };
  } catch {
    return error;
  }
}
