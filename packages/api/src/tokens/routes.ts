import type { TRPCRouterRecord } from '@trpc/server';

/** A member's own API tokens. */
export const tokenRoutes = {} satisfies TRPCRouterRecord;
