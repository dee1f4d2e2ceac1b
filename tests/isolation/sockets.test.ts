import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Host } from '../../scripts/hosts/host.ts';
import { startTestHost } from '../support/host.ts';
import { createPerson } from '../support/people.ts';
import { createWorld, must, type World } from '../support/world.ts';

interface SocketMessage {
  type: string;
  status?: string;
  data?: unknown;
  error?: { code: string };
}

/** A WebSocket client that sends one message at a time and waits for what comes back. */
class Socket {
  private readonly socket: WebSocket;

  private constructor(socket: WebSocket) {
    this.socket = socket;
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
        if (answer.type === 'ping') return;
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
    host = await startTestHost({
      directus: '11',
      env: { WEBSOCKETS_ENABLED: 'true', WEBSOCKETS_REST_ENABLED: 'true', WEBSOCKETS_REST_AUTH: 'public' },
    });
    world = await createWorld(host);
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
});
