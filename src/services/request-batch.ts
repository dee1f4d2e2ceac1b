import { AsyncLocalStorage } from 'node:async_hooks';
import type { Item } from '@directus/types';

interface Batch {
  collection: string;
  rows: readonly Item[];
}

const batches = new AsyncLocalStorage<Batch>();

/** Runs what answers a request that creates several rows of a collection, so that their references are looked up at once. */
export function withBatch(collection: string, body: unknown, work: () => void): void {
  if (!Array.isArray(body) || body.length < 2) return work();
  batches.run({ collection, rows: body.filter(isRow) }, work);
}

/** The rows that the request being answered creates in the collection; empty where it creates no batch. */
export function batchOf(collection: string): readonly Item[] {
  const batch = batches.getStore();
  return batch?.collection === collection ? batch.rows : [];
}

function isRow(value: unknown): value is Item {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
