import {
  fragment,
  source,
  sourceApproved,
  sourceApproveManyInput,
  sourceCreateInput,
  sourceEditInput,
  type SourceEvent,
  sourceEventsInput,
  sourceList,
  sourceListInput,
  sourceMoveManyInput,
  sourcePreview,
  sourcePreviewInput,
  sourceProgress,
  sourceUpdateInput,
  sourceVersion,
  sourceVersionsInput,
} from '@rayni/contract';
import { tracked, type TRPCRouterRecord } from '@trpc/server';
import { z } from 'zod';
import { requireInstrument } from '../access/require.ts';
import { notFound } from '../errors.ts';
import { memberProcedure, procedure, streamed } from '../trpc.ts';
import { archiveSource, deleteSource, updateSource } from './change.ts';
import { createSource } from './create.ts';
import { moveSources } from './move.ts';
import { followSources } from './progress/follow.ts';
import { sourceProgress as progressOf } from './progress/store.ts';
import { refetchSource } from './refetch.ts';
import { approveMany } from './review/approve-many.ts';
import { previewSource } from './review/preview.ts';
import { sourceFragments } from './review/store.ts';
import { isReadable, listSources, listVersions, visibleSource } from './store.ts';

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
      if (!(await isReadable(ctx.app.db.query, ctx.viewer, input.id))) throw notFound();
      return sourceFragments(ctx.app.db.query, ctx.viewer, input.id, input);
    }),

  /** How far the reading of these sources has come; unknown ones are left out. */
  progress: procedure
    .input(z.object({ ids: z.array(z.uuid()).max(100) }))
    .output(z.array(sourceProgress))
    .query(({ ctx, input }) => progressOf(ctx.app.db.query, ctx.viewer, input)),

  /** Tells how far sources are and each change of it, until the caller leaves; a source that waits for approval also to whoever brought it. */
  events: procedure.input(sourceEventsInput).subscription(({ ctx, input, signal }) => {
    const events = followSources(ctx, ctx.viewer, input, signal ?? new AbortController().signal);
    let count = 0;
    // A reconnect is told the present state, whatever it has seen: the number is for the transport alone.
    return streamed(events, (event) => tracked(String(++count), event satisfies SourceEvent));
  }),

  /** What a source was read into, with the place of each fragment, page by page: to look at before it is approved. */
  preview: procedure
    .input(sourcePreviewInput)
    .output(sourcePreview)
    .query(({ ctx, input }) => previewSource(ctx.app, ctx.viewer, input)),

  /** The versions of a source, newest first. */
  versions: procedure
    .input(sourceVersionsInput)
    .output(z.array(sourceVersion))
    .query(async ({ ctx, input }) => {
      const { query } = ctx.app.db;
      if (input.sourceId && !(await isReadable(query, ctx.viewer, input.sourceId))) throw notFound();
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
    .mutation(({ ctx, input }) => updateSource(ctx.app, ctx.viewer, input)),

  /** Fetches a web page again: a new version, if its text is another by now. */
  refetch: memberProcedure
    .input(z.object({ id: z.uuid() }))
    .output(source)
    .mutation(({ ctx, input }) => refetchSource(ctx.app, ctx.viewer, input.id)),

  update: memberProcedure
    .input(sourceUpdateInput)
    .output(source)
    .mutation(({ ctx, input }) => updateSource(ctx.app, ctx.viewer, input)),

  /** Approves up to 100, each by itself, and says what came of each. */
  approveMany: memberProcedure
    .input(sourceApproveManyInput)
    .output(z.array(sourceApproved))
    .mutation(({ ctx, input }) => approveMany(ctx.app, ctx.viewer, input.ids)),

  /** Puts sources of one instrument into one of its folders, all or none. */
  moveMany: memberProcedure
    .input(sourceMoveManyInput)
    .output(z.object({ ok: z.literal(true) }))
    .mutation(async ({ ctx, input }) => {
      await moveSources(ctx.app, ctx.viewer, input);
      return { ok: true };
    }),

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
