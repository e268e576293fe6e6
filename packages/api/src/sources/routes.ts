import { folder, fragment, source, sourceList, sourceListInput, sourceProgress } from '@rayni/contract';
import type { TRPCRouterRecord } from '@trpc/server';
import { z } from 'zod';
import { requireInstrument } from '../access/require.ts';
import { notFound } from '../errors.ts';
import { procedure } from '../trpc.ts';
import {
  listFolders,
  listSources,
  sourceFragments,
  sourceProgress as progressOf,
  visibleSource,
} from './store.ts';

/** The documents of instruments and how far their reading has come. */
export const sourceRoutes = {
  /** One page of the sources of an instrument, or of all the caller may read, newest first. */
  list: procedure
    .input(sourceListInput)
    .output(sourceList)
    .query(async ({ ctx, input }) => {
      if (input.instrumentId) await requireInstrument(ctx.app, ctx.viewer, input.instrumentId, 'read');
      return listSources(ctx.app.db.query, ctx.viewer, input);
    }),

  get: procedure
    .input(z.object({ id: z.uuid() }))
    .output(source)
    .query(async ({ ctx, input }) => {
      const found = await visibleSource(ctx.app.db.query, ctx.viewer, input.id);
      if (!found) throw notFound();
      return found;
    }),

  /** What a source was read into, in reading order. */
  fragments: procedure
    .input(
      z.object({
        id: z.uuid(),
        limit: z.int().min(1).max(500).default(100),
        offset: z.int().min(0).default(0),
      }),
    )
    .output(z.array(fragment))
    .query(async ({ ctx, input }) => {
      if (!(await visibleSource(ctx.app.db.query, ctx.viewer, input.id))) throw notFound();
      return sourceFragments(ctx.app.db.query, ctx.viewer, input.id, input);
    }),

  /** How far the reading of these sources has come; unknown ones are left out. */
  progress: procedure
    .input(z.object({ ids: z.array(z.uuid()).max(100) }))
    .output(z.array(sourceProgress))
    .query(({ ctx, input }) => progressOf(ctx.app.db.query, ctx.viewer, input.ids)),
} satisfies TRPCRouterRecord;

/** The folders documents lie in. */
export const folderRoutes = {
  list: procedure
    .input(z.object({ instrumentId: z.uuid().optional() }))
    .output(z.array(folder))
    .query(async ({ ctx, input }) => {
      if (input.instrumentId) await requireInstrument(ctx.app, ctx.viewer, input.instrumentId, 'read');
      return listFolders(ctx.app.db.query, ctx.viewer, input.instrumentId);
    }),
} satisfies TRPCRouterRecord;
