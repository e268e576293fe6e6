import {
  instrument,
  instrumentCreateInput,
  instrumentReplaceInput,
  instrumentUpdateInput,
} from '@rayni/contract';
import type { TRPCRouterRecord } from '@trpc/server';
import { z } from 'zod';
import { notFound } from '../errors.ts';
import { adminProcedure, memberProcedure, procedure } from '../trpc.ts';
import { createInstrument, deleteInstrument, replaceInstrument, updateInstrument } from './change.ts';
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

  create: adminProcedure
    .input(instrumentCreateInput)
    .output(instrument)
    .mutation(({ ctx, input }) => createInstrument(ctx.app, ctx.viewer, input)),

  /** Its managers may, too. */
  update: memberProcedure
    .input(instrumentUpdateInput)
    .output(instrument)
    .mutation(({ ctx, input }) => updateInstrument(ctx.app, ctx.viewer, input)),

  /** Every field at once; admins only. */
  replace: adminProcedure
    .input(instrumentReplaceInput)
    .output(instrument)
    .mutation(({ ctx, input }) => replaceInstrument(ctx.app, ctx.viewer, input)),

  /** With its documents and grants. */
  delete: adminProcedure
    .input(z.object({ id: z.uuid() }))
    .output(z.object({ ok: z.literal(true) }))
    .mutation(async ({ ctx, input }) => {
      await deleteInstrument(ctx.app, ctx.viewer, input.id);
      return { ok: true };
    }),
} satisfies TRPCRouterRecord;
