import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Provider } from 'oidc-provider';
import type { Claims, IdentityProvider } from './identity-provider.ts';

const CLIENT = 'directus';
const SECRET = 'a secret that only the provider and Directus know';
const SCOPE = 'openid email groups';

/**
 * A certified OpenID Connect provider on this machine. Whoever is sent to it is the person of the claims, and is asked nothing;
 * all else is as with one on the internet: discovery, signed tokens, PKCE, state and nonce.
 */
export async function startOpenIdProvider(claims: () => Claims | undefined): Promise<IdentityProvider> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });

  const provider = new Provider(url, {
    clients: [{ client_id: CLIENT, client_secret: SECRET, redirect_uris: ['https://directus.example.com/callback'] }],
    jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), use: 'sig', alg: 'RS256', kid: 'test' }] },
    cookies: { keys: [randomBytes(16).toString('hex')] },
    features: { devInteractions: { enabled: false } },
    scopes: SCOPE.split(' '),
    claims: { openid: ['sub'], email: ['email'], groups: ['groups'] },
    findAccount: (_context, id) => ({
      accountId: id,
      claims: () => ({ sub: id, email: id, groups: claims()?.groups }),
    }),
    interactions: { url: (_context, { uid }) => `/interaction/${uid}` },
    loadExistingGrant: async ({ oidc }) => {
      const grant = new oidc.provider.Grant({ clientId: CLIENT, accountId: oidc.session!.accountId! });
      grant.addOIDCScope(SCOPE);
      await grant.save();
      return grant;
    },
  });

  // The port of the Directus of a test is not known before it runs.
  provider.Client.prototype.redirectUriAllowed = () => true;

  provider.use(async (context, next) => {
    if (!context.path.startsWith('/interaction/')) return next();
    const person = claims();
    const result = person ? { login: { accountId: person.email } } : { error: 'access_denied' };
    await provider.interactionFinished(context.req, context.res, result);
    context.respond = false;
  });

  server.on('request', provider.callback());

  return {
    environment: ({ defaultRole, roleMapping }) => ({
      AUTH_PROVIDERS: 'standin',
      AUTH_STANDIN_DRIVER: 'openid',
      AUTH_STANDIN_CLIENT_ID: CLIENT,
      AUTH_STANDIN_CLIENT_SECRET: SECRET,
      AUTH_STANDIN_ISSUER_URL: `${url}/.well-known/openid-configuration`,
      AUTH_STANDIN_SCOPE: SCOPE,
      AUTH_STANDIN_IDENTIFIER_KEY: 'email',
      AUTH_STANDIN_ALLOW_PUBLIC_REGISTRATION: 'true',
      ...(defaultRole && { AUTH_STANDIN_DEFAULT_ROLE_ID: defaultRole }),
      ...(roleMapping && { AUTH_STANDIN_ROLE_MAPPING: `json:${JSON.stringify(roleMapping)}` }),
    }),
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
