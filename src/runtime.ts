import type { Accountability, HookExtensionContext, SchemaOverview } from '@directus/types';
import type { NextFunction, Request, Response, Router } from 'express';
import type { BoundaryContext } from './tenancy/boundaries.ts';
import { readRevision, readScopes } from './services/scopes.ts';
import { STARTING } from './tenancy/errors.ts';
import { TENANTS } from './tenancy/managed.ts';
import type { Scope } from './tenancy/types.ts';

/** The parts that must be registered before the gate opens. */
export const PARTS = ['rules', 'queries', 'writes', 'requests', 'endpoint'] as const;

export type Part = (typeof PARTS)[number];

export type Context = HookExtensionContext;

/**
 * What one loaded instance of the bundle knows. Directus loads the bundle anew on every reload of its extensions, and each
 * load starts with an empty, closed runtime.
 */
export interface Runtime {
  /** Why the gate is shut, in words for the person who must act; null when it is open. */
  closed: string | null;
  registered: Set<Part>;
  /** The endpoint's router: as long as Directus has it mounted, the hooks are registered too. */
  router: Router | null;
  recorded: Map<string, Scope>;
  /** The revision that `recorded` was read at; null before the first reading. */
  revision: string | null;
  /** Whether the project has tenants. Once true it stays true: the cost of being wrong is a filter too many. */
  tenantsExist: boolean;
  /** Whether the licence allows custom permission rules; null until it was asked. */
  licensed: boolean | null;
  /** How many sockets have been opened; as long as none was, nobody subscribes to anything. */
  sockets: number;
}

export const runtime: Runtime = {
  closed: STARTING,
  registered: new Set(),
  router: null,
  recorded: new Map(),
  revision: null,
  tenantsExist: false,
  licensed: null,
  sockets: 0,
};

export type Middleware = (request: Request, response: Response, next: NextFunction) => void;

/** What is used of the emitter on which Directus, its flows and the `action(…)` of extensions meet. */
export interface ActionEmitter {
  emitAsync(event: string, meta: object, context: object): Promise<unknown>;
}

/**
 * What outlives a reload: Express keeps the middlewares of the first load, so they are mounted once and look up here what
 * the current load wants done.
 */
interface ProcessState {
  /** Whether Directus has created its app, after which no `init` event comes again. */
  appCreated: boolean;
  middlewares: Partial<Record<Place, Middleware>>;
  /** What the last load listens to on the database, which outlives it too. */
  onQueryError?: (error: unknown, query: unknown) => void;
  /** What Directus tells its actions by: see `services/events.ts`. */
  actions?: ActionEmitter;
}

/**
 * Where a middleware of the bundle stands: `gate` in front of everything, `guard` where Directus knows who asks, `entry` in
 * front of the routes.
 */
export type Place = 'gate' | 'guard' | 'entry';

const KEY = Symbol.for('directus-extension-tenancy');

type Keyed = typeof globalThis & { [KEY]?: ProcessState };

/** The state of this process, the same for every load of the bundle. */
export function processState(): ProcessState {
  return ((globalThis as Keyed)[KEY] ??= { appCreated: false, middlewares: {} });
}

/** What the boundaries depend on, as of now. */
export function boundaryContext(schema: SchemaOverview): BoundaryContext {
  return {
    schema,
    recorded: runtime.recorded,
    tenantsExist: runtime.tenantsExist,
    // Without custom permission rules a list of fields would cost the requester the whole permission.
    fieldsCanBeHidden: runtime.licensed === true,
  };
}

/**
 * Brings what this instance knows up to what any instance has written: whether the project has tenants, until it has, and the
 * recorded scopes, of which only the revision is read as long as it is the same. To be awaited before `boundaryContext`.
 */
export async function refreshRuntime(database: Context['database']): Promise<void> {
  await refreshTenantsExist(database);
  await followRevision(database, await readRevision(database));
}

/** Looks whether the project has tenants, until it has. */
export async function refreshTenantsExist(database: Context['database']): Promise<void> {
  if (runtime.tenantsExist) return;
  runtime.tenantsExist = (await database(TENANTS).select('id').first()) !== undefined;
}

/** Reads the recorded scopes, unless they are known as they are at a revision that was just read. */
export async function followRevision(database: Context['database'], revision: string | null): Promise<void> {
  if (revision !== null && revision === runtime.revision) return;

  // The revision was read before the scopes, so that a change in between is noticed next time.
  const recorded = await readScopes(database);
  runtime.recorded = recorded;
  runtime.revision = revision;
}

/** Milliseconds for which a request goes on with what was known when it was let in; imports and exports take longer. */
const FRESH = 1000;

/** When requests were let in, by who asks: Directus makes that object anew for each, and hands it on through all its services. */
const letIn = new WeakMap<Accountability, number>();

/** When the last request was let in, whoever asked. */
let lastLetIn = -Infinity;

/** To be called when the runtime is up to date for a request: its own reads need not ask again at once. */
export function markFresh(accountability: Accountability): void {
  lastLetIn = performance.now();
  letIn.set(accountability, lastLetIn);
}

/**
 * Who reads while the request is being checked: from before the read until the check is done, however it went. What the runtime did not know
 * of yet is noticed by that check.
 */
export const readingAhead = new WeakSet<Accountability>();

/**
 * As {@link refreshRuntime}, for a read of somebody whose request may have been let in just now.
 *
 * In GraphQL that cannot be told by who asks: Directus keeps the resolvers of a user's first request, and all that follow read as the
 * object of that one. Each has been let in, and brought all up to date, later than the object was; so what counts is when the last one
 * was. It does not count where there are sockets, whose subscriptions read as the same objects without being let in.
 */
export async function refreshRuntimeFor(database: Context['database'], accountability: Accountability): Promise<void> {
  if (readingAhead.has(accountability)) return;
  const since = letIn.get(accountability);
  const upToDate = since !== undefined && runtime.sockets === 0 ? lastLetIn : since;
  if (upToDate === undefined || performance.now() - upToDate > FRESH) await refreshRuntime(database);
}
