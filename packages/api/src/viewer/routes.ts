import {
  citationState,
  citationStateInput,
  located,
  locateInput,
  recording,
  shownText as shownTextShape,
} from '@rayni/contract';
import type { TRPCRouterRecord } from '@trpc/server';
import { procedure } from '../trpc.ts';
import { stateOfCitation } from './citation-state.ts';
import { locateProof } from './locate.ts';
import { locateInRecording } from './recording.ts';
import { shownText } from './shown-text.ts';

/** Where Proofs stand. */
export const viewerRoutes = {
  /** Everything a viewer needs to draw a Proof. */
  locate: procedure
    .input(locateInput)
    .output(located)
    .query(({ ctx, input }) => locateProof(ctx.app, ctx.viewer, input)),

  /** As `locate`, of a recording: with its whole transcript, its length and a frame to show. */
  recording: procedure
    .input(locateInput)
    .output(recording)
    .query(({ ctx, input }) => locateInRecording(ctx.app, ctx.viewer, input)),

  /** As `locate`, with the stored text the quote was taken from: its mark can be drawn without the original. */
  text: procedure
    .input(locateInput)
    .output(shownTextShape)
    .query(({ ctx, input }) => shownText(ctx.app, ctx.viewer, input)),

  /** Whether the quote of a citation still stands in the newest version of its source, and what has become of it. */
  citationState: procedure
    .input(citationStateInput)
    .output(citationState)
    .query(({ ctx, input }) => stateOfCitation(ctx, ctx.viewer, input.citationId)),
} satisfies TRPCRouterRecord;
