import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type CryptoKey, exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose';
import { type Context, Provider } from 'oidc-provider';
import memory from 'oidc-provider/lib/adapters/memory_adapter.js';
import type { ProviderOptions } from '../oidc/provider.ts';

/** How a provider of a test misbehaves; everything left out is as it should be. */
export type Mischief = {
  /** Another ID token in place of the right one; undefined: none at all. */
  idToken?: (right: { token: string; claims: JWTPayload; sign: Sign }) => Promise<string | undefined>;
  /** Another way back to the callback. */
  back?: (callback: URL) => void;
  discovery?: (document: Record<string, unknown>) => void;
  /** In place of whatever the token endpoint says. */
  tokenStatus?: number;
  /** Refuses whoever signs in. */
  error?: string;
};

/** Signs with the provider's own key, or with what is given in its place. */
export type Sign = (
  claims: Record<string, unknown>,
  other?: { kid?: string; alg?: string; key?: CryptoKey | Uint8Array },
) => Promise<string>;

/** A provider of OpenID Connect on a port of its own, whose one client is the server under test. */
export type TestProvider = AsyncDisposable & {
  options: ProviderOptions;
  /** Who signs in there, without being asked. */
  person: { sub: string; claims?: JWTPayload };
  mischief: Mischief;
  /** What was asked for, `<method> <path>` each. */
  asked: string[];
  /** Bodies sent to the token endpoint. */
  redeemed: Record<string, string>[];
  /** Tells it where the client's callback is: only then does it answer. */
  serve(redirectUri: string): void;
  /** Makes it unreachable for good. */
  close(): Promise<void>;
};

const clientId = 'rayni';
const clientSecret = 'the secret of a client in a test: %+';
const kid = 'first';

/** Real discovery, real redirects, real signatures. */
export async function startTestProvider({ auth = 'client_secret_basic' } = {}): Promise<TestProvider> {
  const { privateKey } = await generateKeyPair('RS256', { extractable: true });
  let handler: RequestListener = (_request, response) => response.writeHead(503).end();
  const server = createServer((request, response) => handler(request, response));
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  // Another host than that of the server under test, as browsers see it: another site.
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const jwk = { ...(await exportJWK(privateKey)), kid, alg: 'RS256', use: 'sig' };

  const sign: Sign = (claims, other = {}) =>
    new SignJWT(claims)
      .setProtectedHeader({ alg: other.alg ?? 'RS256', kid: other.kid ?? kid })
      .sign(other.key ?? privateKey);

  async function close() {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }

  const test: TestProvider = {
    options: { issuer, clientId, clientSecret },
    person: { sub: 'nobody' },
    mischief: {},
    asked: [],
    redeemed: [],
    serve(redirectUri) {
      const provider = new Provider(
        issuer,
        configuration(redirectUri, auth, jwk, () => test.person),
      );
      provider.use(async (context, next) => {
        test.asked.push(`${context.method} ${context.path}`);
        if (context.path.startsWith('/interaction/')) return signIn(provider, context, test);
        await next();
        await misbehave(context, test, sign, redirectUri);
      });
      handler = provider.callback();
    },
    close,
    [Symbol.asyncDispose]: close,
  };
  return test;
}

function configuration(
  redirectUri: string,
  auth: string,
  jwk: object,
  person: () => TestProvider['person'],
): object {
  return {
    clients: [
      {
        client_id: clientId,
        client_secret: clientSecret,
        redirect_uris: [redirectUri],
        token_endpoint_auth_method: auth,
      },
    ],
    clientAuthMethods: [auth],
    jwks: { keys: [jwk] },
    // A class and times of our own only because the defaults, as good, print advice.
    adapter: class extends memory {},
    ttl: { AccessToken: 60, Grant: 60, IdToken: 60, Interaction: 60, Session: 60 },
    cookies: { keys: ['a key of a test'] },
    pkce: { required: () => true },
    features: { devInteractions: { enabled: false } },
    // Every claim there is goes into the ID token, whatever the scope.
    conformIdTokenClaims: false,
    claims: { openid: ['sub', 'email', 'name'] },
    findAccount: (_context: Context, sub: string) => ({
      accountId: sub,
      claims: () => ({ ...person().claims, sub }),
    }),
    interactions: { url: (_context: Context, { uid }: { uid: string }) => `/interaction/${uid}` },
    async loadExistingGrant({ oidc: { provider, client, session } }: Context) {
      const grant = new provider.Grant({ clientId: client.clientId, accountId: session.accountId });
      grant.addOIDCScope('openid');
      await grant.save();
      return grant;
    },
  };
}

async function signIn(provider: Provider, context: Context, { person, mischief }: TestProvider) {
  context.respond = false;
  const result = mischief.error ? { error: mischief.error } : { login: { accountId: person.sub } };
  await provider.interactionFinished(context.req, context.res, result);
}

async function misbehave(context: Context, test: TestProvider, sign: Sign, redirectUri: string) {
  const { mischief } = test;
  if (context.path === '/.well-known/openid-configuration') {
    mischief.discovery?.(context.body as Record<string, unknown>);
  }
  if (context.path === '/token') {
    test.redeemed.push({ ...context.oidc.body });
    if (mischief.tokenStatus) {
      context.status = mischief.tokenStatus;
      context.body = {};
    }
    const answer = context.body as { id_token?: string };
    if (mischief.idToken && answer.id_token) {
      const token = answer.id_token;
      const claims = JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString()) as JWTPayload;
      context.body = { ...answer, id_token: await mischief.idToken({ token, claims, sign }) };
    }
  }
  const to = context.response.get('location');
  if (mischief.back && to?.startsWith(redirectUri)) {
    const callback = new URL(to);
    mischief.back(callback);
    context.response.set('location', callback.href);
  }
}
