import { located, locateInput } from '@rayni/contract';
import type { TRPCRouterRecord } from '@trpc/server';
import { procedure } from '../trpc.ts';
import { locateProof } from './locate.ts';

/** Where Proofs stand. */
export const viewerRoutes = {
  /** Everything a viewer needs to draw a Proof. */
  locate: procedure
    .input(locateInput)
    .output(located)
    .query(({ ctx, input }) => locateProof(ctx.app, ctx.viewer, input)),
} satisfies TRPCRouterRecord;
