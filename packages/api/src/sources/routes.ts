import {
  fragment,
  source,
  sourceCreateInput,
  sourceEditInput,
  sourceList,
  sourceListInput,
  sourceProgress,
  sourceUpdateInput,
  sourceVersion,
  sourceVersionsInput,
} from '@rayni/contract';
import type { TRPCRouterRecord } from '@trpc/server';
import { z } from 'zod';
import { requireInstrument } from '../access/require.ts';
import { notFound } from '../errors.ts';
import { memberProcedure, procedure } from '../trpc.ts';
import { archiveSource, deleteSource, updateSource } from './change.ts';
import { createSource, editNote } from './create.ts';
import {
  listSources,
  listVersions,
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

  /** The versions of a source, newest first. */
  versions: procedure
    .input(sourceVersionsInput)
    .output(z.array(sourceVersion))
    .query(async ({ ctx, input }) => {
      const { query } = ctx.app.db;
      if (input.sourceId && !(await visibleSource(query, ctx.viewer, input.sourceId))) throw notFound();
      return listVersions(query, ctx.viewer, input);
    }),

  /** A note by its text, or a web page by its address; files come by `uploads`. */
  create: memberProcedure
    .input(sourceCreateInput)
    .output(source)
    .mutation(({ ctx, input }) => createSource(ctx.app, ctx.viewer, input)),

  /** Another text for a note: a new version, unless it is the same text. */
  edit: memberProcedure
    .input(sourceEditInput)
    .output(source)
    .mutation(({ ctx, input }) => editNote(ctx.app, ctx.viewer, input)),

  update: memberProcedure
    .input(sourceUpdateInput)
    .output(source)
    .mutation(({ ctx, input }) => updateSource(ctx.app, ctx.viewer, input)),

  archive: memberProcedure
    .input(z.object({ id: z.uuid() }))
    .output(source)
    .mutation(({ ctx, input }) => archiveSource(ctx.app, ctx.viewer, input.id)),

  delete: memberProcedure
    .input(z.object({ id: z.uuid() }))
    .output(z.object({ ok: z.literal(true) }))
    .mutation(async ({ ctx, input }) => {
      await deleteSource(ctx.app, ctx.viewer, input.id);
      return { ok: true };
    }),
} satisfies TRPCRouterRecord;
