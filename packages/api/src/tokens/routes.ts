import { apiToken, tokenCreated, tokenCreateInput } from '@rayni/contract';
import type { TRPCRouterRecord } from '@trpc/server';
import { z } from 'zod';
import { memberProcedure } from '../trpc.ts';
import { createToken, listTokens, revokeToken } from './tokens.ts';

/** A member's own API tokens. */
export const tokenRoutes = {
  /** The answer holds the secret, this once. */
  create: memberProcedure
    .input(tokenCreateInput)
    .output(tokenCreated)
    .mutation(({ ctx, input }) => createToken(ctx.app, ctx.viewer, ctx.token, input)),

  list: memberProcedure.output(z.array(apiToken)).query(({ ctx }) => listTokens(ctx.app, ctx.viewer)),

  revoke: memberProcedure
    .input(z.object({ id: z.uuid() }))
    .output(z.object({ ok: z.literal(true) }))
    .mutation(async ({ ctx, input }) => {
      await revokeToken(ctx.app, ctx.viewer, input.id);
      return { ok: true };
    }),
} satisfies TRPCRouterRecord;
