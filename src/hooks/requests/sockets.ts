import { ForbiddenError } from '@directus/errors';
import type { Accountability, Item, PrimaryKey, SchemaOverview } from '@directus/types';
import { actingAs } from '../../services/identity.ts';
import { deletedIn } from '../../services/deleted-rows.ts';
import { isDirectus11, type ServiceContext } from '../../services/directus.ts';
import { InvalidFieldError } from '../../tenancy/errors.ts';
import { boundaryOf } from '../../tenancy/boundaries.ts';
import { requesterOf } from '../../tenancy/queries.ts';
import { primaryKeyOf } from '../../tenancy/scopes.ts';
import { say } from '../../tenancy/sentences.ts';
import { ownershipOf } from '../../tenancy/writes.ts';
import { boundaryContext, refreshRuntime, runtime } from '../../runtime.ts';
import { accessOfMessage } from './access.ts';
import { scopeMessageCounts } from './counts.ts';
import { assertIdentityIsCurrent } from './guard.ts';

/** A connection as Directus keeps it. */
export interface Socket {
  accountability: Accountability | null;
  /** What the client speaks: `graphql-transport-ws` on the sockets for GraphQL. */
  protocol?: string;
  send(data: unknown, ...rest: unknown[]): void;
  close(code?: number, reason?: string): void;
}

interface Message {
  type?: string;
  action?: string;
  collection?: string;
  item?: unknown;
  id?: unknown;
  ids?: unknown;
  data?: unknown;
  uid?: unknown;
  query?: Record<string, unknown>;
}

/** Whom Directus has not authenticated. */
const PUBLIC: Accountability = { role: null, user: null, roles: [], admin: false, app: false, ip: null };

/** The collections to which a socket is subscribed, by the name that it gave the subscription. */
const subscriptions = new WeakMap<Socket, Map<string, string>>();

/**
 * What a socket sends: the identity behind it is held against what the user is now, and what Directus answers without
 * asking the permission engine is asked for here.
 *
 * @throws when the message must not be answered
 */
export async function guardMessage(context: ServiceContext, message: unknown, client?: Socket): Promise<unknown> {
  const sent = (message ?? {}) as Message;
  if (runtime.closed !== null) throw new ForbiddenError();

  const accountability = client?.accountability;
  // Directus takes a socket without accountability for an internal caller with full rights.
  if (!accountability) {
    if (sent.type === 'auth') return message;
    throw new ForbiddenError();
  }

  if (sent.type === 'auth') return message;
  await assertIdentityIsCurrent(context.database, accountability, accessOfMessage(sent));

  await refreshRuntime(context.database);
  const schema = await context.getSchema();
  if (sent.type === 'subscribe' && sent.collection) remember(client, sent);
  if (accountability.admin) return message;

  if (runtime.tenantsExist) assertRowsAreNamed(sent, schema);
  await assertItemIsReadable(context, sent, accountability, schema);
  return scopeMessageCounts(message, accountability, context.database, schema);
}

function remember(client: Socket, { uid, collection = '' }: Message): void {
  const known = subscriptions.get(client) ?? new Map<string, string>();
  subscriptions.set(client, known.set(nameOf(uid), collection));
}

function nameOf(uid: unknown): string {
  return typeof uid === 'string' || typeof uid === 'number' ? String(uid) : '';
}

/** Directus 11 looks up the rows of such a query without the requester's permissions. */
function assertRowsAreNamed({ type, action, id, ids, data, query, collection }: Message, schema: SchemaOverview): void {
  if (type !== 'items' || !isDirectus11(schema) || (action !== 'update' && action !== 'delete')) return;
  if (id || ids || Array.isArray(data) || schema.collections[collection ?? '']?.singleton || !query) return;
  throw new InvalidFieldError({
    field: 'query',
    reason: say('is not taken here: read the rows first, and send their "ids"'),
  });
}

