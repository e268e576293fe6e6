import {
  faqEntry,
  faqRemoveInput,
  faqSaveInput,
  feedback,
  feedbackInput,
  feedbackList,
  feedbackListInput,
  respondInput,
} from '@rayni/contract';
import type { TRPCRouterRecord } from '@trpc/server';
import { z } from 'zod';
import { adminProcedure, procedure } from '../trpc.ts';
import { listFaq, removeFaq, saveFaq } from './faq.ts';
import { createFeedback, listFeedback, respondToFeedback } from './feedback.ts';

/** What people tell those who run this. */
export const feedbackRoutes = {
  create: procedure
    .input(feedbackInput)
    .output(feedback)
    .mutation(({ ctx, input }) => createFeedback(ctx.app, ctx.viewer, ctx.userAgent, input)),

  /** One page, newest first. */
  list: adminProcedure
    .input(feedbackListInput)
    .output(feedbackList)
    .query(({ ctx, input }) => listFeedback(ctx.app, ctx.viewer, input)),

  respond: adminProcedure
    .input(respondInput)
    .output(feedback)
    .mutation(({ ctx, input }) => respondToFeedback(ctx.app, ctx.viewer, input)),
} satisfies TRPCRouterRecord;

/** Common questions and their answers. */
export const faqRoutes = {
  /** The same for everybody. */
  list: procedure.output(z.array(faqEntry)).query(({ ctx }) => listFaq(ctx.app)),

  save: adminProcedure
    .input(faqSaveInput)
    .output(faqEntry)
    .mutation(({ ctx, input }) => saveFaq(ctx.app, ctx.viewer, input)),

  remove: adminProcedure
    .input(faqRemoveInput)
    .output(z.object({ ok: z.literal(true) }))
    .mutation(async ({ ctx, input }) => {
      await removeFaq(ctx.app, ctx.viewer, input.id);
      return { ok: true };
    }),
} satisfies TRPCRouterRecord;
