import { createHmac } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What a provider says of whoever logs in. */
export interface Claims {
  email: string;
  groups?: string[];
}

export interface IdentityProvider {
  /** Variables with which Directus knows it, by default with OAuth 2.0; roles are mapped from `groups` when given. */
  environment(options: ProviderOptions): Record<string, string>;
  stop(): Promise<void>;
}

export interface ProviderOptions {
  defaultRole?: string;
  roleMapping?: Record<string, string>;
  driver?: 'oauth2' | 'openid';
}

const SECRET = 'a secret that only the provider and Directus know';

/** A token of OpenID Connect, signed with the secret of the client (HS256). */
function signed(claims: object): string {
  const encoded = (part: object): string => Buffer.from(JSON.stringify(part)).toString('base64url');
  const text = `${encoded({ alg: 'HS256', typ: 'JWT' })}.${encoded(claims)}`;
  return `${text}.${createHmac('sha256', SECRET).update(text).digest('base64url')}`;
}

/**
 * An OAuth 2.0 provider (RFC 6749) with OpenID Connect on this machine, in the place of one on the internet: whoever is sent to
 * it comes back logged in at once. Directus talks to it with its real client.
 */
export async function startIdentityProvider(claims: () => Claims | undefined): Promise<IdentityProvider> {
  let nonce: string | null = null;

  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://provider');
    const url = `http://${String(request.headers.host)}`;

    if (pathname === '/authorize') {
      nonce = searchParams.get('nonce');
      const back = new URL(searchParams.get('redirect_uri')!);
      back.searchParams.set('code', 'granted');
      back.searchParams.set('state', searchParams.get('state')!);
      response.writeHead(302, { Location: back.href }).end();
      return;
    }

    const now = Math.floor(Date.now() / 1000);
    const { email, ...others } = claims() ?? { email: '' };
    const person = { sub: email, email, ...others };

    const bodies: Record<string, object> = {
      '/.well-known/openid-configuration': {
        issuer: url,
        authorization_endpoint: `${url}/authorize`,
        token_endpoint: `${url}/token`,
        userinfo_endpoint: `${url}/profile`,
        response_types_supported: ['code'],
      },
      '/token': {
        access_token: 'token',
        token_type: 'Bearer',
        expires_in: 60,
        // Who speaks OAuth 2.0 alone sends no nonce, and takes no second token.
        ...(nonce !== null && {
          id_token: signed({ iss: url, aud: 'directus', iat: now, exp: now + 60, nonce, sub: person.sub }),
        }),
      },
    };

    const body = bodies[pathname] ?? person;
    response.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify(body));
  };

  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  return {
    environment: ({ defaultRole, roleMapping, driver = 'oauth2' }) => ({
      AUTH_PROVIDERS: 'standin',
      AUTH_STANDIN_DRIVER: driver,
      AUTH_STANDIN_CLIENT_ID: 'directus',
      AUTH_STANDIN_CLIENT_SECRET: SECRET,
      AUTH_STANDIN_IDENTIFIER_KEY: 'email',
      AUTH_STANDIN_ALLOW_PUBLIC_REGISTRATION: 'true',
      ...(driver === 'openid'
        ? {
            AUTH_STANDIN_ISSUER_URL: `${url}/.well-known/openid-configuration`,
            AUTH_STANDIN_CLIENT_ID_TOKEN_SIGNED_RESPONSE_ALG: 'HS256',
          }
        : {
            AUTH_STANDIN_AUTHORIZE_URL: `${url}/authorize`,
            AUTH_STANDIN_ACCESS_URL: `${url}/token`,
            AUTH_STANDIN_PROFILE_URL: `${url}/profile`,
          }),
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
