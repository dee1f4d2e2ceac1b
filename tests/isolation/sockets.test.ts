import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Host } from '../../scripts/hosts/host.ts';
import { send, type Account } from '../support/client.ts';
import { createPerson } from '../support/people.ts';
import { must, type World } from '../support/world.ts';
import { startWorld } from '../support/worlds.ts';

interface SocketMessage {
  type: string;
  event?: string;
  uid?: string;
  status?: string;
  data?: unknown;
  meta?: unknown;
  error?: { code: string };
}

/** A WebSocket client that sends one message at a time and waits for what comes back. */
class Socket {
  private readonly socket: WebSocket;

  /** What came of subscriptions, in its order. */
  readonly events: SocketMessage[] = [];

  readonly closed: Promise<unknown>;

  private constructor(socket: WebSocket) {
    this.socket = socket;
    this.closed = new Promise((resolve) => socket.addEventListener('close', resolve, { once: true }));
    socket.addEventListener('message', ({ data }: MessageEvent<string>) => {
      const message = JSON.parse(data) as SocketMessage;
      if (message.type === 'subscription' && message.event !== 'init') this.events.push(message);
    });
  }

  static async open(url: string): Promise<Socket> {
    const socket = new WebSocket(`${url.replace('http', 'ws')}/websocket`);
    await new Promise((resolve, reject) => {
      socket.addEventListener('open', resolve, { once: true });
      socket.addEventListener('error', reject, { once: true });
    });
    return new Socket(socket);
  }

  /** Sends a message and resolves to the answer, which Directus gives the same `uid`, or to the next error. */
  ask(message: object): Promise<SocketMessage> {
    return new Promise((resolve) => {
      const listen = ({ data }: MessageEvent<string>): void => {
        const answer = JSON.parse(data) as SocketMessage;
        if (answer.type === 'ping' || (answer.type === 'subscription' && answer.event !== 'init')) return;
        this.socket.removeEventListener('message', listen);
        resolve(answer);
      };
      this.socket.addEventListener('message', listen);
      this.socket.send(JSON.stringify(message));
    });
  }

  close(): void {
    this.socket.close();
  }
}

const READ_PROJECTS = { type: 'items', action: 'read', collection: 'projects', query: { limit: -1 } };

