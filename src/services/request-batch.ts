import type { ServerResponse } from 'node:http';
import type { Item } from '@directus/types';
import { CallContext } from './call-context.ts';

interface Batch {
  collection: string;
  rows: readonly Item[];
}

const batches = new CallContext<Batch>();

/** Runs what answers a request that creates several rows of a collection, so that their references are looked up at once. */
export function withBatch(collection: string, body: unknown, response: ServerResponse, work: () => void): void {
  if (!Array.isArray(body) || body.length < 2) return work();
  batches.answer({ collection, rows: body.filter(isRow) }, response, work);
}

/** The rows that the request being answered creates in the collection; empty where it creates no batch. */
export function batchOf(collection: string): readonly Item[] {
  const batch = batches.get();
  return batch?.collection === collection ? batch.rows : [];
}

function isRow(value: unknown): value is Item {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
