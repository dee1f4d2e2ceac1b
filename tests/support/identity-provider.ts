import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What a provider says of whoever logs in. */
export interface Claims {
  email: string;
  groups?: string[];
}

export interface IdentityProvider {
  /** Variables with which Directus knows it; roles are mapped from `groups` when given. */
  environment(options: ProviderOptions): Record<string, string>;
  stop(): Promise<void>;
}

export interface ProviderOptions {
  defaultRole?: string;
  roleMapping?: Record<string, string>;
}

const SECRET = 'a secret that only the provider and Directus know';

/**
 * What a provider of OAuth 2.0 (RFC 6749) does that has no OpenID Connect, in the place of one on the internet: whoever is sent
 * to it comes back logged in at once. Directus talks to it with its real client.
 */
export async function startIdentityProvider(claims: () => Claims | undefined): Promise<IdentityProvider> {
  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://provider');

    if (pathname === '/authorize') {
      const back = new URL(searchParams.get('redirect_uri')!);
      back.searchParams.set('code', 'granted');
      back.searchParams.set('state', searchParams.get('state')!);
      response.writeHead(302, { Location: back.href }).end();
      return;
    }

    const { email, ...others } = claims() ?? { email: '' };
    const person = { sub: email, email, ...others };

    const bodies: Record<string, object> = {
      '/token': { access_token: 'token', token_type: 'Bearer', expires_in: 60 },
    };

    const body = bodies[pathname] ?? person;
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
      AUTH_STANDIN_CLIENT_SECRET: SECRET,
      AUTH_STANDIN_IDENTIFIER_KEY: 'email',
      AUTH_STANDIN_ALLOW_PUBLIC_REGISTRATION: 'true',
      AUTH_STANDIN_AUTHORIZE_URL: `${url}/authorize`,
      AUTH_STANDIN_ACCESS_URL: `${url}/token`,
      AUTH_STANDIN_PROFILE_URL: `${url}/profile`,
      ...(defaultRole && { AUTH_STANDIN_DEFAULT_ROLE_ID: defaultRole }),
      ...(roleMapping && { AUTH_STANDIN_ROLE_MAPPING: `json:${JSON.stringify(roleMapping)}` }),
    }),
    stop: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

/** Logs in through the provider as a browser does, step by step and with the cookies of both; answers the access token. */
export async function loginThroughProvider(url: string): Promise<string> {
  const cookies = new Map<string, Map<string, string>>();
  const { origin } = new URL(url);

  const step = async (target: string): Promise<Response> => {
    const site = new URL(target).origin;
    const known = cookies.get(site) ?? new Map<string, string>();
    const response = await fetch(target, {
      redirect: 'manual',
      headers: { Cookie: [...known].map(([name, value]) => `${name}=${value}`).join('; ') },
    });

    for (const [cookie = ''] of response.headers.getSetCookie().map((text) => text.split(';'))) {
      const [name = '', ...value] = cookie.split('=');
      known.set(name, value.join('='));
    }

    cookies.set(site, known);
    return response;
  };

  let response = await step(`${url}/auth/login/standin`);
  let target = new URL(response.headers.get('location')!);

  while (target.origin !== origin) {
    response = await step(target.href);
    const location = response.headers.get('location');
    if (!location) throw new Error(`The provider answered ${response.status}: ${await response.text()}`);
    const next = new URL(location, target);
    // Directus is where it runs, whatever address it was told that it has.
    target = next.pathname.startsWith('/auth/login/') ? new URL(`${url}${next.pathname}${next.search}`) : next;
  }

  response = await step(target.href);
  const session = cookies.get(origin)?.get('directus_session_token');
  if (!session) throw new Error(`Nobody was logged in: ${response.status} ${await response.text()}`);
  return session;
}
