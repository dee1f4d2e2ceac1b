import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What a provider says of whoever logs in. */
export interface Claims {
  email: string;
  groups?: string[];
}

export interface IdentityProvider {
  /** Variables with which Directus knows it as `stand-in`; roles are mapped from `groups` when given. */
  environment(options: { defaultRole?: string; roleMapping?: Record<string, string> }): Record<string, string>;
  stop(): Promise<void>;
}

/**
 * An OAuth 2.0 provider (RFC 6749) on this machine, in the place of one on the internet: whoever is sent to it comes back
 * logged in at once. Directus talks to it with its real client.
 */
export async function startIdentityProvider(claims: () => Claims): Promise<IdentityProvider> {
  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://provider');

    if (pathname === '/authorize') {
      const back = new URL(searchParams.get('redirect_uri')!);
      back.searchParams.set('code', 'granted');
      back.searchParams.set('state', searchParams.get('state')!);
      response.writeHead(302, { Location: back.href }).end();
      return;
    }

    const body = pathname === '/token' ? { access_token: 'token', token_type: 'Bearer', expires_in: 60 } : claims();
    response.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify(body));
  };

  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  return {
    environment: ({ defaultRole, roleMapping }) => ({
      AUTH_PROVIDERS: 'standin',
      AUTH_STANDIN_DRIVER: 'oauth2',
      AUTH_STANDIN_CLIENT_ID: 'directus',
      AUTH_STANDIN_CLIENT_SECRET: 'secret',
      AUTH_STANDIN_AUTHORIZE_URL: `${url}/authorize`,
      AUTH_STANDIN_ACCESS_URL: `${url}/token`,
      AUTH_STANDIN_PROFILE_URL: `${url}/profile`,
      AUTH_STANDIN_IDENTIFIER_KEY: 'email',
      AUTH_STANDIN_ALLOW_PUBLIC_REGISTRATION: 'true',
      ...(defaultRole && { AUTH_STANDIN_DEFAULT_ROLE_ID: defaultRole }),
      ...(roleMapping && { AUTH_STANDIN_ROLE_MAPPING: `json:${JSON.stringify(roleMapping)}` }),
    }),
    stop: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

/** Logs in through the provider as a browser does, step by step; answers the access token. */
export async function loginThroughProvider(url: string): Promise<string> {
  const follow = { redirect: 'manual' } as const;
  const leaving = await fetch(`${url}/auth/login/standin`, follow);
  const [cookie = ''] = leaving.headers.getSetCookie().map((text) => text.split(';')[0]!);

  const provider = await fetch(leaving.headers.get('location')!, follow);
  const back = new URL(provider.headers.get('location')!);
  const arrived = await fetch(`${url}${back.pathname}${back.search}`, { ...follow, headers: { Cookie: cookie } });

  const session = arrived.headers.getSetCookie().find((text) => text.startsWith('directus_session_token='));
  if (!session) throw new Error(`Nobody was logged in: ${arrived.status} ${await arrived.text()}`);
  return session.slice(session.indexOf('=') + 1, session.indexOf(';'));
}
