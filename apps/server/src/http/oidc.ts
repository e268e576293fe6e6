import { AppError, logout, type Rayni, type SessionCookie, signInByIdentity } from '@rayni/api';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { type BegunLogin, loginMinutes, openLogin, sealLogin } from '../oidc/login-cookie.ts';
import type { Provider } from '../oidc/provider.ts';
import { returnPath } from '../oidc/return-path.ts';
import { errorPage, isOpened, keepAddress } from './page.ts';

type Options = {
  rayni: Rayni;
  provider: Provider;
  secureCookies: boolean;
  sessionOf: (request: FastifyRequest, reply: FastifyReply) => SessionCookie;
};

/** Sends a browser to the provider, remembering what it came for; it comes back to the callback. */
export type BeginLogin = (
  reply: FastifyReply,
  purpose: Pick<BegunLogin, 'returnTo' | 'invitation'>,
) => Promise<FastifyReply>;

/** Where a provider sends a browser back to; below `PUBLIC_URL`. */
export const callbackPath = '/auth/oidc/callback';

const notHere = `This sign-in did not begin in this browser, or more than ${loginMinutes} minutes ago. Begin again.`;

/** How sign-ins begin, for these routes and for invitations. The state is kept sealed in a cookie: what nobody completes leaves nothing behind. */
export function loginStarter({ rayni, provider, secureCookies }: Omit<Options, 'sessionOf'>): BeginLogin {
  return async (reply, purpose) => {
    const { url, ...begun } = await provider.begin();
    const expires = new Date(rayni.app.clock.now().getTime() + loginMinutes * 60_000);
    const sealed = sealLogin(rayni.settings.sealKey, {
      ...begun,
      ...purpose,
      expiresAt: expires.getTime(),
    });
    reply.setCookie(cookieName(secureCookies), sealed, {
      ...cookieOptions(secureCookies),
      maxAge: loginMinutes * 60,
    });
    return reply.redirect(url, 303);
  };
}

/** Signing in by OpenID Connect: a way there and the way back. */
export async function oidcRoutes(
  host: FastifyInstance,
  { rayni, provider, secureCookies, sessionOf, begin }: Options & { begin: BeginLogin },
) {
  const { app, settings } = rayni;
  const name = cookieName(secureCookies);

  const showError = errorPage('<p><a href="/auth/oidc/login">Sign in</a></p>');
  host.setErrorHandler((error: Error, request, reply) => {
    const { cause } = error;
    // Of an error of the provider's client only the name: what hangs below holds tokens.
    if (cause instanceof Error) app.log.warn({ fault: cause.name, why: cause.message }, 'A sign-in failed');
    return showError(error, request, reply);
  });
  host.addHook('onRequest', async (request, reply) => {
    keepAddress(reply);
    if (!isOpened(request))
      throw new AppError('FORBIDDEN', 'Signing in begins and ends in a window of its own.');
  });

  host.get<{ Querystring: { return_to?: unknown } }>(
    '/auth/oidc/login',
    { exposeHeadRoute: false },
    async (request, reply) => {
      const wanted = request.query.return_to ?? '/';
      const returnTo = typeof wanted === 'string' ? returnPath(wanted, settings.publicUrl()) : undefined;
      if (returnTo === undefined) {
        throw new AppError(
          'BAD_REQUEST',
          'return_to must be a path on this server, beginning with one slash.',
        );
      }
      return begin(reply, { returnTo });
    },
  );

  host.get(callbackPath, { exposeHeadRoute: false }, async (request, reply) => {
    const at = request.url.indexOf('?');
    const search = at === -1 ? '' : request.url.slice(at);
    const sealed = request.cookies[name];
    const login = sealed && openLogin(settings.sealKey, sealed, app.clock.now());
    // The cookie stays: an address of somebody else must not end a sign-in on its way.
    if (!login || new URLSearchParams(search).get('state') !== login.state) {
      throw new AppError('BAD_REQUEST', notHere);
    }
    reply.clearCookie(name, cookieOptions(secureCookies));
    const identity = await provider.finish(search, login);
    const { secret, expiresAt } = await signInByIdentity(app, identity, {
      state: login.state,
      expiresAt: new Date(login.expiresAt),
      invitation: login.invitation,
    });
    const session = sessionOf(request, reply);
    if (session.secret) await logout(app, session.secret);
    session.set(secret, expiresAt);
    return reply.redirect(login.returnTo, 303);
  });
}

const cookieName = (secure: boolean) => (secure ? '__Host-rayni_login' : 'rayni_login');
const cookieOptions = (secure: boolean) => ({ path: '/', httpOnly: true, sameSite: 'lax', secure }) as const;
