import { readFailure } from '../../../studio/utilities/request-errors.ts';
import type { RequestFailure } from '../../../studio/utilities/request-errors.ts';

/** What was erased of a tenant, by collection. */
export interface ErasureResult {
  erased: Record<string, number>;
}

/** A line of the answer to `DELETE /tenancy/tenants/:tenant` that says how far it is. */
interface Progress {
  collection: string;
  erased: number;
  of: number;
}

type Line = Progress | { data: ErasureResult } | { status: number; errors: unknown[] };

/**
 * How far an erasure is, from 0 to 1.
 *
 * @param text what has come of the answer so far; its last line may have come in part
 */
export function progressOf(text: string): number {
  const latest = new Map<string, Progress>();

  for (const line of linesOf(text)) if ('collection' in line) latest.set(line.collection, line);

  const total = [...latest.values()].reduce((sum, { of }) => sum + of, 0);
  const erased = [...latest.values()].reduce((sum, { erased: rows }) => sum + rows, 0);
  return total === 0 ? 0 : erased / total;
}

/** What came of an erasure: its last line says so. Where that is missing the connection broke off. */
export function resultOf(text: string): { data: ErasureResult } | { failure: RequestFailure } {
  const last = linesOf(text).at(-1);
  if (last && 'data' in last) return last;
  if (last && 'errors' in last) return { failure: readFailure({ response: { status: last.status, data: last } }) };
  return { failure: readFailure(new Error('The connection ended before the tenant was erased.')) };
}

function linesOf(text: string): Line[] {
  return text.split('\n').flatMap((line) => {
    try {
      return line === '' ? [] : [JSON.parse(line) as Line];
    } catch {
      return [];
    }
  });
}
