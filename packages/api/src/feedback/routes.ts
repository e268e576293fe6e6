import { faqEntry } from '@rayni/contract';
import type { TRPCRouterRecord } from '@trpc/server';
import { z } from 'zod';
import { procedure } from '../trpc.ts';
import { faq } from './faq.ts';

/** What people tell those who run this. */
export const feedbackRoutes = {} satisfies TRPCRouterRecord;

/** Common questions and their answers. */
export const faqRoutes = {
  /** Common questions and their answers, the same for everybody. */
  list: procedure.output(z.array(faqEntry)).query(() => faq),
} satisfies TRPCRouterRecord;
