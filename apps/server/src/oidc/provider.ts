import { AppError, type Identity } from '@rayni/api';
import * as client from 'openid-client';

/** What the callback is held against; secret until then. */
export type Begun = { state: string; nonce: string; verifier: string };

/** The configured provider of OpenID Connect, as the routes use it. Both fail with an AppError: UNAVAILABLE while it does not answer or is set up wrongly. */
export type Provider = {
  /** Where to send the browser. */
  begin(): Promise<Begun & { url: string }>;
  /** Who signed in, by the query of the callback: FORBIDDEN when the answer proves nothing, BAD_REQUEST when its code is used or too old. */
  finish(search: string, begun: Begun): Promise<Identity>;
};

export type ProviderOptions = { issuer: string; clientId: string; clientSecret: string };

const discoveryLastsMs = 3_600_000;
const timeoutSeconds = 10;
const clockToleranceSeconds = 30;

/** Asks the provider for nothing until somebody signs in, so a server starts without it. `redirectUri` is our callback as browsers reach it. */
export function openProvider(
  { issuer, clientId, clientSecret }: ProviderOptions,
  redirectUri: () => string,
): Provider {
  let known: { configuration: client.Configuration; until: number } | undefined;
  let asking: Promise<client.Configuration> | undefined;

  async function discover(): Promise<client.Configuration> {
    const metadata = { client_secret: clientSecret, [client.clockTolerance]: clockToleranceSeconds };
    const insecure = issuer.startsWith('http:') ? [client.allowInsecureRequests] : [];
    const configuration = await client.discovery(
      new URL(issuer),
      clientId,
      metadata,
      byWhatItTakes(clientSecret),
      {
        timeout: timeoutSeconds,
        // Without these checks the library leans on TLS alone and verifies no signature of an ID token from the token endpoint.
        execute: [client.enableNonRepudiationChecks, ...insecure],
      },
    );
    known = { configuration, until: Date.now() + discoveryLastsMs };
    return configuration;
  }

  async function configured(): Promise<client.Configuration> {
    if (known && Date.now() < known.until) return known.configuration;
    // However many wait for it, it is asked once.
    asking ??= discover().finally(() => (asking = undefined));
    try {
      return await asking;
    } catch (error) {
      throw unavailable(error);
    }
  }

  return {
    async begin() {
      const configuration = await configured();
      const begun = {
        state: client.randomState(),
        nonce: client.randomNonce(),
        verifier: client.randomPKCECodeVerifier(),
      };
      const url = client.buildAuthorizationUrl(configuration, {
        response_type: 'code',
        redirect_uri: redirectUri(),
        // No e-mail, no profile: what is not asked for is not kept.
        scope: 'openid',
        state: begun.state,
        nonce: begun.nonce,
        code_challenge: await client.calculatePKCECodeChallenge(begun.verifier),
        code_challenge_method: 'S256',
      });
      return { ...begun, url: url.href };
    },

    async finish(search, { state, nonce, verifier }) {
      const configuration = await configured();
      const callback = new URL(redirectUri());
      callback.search = search;
      try {
        const tokens = await client.authorizationCodeGrant(configuration, callback, {
          expectedState: state,
          expectedNonce: nonce,
          pkceCodeVerifier: verifier,
          idTokenExpected: true,
        });
        const claims = tokens.claims();
        // The library takes an empty one.
        if (!claims?.sub || claims.sub.length > longestSubject)
          throw new Error('No subject of a right length');
        return { issuer: claims.iss, subject: claims.sub };
      } catch (error) {
        throw faultOf(error);
      }
    },
  };
}

/** By OpenID Connect Core, section 2. */
const longestSubject = 255;

/** A client's secret goes the way the provider says it takes it; in the header, the standard's default, where it says nothing. */
function byWhatItTakes(secret: string): client.ClientAuth {
  const [basic, post] = [client.ClientSecretBasic(secret), client.ClientSecretPost(secret)];
  return (server, ...rest) => {
    const taken = server.token_endpoint_auth_methods_supported;
    const auth = !taken || taken.includes('client_secret_basic') ? basic : post;
    return auth(server, ...rest);
  };
}

const unavailable = (cause: unknown) =>
  new AppError('UNAVAILABLE', 'The sign-in service does not answer as it should. Try again in a moment.', {
    cause,
  });

function faultOf(error: unknown): AppError {
  if (isAway(error)) return unavailable(error);
  if (error instanceof client.AuthorizationResponseError) {
    const how = 'The sign-in service did not sign you in. Begin again, or ask whoever runs it.';
    return new AppError('FORBIDDEN', how, { cause: error });
  }
  if (error instanceof client.ResponseBodyError && error.error === 'invalid_grant') {
    const how = 'This sign-in was used before, or took too long. Begin again.';
    return new AppError('BAD_REQUEST', how, { cause: error });
  }
  const how = 'The answer of the sign-in service proves nothing, so nobody was signed in. Begin again.';
  return new AppError('FORBIDDEN', how, { cause: error });
}

/** Is it the provider's or the operator's fault, and none of whoever signs in? */
function isAway(error: unknown): boolean {
  if (error instanceof client.AuthorizationResponseError) {
    return ['server_error', 'temporarily_unavailable'].includes(error.error);
  }
  if (error instanceof client.ResponseBodyError) {
    return error.status >= 500 || ['invalid_client', 'unauthorized_client'].includes(error.error);
  }
  // How it refuses a client that came by the header.
  if (error instanceof client.WWWAuthenticateChallengeError) return true;
  // The library's own complaints about arguments are TypeErrors with a code, those of fetch have none.
  if (error instanceof TypeError) return !('code' in error);
  if (!(error instanceof client.ClientError)) return false;
  if (error.code === 'OAUTH_TIMEOUT') return true;
  return error.cause instanceof Response && error.cause.status >= 500;
}