/** Directus reports every change of a row to which somebody subscribed, even to those who may not read it, as an error. */
async function assertItemIsReadable(
  { services }: ServiceContext,
  { type, collection, item }: Message,
  accountability: Accountability,
  schema: SchemaOverview,
): Promise<void> {
  if (type !== 'subscribe' || item === undefined || !collection || !(collection in schema.collections)) return;

  const service = new services.ItemsService(collection, { schema, accountability });
  await service.readOne(item as PrimaryKey, { fields: [primaryKeyOf(collection, schema)] });
}

/**
 * What a socket receives: nothing more once the user was moved, suspended or removed, and no word of rows that others
 * deleted. A socket whose token has expired is nobody's, not an internal caller's.
 */
export function guardSocket(context: ServiceContext, client: Socket): void {
  runtime.sockets += 1;
  let accountability = client.accountability;

  Object.defineProperty(client, 'accountability', {
    configurable: true,
    enumerable: true,
    get: () => accountability ?? PUBLIC,
    set: (value: Accountability | null) => {
      accountability = value;
    },
  });

  const send = client.send.bind(client);
  let turn: Promise<void> = Promise.resolve();

  client.send = (data, ...rest) => {
    const event = subscriptionEvent(data);
    if (!event || client.accountability?.admin) return send(data, ...rest);

    // One after the other, so that events arrive in their order.
    turn = turn.then(async () => {
      try {
        await assertIdentityIsCurrent(context.database, client.accountability ?? PUBLIC, 'read');
      } catch {
        client.close();
        return;
      }

      const visible = event.event === 'delete' ? await withoutForeignDeletions(context, client, event) : event;
      if (visible) send(visible === event ? data : JSON.stringify(visible), ...rest);
    });
  };
}

/**
 * Sockets for GraphQL are told of to no hook before somebody authenticates on them. From then on a share is the public there, as
 * it gets no GraphQL over HTTP either, and a socket of nobody is nobody's, not an internal caller's.
 */
export function guardGraphQlSocket(client: Socket): void {
  if (!client.protocol?.startsWith('graphql')) return;
  let { accountability } = client;

  Object.defineProperty(client, 'accountability', {
    configurable: true,
    enumerable: true,
    get: () => (accountability && !accountability.share ? accountability : PUBLIC),
    set: (value: Accountability | null) => {
      accountability = value;
    },
  });
}

interface SubscriptionEvent {
  type: 'subscription';
  event?: string;
  uid?: unknown;
  data?: unknown;
}

function subscriptionEvent(data: unknown): SubscriptionEvent | null {
  if (typeof data !== 'string' || !data.includes('"subscription"')) return null;

  try {
    const message = JSON.parse(data) as Partial<Item>;
    return message['type'] === 'subscription' ? (message as SubscriptionEvent) : null;
  } catch {
    return null;
  }
}

/** The event with the keys of deleted rows that the requester could read; null where none is left, or nobody can tell. */
async function withoutForeignDeletions(
  context: ServiceContext,
  client: Socket,
  event: SubscriptionEvent,
): Promise<SubscriptionEvent | null> {
  const collection = subscriptions.get(client)?.get(nameOf(event.uid));
  if (!collection) return null;

  const schema = await context.getSchema();
  const requester = await actingAs(context.database, client.accountability ?? PUBLIC);
  const boundary = boundaryOf(collection, 'read', requesterOf(requester), boundaryContext(schema));
  if (boundary.kind === 'open') return event;
  if (boundary.kind === 'closed') return null;

  const isMixed = ownershipOf(collection, schema, runtime.recorded) === 'mixed';
  const tenant = requesterOf(requester) === 'member' ? requester.role : null;

  const wasReadable = (key: PrimaryKey): boolean => {
    const owner = deletedIn(collection, key);
    return owner === null ? isMixed : owner !== undefined && owner === tenant;
  };

  const keys = (Array.isArray(event.data) ? event.data : [event.data]) as PrimaryKey[];
  const readable = keys.filter(wasReadable);
  if (readable.length === 0) return null;
  return { ...event, data: Array.isArray(event.data) ? readable : readable[0] };
}
