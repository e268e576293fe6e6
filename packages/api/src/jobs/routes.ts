import { job, jobList, jobListInput } from '@rayni/contract';
import type { TRPCRouterRecord } from '@trpc/server';
import { z } from 'zod';
import { adminProcedure } from '../trpc.ts';
import { cancelJob, listJobs, retryJob } from './jobs.ts';

const one = z.object({ id: z.uuid() });

/** Background work, for administrators. */
export const jobRoutes = {
  /** One page of what waits, is at work or is over, newest first. */
  list: adminProcedure
    .input(jobListInput)
    .output(jobList)
    .query(({ ctx, input }) => listJobs(ctx.app, input)),

  /** Has a job that failed or was cancelled done again; twice is once. */
  retry: adminProcedure
    .input(one)
    .output(job)
    .mutation(({ ctx, input }) => retryJob(ctx.app, input.id)),

  /** Stops a job that waits or is at work, whichever process works on it; twice is once. */
  cancel: adminProcedure
    .input(one)
    .output(job)
    .mutation(({ ctx, input }) => cancelJob(ctx.app, input.id)),
} satisfies TRPCRouterRecord;
