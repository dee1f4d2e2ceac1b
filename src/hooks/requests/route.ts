import type { Accountability, SchemaOverview } from '@directus/types';
import type { Request } from 'express';

/** What the guards of routes look at. */
export interface Route {
  /** In upper case. */
  method: string;
  /** The parts of the path; Express does not mind their case, so all but names and keys are in lower case. */
  parts: readonly string[];
  body: unknown;
  accountability: Accountability;
  schema: SchemaOverview;
}

/** The route of a request that somebody short of a super-admin makes; null for super-admins. */
export function routeOf(request: Request): Route | null {
  const { accountability, schema } = request as Request & { accountability?: Accountability; schema?: SchemaOverview };
  if (!accountability || accountability.admin || !schema) return null;
  return {
    method: request.method,
    parts: partsOf(request.path),
    body: request.body as unknown,
    accountability,
    schema,
  };
}

let lastAsked: { path: string; parts: readonly string[] } = { path: '', parts: [] };

/** The parts of a path as Express reads it. Of each request several guards ask for them, one after the other. */
export function partsOf(path: string): readonly string[] {
  if (lastAsked.path !== path) lastAsked = { path, parts: splitPath(path) };
  return lastAsked.parts;
}

function splitPath(path: string): string[] {
  return path
    .split('/')
    .filter(Boolean)
    .map((part, index) => {
      const text = decoded(part);
      return index === 0 ? text.toLowerCase() : text;
    });
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** The collection whose rows a route of Directus reads or writes; null for any other route. */
export function collectionOf([root = '', second = '']: readonly string[], schema: SchemaOverview): string | null {
  const collection = root === 'items' ? second : `directus_${root}`;
  return collection in schema.collections ? collection : null;
}

/** Whether a body names rows by a query where the route takes several rows. */
export function namesRowsByQuery({ method, parts, body, schema }: Omit<Route, 'accountability'>): boolean {
  if (method !== 'PATCH' && method !== 'DELETE') return false;

  const collection = collectionOf(parts, schema);
  const namesNoRow = parts.length === (parts[0] === 'items' ? 2 : 1);
  if (!collection || !namesNoRow || schema.collections[collection]?.singleton) return false;

  return typeof body === 'object' && body !== null && !Array.isArray(body) && 'query' in body;
}
