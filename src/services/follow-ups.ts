/** What Directus does not wait for: work that begins when it tells of something that it has done. */
const pending = new Set<Promise<unknown>>();

/** Does work that follows from a request, so that the answer to it can wait: see {@link followUpsAreDone}. */
export function followUp(work: Promise<unknown>): Promise<unknown> {
  const settled = work.then(
    () => undefined,
    () => undefined,
  );

  pending.add(settled);
  void settled.then(() => pending.delete(settled));
  return work;
}

/** Whether any such work is going on. */
export function hasFollowUps(): boolean {
  return pending.size > 0;
}

/** Resolves when all the work that is going on has ended, well or not; whoever does it reports how. */
export async function followUpsAreDone(): Promise<void> {
  while (pending.size > 0) await Promise.all(pending);
}
