import type { TRPCRouterRecord } from '@trpc/server';

/** Who may use an instrument: wishes, grants, and the record of both. */
export const accessRoutes = {} satisfies TRPCRouterRecord;