describe('A WebSocket', () => {
  let host: Host;
  let world: World;

  beforeAll(async () => {
    ({ host, world } = await startWorld({
      directus: '11',
      env: {
        WEBSOCKETS_ENABLED: 'true',
        WEBSOCKETS_REST_ENABLED: 'true',
        WEBSOCKETS_REST_AUTH: 'public',
        WEBSOCKETS_GRAPHQL_AUTH: 'public',
      },
    }));
  });

  afterAll(async () => {
    await host?.stop();
    await host?.database.drop();
  });

  it('reads and writes the own tenant and no other', async () => {
    const socket = await Socket.open(host.url);
    expect(await socket.ask({ type: 'auth', access_token: world.north.editor.token })).toMatchObject({ status: 'ok' });

    const rows = (await socket.ask(READ_PROJECTS)).data as { title: string }[];
    expect(rows.map(({ title }) => title).sort()).toEqual([1, 2, 3].map((count) => `north-project-${count}`));

    const foreign = world.south.projects[0]!;
    const update = { type: 'items', action: 'update', collection: 'projects', id: foreign, data: { title: 'stolen' } };
    expect(await socket.ask(update)).toMatchObject({ status: 'error', error: { code: 'FORBIDDEN' } });

    const create = {
      type: 'items',
      action: 'create',
      collection: 'tags',
      data: { name: 'x', tenant_id: world.south.id },
    };
    expect(await socket.ask(create)).toMatchObject({ status: 'error', error: { code: 'INVALID_PAYLOAD' } });
    socket.close();
  });

  it('ends with the identity it was opened with', async () => {
    const person = await createPerson(host.url, world.superAdmin, { role: world.north.id });
    const socket = await Socket.open(host.url);
    expect(await socket.ask({ type: 'auth', access_token: person.token })).toMatchObject({ status: 'ok' });
    expect(((await socket.ask(READ_PROJECTS)).data as unknown[]).length).toBe(3);

    await must(world.superAdmin, 'PATCH', `/users/${person.id}`, { role: world.south.id });
    expect(await socket.ask(READ_PROJECTS)).toMatchObject({ status: 'error', error: { code: 'TOKEN_EXPIRED' } });
    socket.close();
  });

  it('has no rights after an authentication that failed', async () => {
    const socket = await Socket.open(host.url);
    expect(await socket.ask({ type: 'auth', access_token: 'worth-nothing' })).toMatchObject({ status: 'error' });

    const answer = await socket.ask(READ_PROJECTS);
    expect(answer).toMatchObject({ status: 'error', error: { code: 'FORBIDDEN' } });
    expect(JSON.stringify(answer)).not.toMatch(/north|south/);

    // And is as good as new once it authenticates for real.
    expect(await socket.ask({ type: 'auth', access_token: world.north.viewer.token })).toMatchObject({ status: 'ok' });
    expect(((await socket.ask(READ_PROJECTS)).data as unknown[]).length).toBe(3);
    socket.close();
  });

  it('limits hops, and counts as it lists', async () => {
    const socket = await authenticated(world.south.owner);

    for (const filter of [
      { clients: { name: { _starts_with: 'north' } } },
      JSON.stringify({ clients: { name: { _starts_with: 'north' } } }),
    ]) {
      const read = { type: 'items', action: 'read', collection: 'countries', query: { filter, meta: '*' } };
      expect(await socket.ask(read)).toMatchObject({ data: [], meta: { filter_count: 0, total_count: 2 } });
    }

    socket.close();
  });

  it.each(['update', 'delete'])('takes no query that names rows to %s', async (action) => {
    const socket = await authenticated(world.south.owner);
    const ask = (title: string) =>
      socket.ask({
        type: 'items',
        action,
        collection: 'projects',
        query: { filter: { title: { _starts_with: title } } },
        data: { budget: 1 },
      });

    const answers = [await ask('north'), await ask('nobody')];
    for (const answer of answers) expect(answer).toMatchObject({ status: 'error', error: { code: 'INVALID_PAYLOAD' } });
    expect(answers[0]).toEqual(answers[1]);
    socket.close();
  });

  describe('that is subscribed', () => {
    const created = (account: Account): Promise<{ id: number }> =>
      must<{ id: number }>(account, 'POST', '/items/projects', { title: 'told' });

    it('is told of rows of the own tenant alone, when they are made, changed and deleted', async () => {
      const north = await authenticated(world.north.editor);
      const south = await authenticated(world.south.editor);
      const subscribe = { type: 'subscribe', collection: 'projects', uid: 'all', query: { fields: ['id'] } };
      for (const socket of [north, south]) await socket.ask(subscribe);

      const theirs = await created(world.north.editor);
      await must(world.north.editor, 'PATCH', `/items/projects/${theirs.id}`, { budget: 1 });
      await must(world.north.editor, 'DELETE', `/items/projects/${theirs.id}`);
      await expect.poll(() => north.events.map(({ event }) => event)).toEqual(['create', 'update', 'delete']);

      const own = await created(world.south.editor);
      await must(world.superAdmin, 'DELETE', `/items/projects/${own.id}`);
      await expect.poll(() => south.events.map(({ event }) => event)).toEqual(['create', 'delete']);
      expect(south.events.at(-1)!.data).toEqual([String(own.id)]);
      expect(north.events).toHaveLength(3);

      for (const socket of [north, south]) socket.close();
    });

    it('to a mixed collection is told of own rows and of those of nobody', async () => {
      await must(world.superAdmin, 'POST', '/collections', {
        collection: 'templates',
        meta: {},
        schema: {},
        fields: [{ field: 'id', type: 'integer', schema: { is_primary_key: true, has_auto_increment: true } }],
      });
      await must(world.superAdmin, 'PUT', '/tenancy/collections/templates', { scope: 'mixed' });

      const north = await authenticated(world.north.editor);
      const south = await authenticated(world.south.editor);
      const subscribe = { type: 'subscribe', collection: 'templates', uid: 'all', query: { fields: ['id'] } };
      for (const socket of [north, south]) await socket.ask(subscribe);

      const theirs = await must<{ id: number }>(world.north.editor, 'POST', '/items/templates', {});
      const nobodys = await must<{ id: number }>(world.superAdmin, 'POST', '/items/templates', {});
      await must(world.superAdmin, 'DELETE', '/items/templates', [theirs.id, nobodys.id]);

      // Keys of deleted rows are numbers here, and texts where they came in a path.
      const seen = (socket: Socket): unknown[] => socket.events.map(({ event, data }) => [event, data]);
      await expect
        .poll(() => seen(north))
        .toEqual([
          ['create', [{ id: theirs.id }]],
          ['create', [{ id: nobodys.id }]],
          ['delete', [theirs.id, nobodys.id]],
        ]);
      await expect
        .poll(() => seen(south))
        .toEqual([
          ['create', [{ id: nobodys.id }]],
          ['delete', [nobodys.id]],
        ]);

      for (const socket of [north, south]) socket.close();
    });

    it('to one row hears of it only where it may read it', async () => {
      const socket = await authenticated(world.south.owner);
      const ask = (item: unknown) => socket.ask({ type: 'subscribe', collection: 'projects', event: 'update', item });

      const foreign = await ask(world.north.projects[0]);
      expect(foreign).toMatchObject({ status: 'error', error: { code: 'FORBIDDEN' } });
      expect(await ask(987_654)).toEqual(foreign);
      expect(await ask(world.south.projects[0])).toMatchObject({ type: 'subscription', event: 'init' });
      socket.close();
    });

    it('hears nothing more after the user was moved', async () => {
      const person = await createPerson(host.url, world.superAdmin, { role: world.north.id });
      const [moved, stays] = [await authenticated(person), await authenticated(world.north.editor)];
      for (const socket of [moved, stays]) {
        await socket.ask({ type: 'subscribe', collection: 'projects', uid: 'all', query: { fields: ['id'] } });
      }

      await must(world.superAdmin, 'PATCH', `/users/${person.id}`, { role: world.south.id });
      const { id } = await created(world.north.editor);
      await moved.closed;
      await expect.poll(() => stays.events.length).toBe(1);
      expect(moved.events).toEqual([]);

      await must(world.north.editor, 'DELETE', `/items/projects/${id}`);
      stays.close();
    });

    it('hears nothing more without an identity', async () => {
      const [lost, stays] = [await authenticated(world.north.viewer), await authenticated(world.north.editor)];
      for (const socket of [lost, stays]) {
        await socket.ask({ type: 'subscribe', collection: 'projects', uid: 'all', query: { fields: ['id'] } });
      }

      expect(await lost.ask({ type: 'auth', access_token: 'worth-nothing' })).toMatchObject({ status: 'error' });
      const { id } = await created(world.north.editor);
      await expect.poll(() => stays.events.length).toBe(1);
      await lost.ask(READ_PROJECTS);
      expect(lost.events).toEqual([]);

      await must(world.north.editor, 'DELETE', `/items/projects/${id}`);
      for (const socket of [lost, stays]) socket.close();
    });
  });

  async function authenticated(account: Account): Promise<Socket> {
    const socket = await Socket.open(host.url);
    expect(await socket.ask({ type: 'auth', access_token: account.token })).toMatchObject({ status: 'ok' });
    return socket;
  }

  describe('for GraphQL', () => {
    const PROJECTS = '{ projects { title } }';

    /** Authenticates on a GraphQL socket, asks, and resolves to everything that came back until `isLast`. */
    const converse = async (token: string, query: string, isLast: (type: string) => boolean): Promise<string[]> => {
      const socket = new WebSocket(`${world.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
      const heard: string[] = [];
      await new Promise<void>((resolve) => {
        socket.addEventListener('open', () => socket.send(JSON.stringify({ type: 'auth', access_token: token })));
        socket.addEventListener('close', () => resolve());
        socket.addEventListener('message', ({ data }: MessageEvent<string>) => {
          heard.push(data);
          const { type } = JSON.parse(data) as { type: string };
          if (type === 'auth') socket.send(JSON.stringify({ type: 'connection_init' }));
          if (type === 'connection_ack') {
            socket.send(JSON.stringify({ id: '1', type: 'subscribe', payload: { query } }));
          }
          if (isLast(type)) resolve();
        });
      });
      socket.close();
      return heard;
    };

    const isAnswer = (type: string): boolean => type === 'next' || type === 'error';

    it('a share is the public, and the public hears nothing of the share', async () => {
      const { superAdmin, south, url } = world;
      const share = await must<{ id: string }>(superAdmin, 'POST', '/shares', {
        name: 'share',
        collection: 'projects',
        item: String(south.projects[0]),
        role: south.id,
      });
      const session = await send<{ access_token: string }>(url, 'POST', '/shares/auth', { body: { share: share.id } });

      // Whoever asks first after this builds the schema that Directus keeps for all who have neither role nor user.
      await must(superAdmin, 'POST', '/utils/cache/clear?system');
      const heard = await converse(session.data.access_token, PROJECTS, isAnswer);
      expect(heard.join()).toContain('Cannot query field');
      expect(heard.join()).not.toContain('south');

      const stranger = await send(url, 'POST', '/graphql', { body: { query: PROJECTS } });
      expect(stranger.status).toBe(400);
      expect(JSON.stringify(stranger)).not.toContain('south');
    });

    it('who could not be authenticated is the public, not Directus itself', async () => {
      const heard = await converse('not a token', PROJECTS, isAnswer);
      expect(heard.join()).toContain('Cannot query field');
    });
  });
});
