import {
  answer,
  answerSnapshot,
  askInput,
  attachInput,
  attachmentInitiateInput,
  citation,
  conversation,
  conversationList,
  conversationListInput,
  conversationSummary,
  eventsInput,
  proofFeedbackInput,
  regenerateInput,
  renameInput,
  reportedProofList,
  reportedProofsInput,
  signedUpload,
  started,
  startInput,
  turn,
  turnFeedbackInput,
  type ChatEvent,
} from '@rayni/contract';
import { tracked, type TRPCRouterRecord } from '@trpc/server';
import { z } from 'zod';
import { memberProcedure, procedure, streamed } from '../trpc.ts';
import { attach, initiateAttachment } from './attachments/attach.ts';
import { listConversations, removeConversation, renameConversation } from './conversations/conversations.ts';
import { rateAnswer, reportedProofs, reportProof } from './feedback/feedback.ts';
import { regenerateAnswer, startAnswer } from './start.ts';
import { snapshotOf } from './replay/snapshot.ts';
import {
  ask,
  cancelTurn,
  citationsOfTurn,
  conversationOf,
  readTurn,
  regenerate,
  versionsOfTurn,
} from './turns.ts';

const ok = z.object({ ok: z.literal(true) });

/** Asking, following, stopping and reading answers. */
export const chatRoutes = {
  /** Stores the question and begins to answer; follow it with `events`. */
  start: procedure
    .input(startInput)
    .output(started)
    .mutation(({ ctx, input }) => startAnswer(ctx, ctx.viewer, input)),

  /** Replays and follows one answer; the event id is the sequence number. Ends after `turn-end`. */
  events: procedure.input(eventsInput).subscription(({ ctx, input, signal }) => {
    const events = readTurn(ctx, ctx.viewer, input, signal ?? new AbortController().signal);
    return streamed(events, ({ seq, event }) => tracked(String(seq), event satisfies ChatEvent));
  }),

  /** One answer as far as it has come, for a page that was loaded again; `events` from its `lastSeq` brings the rest. */
  snapshot: procedure
    .input(z.object({ turnId: z.uuid() }))
    .output(answerSnapshot)
    .query(({ ctx, input }) => snapshotOf(ctx, ctx.viewer, input.turnId)),

  /** Asks and waits for the whole answer. */
  ask: procedure
    .input(askInput)
    .output(answer)
    .mutation(({ ctx, input, signal }) =>
      ask(ctx, ctx.viewer, input, signal ?? new AbortController().signal),
    ),

  /** A signed URL for one PUT of a file that is going to be attached; then `attach`. For every reader of the instrument. */
  initiateAttachment: procedure
    .input(attachmentInitiateInput)
    .output(signedUpload)
    .mutation(({ ctx, input }) => initiateAttachment(ctx, ctx.viewer, input)),

  /** Asks with files that were put, for this conversation only, and waits for the whole answer: 60 seconds at most. */
  attach: procedure
    .input(attachInput)
    .output(answer)
    .mutation(({ ctx, input, signal }) =>
      attach(ctx, ctx.viewer, input, signal ?? new AbortController().signal),
    ),

  /** Stops an answer for all its readers; closing a connection never does. */
  cancel: procedure
    .input(z.object({ turnId: z.uuid() }))
    .output(ok)
    .mutation(async ({ ctx, input }) => {
      await cancelTurn(ctx, ctx.viewer, input.turnId);
      return { ok: true };
    }),

  /** Asks an answered question again: a new answer under the same question, to be followed with `events`. The former ones stay. */
  regenerate: procedure
    .input(regenerateInput)
    .output(started)
    .mutation(({ ctx, input }) => regenerateAnswer(ctx, ctx.viewer, input)),

  /** `regenerate`, and waits for the whole answer. */
  regenerateAndWait: procedure
    .input(regenerateInput)
    .output(answer)
    .mutation(({ ctx, input, signal }) =>
      regenerate(ctx, ctx.viewer, input, signal ?? new AbortController().signal),
    ),

  /** A conversation of the caller, oldest turn first, each with its newest answer. */
  history: procedure
    .input(z.object({ sessionId: z.uuid() }))
    .output(conversation)
    .query(({ ctx, input }) => conversationOf(ctx, ctx.viewer, input.sessionId)),

  /** Every answer to one question, oldest first; the id of the question or of any of its answers finds them. */
  versions: procedure
    .input(z.object({ userTurnId: z.uuid() }))
    .output(z.array(turn))
    .query(({ ctx, input }) => versionsOfTurn(ctx, ctx.viewer, input.userTurnId)),

  /** The Proofs of an answer, in the order of their markers. */
  citations: procedure
    .input(z.object({ turnId: z.uuid() }))
    .output(z.array(citation))
    .query(({ ctx, input }) => citationsOfTurn(ctx, ctx.viewer, input.turnId)),

  /** Says what the caller thinks of their answer; null takes it back. */
  feedback: procedure
    .input(turnFeedbackInput)
    .output(ok)
    .mutation(async ({ ctx, input }) => {
      await rateAnswer(ctx, ctx.viewer, input);
      return { ok: true };
    }),

  /** Says what is wrong with a Proof of the caller's answer; null takes it back. */
  proofFeedback: procedure
    .input(proofFeedbackInput)
    .output(ok)
    .mutation(async ({ ctx, input }) => {
      await reportProof(ctx, ctx.viewer, input);
      return { ok: true };
    }),

  /** Proofs from an instrument's documents that readers found fault with, newest first; for its managers. */
  reportedProofs: memberProcedure
    .input(reportedProofsInput)
    .output(reportedProofList)
    .query(({ ctx, input }) => reportedProofs(ctx, ctx.viewer, input)),

  /** The member's conversations, newest first. */
  conversations: memberProcedure
    .input(conversationListInput)
    .output(conversationList)
    .query(({ ctx, input }) => listConversations(ctx, ctx.viewer, input)),

  rename: procedure
    .input(renameInput)
    .output(conversationSummary)
    .mutation(({ ctx, input }) => renameConversation(ctx, ctx.viewer, input)),

  /** Deletes a conversation with its attachments; answers still being written stop. */
  remove: procedure
    .input(z.object({ sessionId: z.uuid() }))
    .output(ok)
    .mutation(async ({ ctx, input }) => {
      await removeConversation(ctx, ctx.viewer, input.sessionId);
      return { ok: true };
    }),
} satisfies TRPCRouterRecord;
