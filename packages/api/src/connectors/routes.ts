import { connector, connectorInput, connectorSync } from '@rayni/contract';
import type { TRPCRouterRecord } from '@trpc/server';
import { z } from 'zod';
import { adminProcedure } from '../trpc.ts';
import { createConnector, listConnectors, removeConnector, syncConnector } from './connectors.ts';

const byId = z.object({ id: z.uuid() });

/** Places outside from which documents are fetched; for admins. */
export const connectorRoutes = {
  list: adminProcedure.output(z.array(connector)).query(({ ctx }) => listConnectors(ctx.app, ctx.viewer)),

  /** Secrets come back masked, here and ever after. */
  create: adminProcedure
    .input(connectorInput)
    .output(connector)
    .mutation(({ ctx, input }) => createConnector(ctx.app, ctx.viewer, ctx.settings.sealKey, input)),

  remove: adminProcedure
    .input(byId)
    .output(z.object({ ok: z.literal(true) }))
    .mutation(async ({ ctx, input }) => {
      await removeConnector(ctx.app, ctx.viewer, input.id);
      return { ok: true };
    }),

  /** Begins in the background; `list` tells how it went. */
  sync: adminProcedure
    .input(byId)
    .output(connectorSync)
    .mutation(({ ctx, input }) => syncConnector(ctx.app, ctx.viewer, input.id)),
} satisfies TRPCRouterRecord;
