import { acceptInvitation, logout, openSession, type Rayni, type SessionCookie } from '@rayni/api';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { isGuess } from './origin-guard.ts';

type Options = {
  rayni: Rayni;
  sessionOf: (request: FastifyRequest, reply: FastifyReply) => SessionCookie;
};

/**
 * The page behind the link of an invitation. Opening it uses the link up and signs its person in; a prefetch, a preview, an image or a
 * frame does not, and neither does HEAD. Where nobody signs in by e-mail alone the page says so and the link stays good.
 */
export async function invitationRoutes(host: FastifyInstance, { rayni, sessionOf }: Options) {
  host.get<{ Params: { token: string } }>(
    '/auth/invite/:token',
    { exposeHeadRoute: false },
    async (request, reply) => {
      // The address is a secret: it stays out of caches, histories of other sites, and frames.
      reply.headers({ 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' });
      const into = request.headers['sec-fetch-dest'];
      if (isGuess(request.headers) || (into !== undefined && into !== 'document')) {
        return show(reply, 403, 'Open the link itself', 'Rayni uses an invitation when its link is opened.');
      }
      if (!rayni.settings.demoLogin) {
        const how =
          'This server has no sign-in by e-mail alone. Signing in here needs OpenID Connect, which its operator has to set up. Your invitation was not used and stays good until it expires.';
        return show(reply, 403, 'Signing in needs OpenID Connect', how);
      }
      const viewer = await acceptInvitation(rayni.app, request.params.token);
      if (!viewer) {
        const why =
          'This invitation is unknown, was used before, or has expired. Ask an administrator for a new one.';
        return show(reply, 404, 'No such invitation', why);
      }
      const session = sessionOf(request, reply);
      if (session.secret) await logout(rayni.app, session.secret);
      const { secret, expiresAt } = await openSession(rayni.app, viewer.userId);
      session.set(secret, expiresAt);
      return reply.redirect('/', 303);
    },
  );
}

/** Fixed sentences only: nothing that was sent comes back. */
const show = (reply: FastifyReply, status: number, title: string, text: string) =>
  reply
    .code(status)
    .type('text/html; charset=utf-8')
    .send(
      `<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><meta name="robots" content="noindex"><title>${title} · Rayni</title></head>` +
        `<body><h1>${title}</h1><p>${text}</p></body></html>\n`,
    );
