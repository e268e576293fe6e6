import {
  answer,
  askInput,
  citation,
  conversation,
  eventsInput,
  started,
  type ChatEvent,
} from '@rayni/contract';
import { tracked, type TRPCRouterRecord } from '@trpc/server';
import { z } from 'zod';
import { procedure, streamed } from '../trpc.ts';
import { startAnswer } from './start.ts';
import { ask, cancelTurn, citationsOfTurn, conversationOf, readTurn } from './turns.ts';

/** Asking, following, stopping and reading answers. */
export const chatRoutes = {
  /** Stores the question and begins to answer; follow it with `events`. */
  start: procedure
    .input(askInput)
    .output(started)
    .mutation(({ ctx, input }) => startAnswer(ctx, ctx.viewer, input)),

  /** Replays and follows one answer; the event id is the sequence number. Ends after `turn-end`. */
  events: procedure.input(eventsInput).subscription(async function* ({ ctx, input, signal }) {
    const events = readTurn(ctx, ctx.viewer, input, signal ?? new AbortController().signal);
    for await (const { seq, event } of streamed(events)) {
      yield tracked(String(seq), event satisfies ChatEvent);
    }
  }),

  /** Asks and waits for the whole answer. */
  ask: procedure
    .input(askInput)
    .output(answer)
    .mutation(({ ctx, input, signal }) =>
      ask(ctx, ctx.viewer, input, signal ?? new AbortController().signal),
    ),

  /** Stops an answer for all its readers; closing a connection never does. */
  cancel: procedure
    .input(z.object({ turnId: z.uuid() }))
    .output(z.object({ ok: z.literal(true) }))
    .mutation(async ({ ctx, input }) => {
      await cancelTurn(ctx, ctx.viewer, input.turnId);
      return { ok: true };
    }),

  /** A conversation of the caller, oldest turn first. */
  history: procedure
    .input(z.object({ sessionId: z.uuid() }))
    .output(conversation)
    .query(({ ctx, input }) => conversationOf(ctx, ctx.viewer, input.sessionId)),

  /** The Proofs of an answer, in the order of their markers. */
  citations: procedure
    .input(z.object({ turnId: z.uuid() }))
    .output(z.array(citation))
    .query(({ ctx, input }) => citationsOfTurn(ctx, ctx.viewer, input.turnId)),
} satisfies TRPCRouterRecord;
