import { instrument } from '@rayni/contract';
import type { TRPCRouterRecord } from '@trpc/server';
import { z } from 'zod';
import { notFound } from '../errors.ts';
import { procedure } from '../trpc.ts';
import { catalogue, knownInstrument } from './store.ts';

/** The catalogue of instruments. */
export const instrumentRoutes = {
  /** The catalogue: public instruments for a guest, all for a member (whom it shows what to ask access for). */
  list: procedure.output(z.array(instrument)).query(({ ctx }) => catalogue(ctx.app.db.query, ctx.viewer)),

  get: procedure
    .input(z.object({ id: z.uuid() }))
    .output(instrument)
    .query(async ({ ctx, input }) => {
      const found = await knownInstrument(ctx.app.db.query, ctx.viewer, input.id);
      if (!found) throw notFound();
      return found;
    }),
} satisfies TRPCRouterRecord;
