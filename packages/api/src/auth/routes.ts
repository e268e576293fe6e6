import { loginInput, me, type Me } from '@rayni/contract';
import type { TRPCRouterRecord } from '@trpc/server';
import { z } from 'zod';
import type { Viewer } from '../access/policy.ts';
import { allowedInstruments } from '../access/store.ts';
import type { App } from '../app.ts';
import { AppError } from '../errors.ts';
import { procedure } from '../trpc.ts';
import { loginByEmail, logout } from './sessions.ts';

/** Signing in and out, and who asks. */
export const authRoutes = {
  /** Demo login: an e-mail is enough. Exists in development mode only. */
  login: procedure
    .input(loginInput)
    .output(me)
    .mutation(async ({ ctx, input }) => {
      if (!ctx.settings.demoLogin)
        throw new AppError('FORBIDDEN', 'Signing in by e-mail alone is switched off here.');
      const { secret, expiresAt, viewer } = await loginByEmail(ctx.app, input.email);
      if (ctx.session.secret) await logout(ctx.app, ctx.session.secret);
      ctx.session.set(secret, expiresAt);
      return whoIs(ctx.app, viewer);
    }),

  logout: procedure.output(z.object({ ok: z.literal(true) })).mutation(async ({ ctx }) => {
    if (ctx.session.secret) await logout(ctx.app, ctx.session.secret);
    ctx.session.clear();
    return { ok: true };
  }),

  /** Who asks, and with which instruments they may chat right now. */
  me: procedure.output(me).query(({ ctx }) => whoIs(ctx.app, ctx.viewer)),
} satisfies TRPCRouterRecord;

async function whoIs(app: Pick<App, 'db'>, viewer: Viewer): Promise<Me> {
  const allowed = await allowedInstruments(app.db.query, viewer);
  if (viewer.kind === 'guest') {
    return {
      userId: null,
      email: 'guest@rayni.com',
      name: 'Guest User',
      isAdmin: false,
      role: null,
      allowed,
    };
  }
  const { userId, email, name, isAdmin, role } = viewer;
  return { userId, email, name, isAdmin, role, allowed };
}
