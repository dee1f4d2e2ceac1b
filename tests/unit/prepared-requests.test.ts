import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import type { Accountability } from '@directus/types';
import type { Application, Request, Response } from 'express';
import { describe, expect, it } from 'vitest';
import { keepApart, prepareAnswers, rewriteAnswer } from '../../src/hooks/requests/answers.ts';
import { prepareQueries } from '../../src/hooks/requests/counts.ts';

type Queried = Request & { sanitizedQuery?: unknown };

/** An application as far as its requests and answers inherit from it, with a `json` that hands back what would be sent. */
function applicationOf(): { app: Application; respond(): { request: Queried; response: Response } } {
  const json = (body: unknown): unknown => body;
  const inherited = {
    request: Object.create(IncomingMessage.prototype) as object,
    response: Object.assign(Object.create(ServerResponse.prototype) as object, { json }),
  };

  return {
    app: inherited as unknown as Application,
    respond() {
      const request = Object.setPrototypeOf(new IncomingMessage(new Socket()), inherited.request) as Queried;
      const response = Object.setPrototypeOf(new ServerResponse(request), inherited.response) as Response;
      response.locals = {};
      request.originalUrl = '/items/tasks';
      return { request, response };
    },
  };
}

const member = { user: 'user', role: 'role', roles: ['role'], admin: false, app: true, ip: null } as Accountability;

describe('what is done to requests and answers', () => {
  const { app, respond } = applicationOf();
  prepareAnswers(app);
  prepareQueries(app);

  it('gives none of them methods or accessors of its own, which would keep it in memory', () => {
    const { request, response } = respond();

    keepApart(request, response, member, true, true);
    rewriteAnswer(response, () => 'changed');
    request.sanitizedQuery = { limit: 1 };

    for (const each of [request, response]) {
      const own = Object.getOwnPropertyDescriptors(each) as Record<string, PropertyDescriptor>;
      const accessors = Object.entries(own).flatMap(([name, { get, set }]) => (get || set ? [name] : []));
      expect(accessors).toEqual([]);
      for (const name of ['json', 'writeHead', 'sanitizedQuery']) expect(own).not.toHaveProperty(name);
    }
  });

  it('is done to one answer and not to the next', () => {
    const [changed, other] = [respond(), respond()];

    keepApart(changed.request, changed.response, member, true, true);
    rewriteAnswer(changed.response, () => 'first');
    rewriteAnswer(changed.response, () => 'last');
    for (const { response } of [changed, other])
      response.setHeader('Cache-Control', 'public, max-age=60').writeHead(200);

    expect(changed.response.json('as made')).toBe('last');
    expect(other.response.json('as made')).toBe('as made');
    expect(changed.response.getHeader('Cache-Control')).toContain('private');
    expect(other.response.getHeader('Cache-Control')).toBe('public, max-age=60');
  });

  it('leaves the query of a request as it is set where nobody watches it', () => {
    const { request } = respond();
    expect(request.sanitizedQuery).toBeUndefined();

    const query = { limit: 1 };
    request.sanitizedQuery = query;
    expect(request.sanitizedQuery).toBe(query);
  });
});
