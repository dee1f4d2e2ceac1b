/** A line of the answer to `DELETE /tenancy/tenants/:tenant` that says how far it is. */
interface Progress {
  collection: string;
  erased: number;
  of: number;
}

/**
 * How far an erasure is, from 0 to 1.
 *
 * @param lines what has come of the answer so far
 */
export function progressOf(lines: readonly (Progress | object)[]): number {
  const latest = new Map<string, Progress>();

  for (const line of lines) if ('collection' in line) latest.set(line.collection, line);

  const total = [...latest.values()].reduce((sum, { of }) => sum + of, 0);
  const erased = [...latest.values()].reduce((sum, { erased: rows }) => sum + rows, 0);
  return total === 0 ? 0 : erased / total;
}
