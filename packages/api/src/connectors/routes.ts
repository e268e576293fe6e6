import type { TRPCRouterRecord } from '@trpc/server';

/** Places outside from which documents are fetched. */
export const connectorRoutes = {} satisfies TRPCRouterRecord;
