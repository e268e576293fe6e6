import type { TRPCRouterRecord } from '@trpc/server';

/** The people who may sign in. */
export const userRoutes = {} satisfies TRPCRouterRecord;
