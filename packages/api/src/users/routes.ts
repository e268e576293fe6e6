import { invitation, inviteInput, user, userChangeInput } from '@rayni/contract';
import type { TRPCRouterRecord } from '@trpc/server';
import { z } from 'zod';
import { requireAdmin } from '../access/require.ts';
import { adminProcedure } from '../trpc.ts';
import { inviteUser } from './invite.ts';
import { changeUser, listUsers } from './users.ts';

/** The people who may sign in; for admins. */
export const userRoutes = {
  list: adminProcedure.output(z.array(user)).query(({ ctx }) => listUsers(ctx.app, ctx.viewer)),

  /** The link is told here once; inviting again makes a new one. */
  invite: adminProcedure
    .input(inviteInput)
    .output(invitation)
    .mutation(({ ctx, input }) => inviteUser(ctx.app, ctx.settings, requireAdmin(ctx.viewer).email, input)),

  /** Name, role, admin, disabled or not; what is left out stays. */
  change: adminProcedure
    .input(userChangeInput)
    .output(user)
    .mutation(({ ctx, input }) => changeUser(ctx.app, requireAdmin(ctx.viewer), input)),
} satisfies TRPCRouterRecord;
