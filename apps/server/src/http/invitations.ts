import {
  acceptInvitation,
  isInvitationGood,
  logout,
  openSession,
  type Rayni,
  type SessionCookie,
} from '@rayni/api';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { BeginLogin } from './oidc.ts';
import { errorPage, isOpened, keepAddress, showPage } from './page.ts';

type Options = {
  rayni: Rayni;
  sessionOf: (request: FastifyRequest, reply: FastifyReply) => SessionCookie;
  /** Where people sign in by OpenID Connect. */
  begin: BeginLogin | undefined;
};

/**
 * The page behind the link of an invitation; a prefetch, a preview, an image or a frame does nothing, and neither does HEAD. With OpenID
 * Connect opening it begins a sign-in, whose end uses the link up and binds who signed in to the account. Without, opening it uses the
 * link up and signs its person in; where nobody signs in by e-mail alone either, the page says so and the link stays good.
 */
export async function invitationRoutes(host: FastifyInstance, { rayni, sessionOf, begin }: Options) {
  host.setErrorHandler(errorPage('<p>Open the link again later.</p>'));
  host.get<{ Params: { token: string } }>(
    '/auth/invite/:token',
    { exposeHeadRoute: false },
    async (request, reply) => {
      const { token } = request.params;
      keepAddress(reply);
      if (!isOpened(request)) {
        return showPage(
          reply,
          403,
          'Open the link itself',
          'Rayni uses an invitation when its link is opened.',
        );
      }
      if (begin) {
        if (!(await isInvitationGood(rayni.app, token))) return showNone(reply, true);
        return begin(reply, { returnTo: '/', invitation: token });
      }
      if (!rayni.settings.demoLogin) {
        const how =
          'This server has no sign-in by e-mail alone. Signing in here needs OpenID Connect, which its operator has to set up. Your invitation was not used and stays good until it expires.';
        return showPage(reply, 403, 'Signing in needs OpenID Connect', how);
      }
      const viewer = await acceptInvitation(rayni.app, token);
      if (!viewer) return showNone(reply, false);
      const session = sessionOf(request, reply);
      if (session.secret) await logout(rayni.app, session.secret);
      const { secret, expiresAt } = await openSession(rayni.app, viewer.userId);
      session.set(secret, expiresAt);
      return reply.redirect('/', 303);
    },
  );
}

function showNone(reply: FastifyReply, canSignIn: boolean) {
  const why =
    'This invitation is unknown, was used before, or has expired. Ask an administrator for a new one.';
  const instead = '<p>Whoever used it already <a href="/auth/oidc/login">signs in</a> without it.</p>';
  return showPage(reply, 404, 'No such invitation', why, canSignIn ? instead : '');
}
