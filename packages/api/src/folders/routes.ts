import { folder, folderCreateInput, folderUpdateInput } from '@rayni/contract';
import type { TRPCRouterRecord } from '@trpc/server';
import { z } from 'zod';
import { requireInstrument } from '../access/require.ts';
import { memberProcedure, procedure } from '../trpc.ts';
import { createFolder, deleteFolder, updateFolder } from './folders.ts';
import { listFolders } from './store.ts';

/** The folders documents lie in. */
export const folderRoutes = {
  list: procedure
    .input(z.object({ instrumentId: z.uuid().optional() }))
    .output(z.array(folder))
    .query(async ({ ctx, input }) => {
      if (input.instrumentId) await requireInstrument(ctx.app, ctx.viewer, input.instrumentId, 'read');
      return listFolders(ctx.app.db.query, ctx.viewer, input.instrumentId);
    }),

  create: memberProcedure
    .input(folderCreateInput)
    .output(folder)
    .mutation(({ ctx, input }) => createFolder(ctx.app, ctx.viewer, input)),

  /** Renames, moves, or both. */
  update: memberProcedure
    .input(folderUpdateInput)
    .output(folder)
    .mutation(({ ctx, input }) => updateFolder(ctx.app, ctx.viewer, input)),

  /** What lies in the folder moves to where the folder lay. */
  delete: memberProcedure
    .input(z.object({ id: z.uuid() }))
    .output(z.object({ ok: z.literal(true) }))
    .mutation(async ({ ctx, input }) => {
      await deleteFolder(ctx.app, ctx.viewer, input.id);
      return { ok: true };
    }),
} satisfies TRPCRouterRecord;
