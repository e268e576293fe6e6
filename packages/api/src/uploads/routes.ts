import { signedUpload, uploadCompleted, uploadCompleteInput, uploadInitiateInput } from '@rayni/contract';
import type { TRPCRouterRecord } from '@trpc/server';
import { memberProcedure } from '../trpc.ts';
import { completeUpload, initiateUpload } from './uploads.ts';

export const uploadRoutes = {
  /** A signed URL for one PUT; then `complete`. */
  initiate: memberProcedure
    .input(uploadInitiateInput)
    .output(signedUpload)
    .mutation(({ ctx, input }) => initiateUpload(ctx.app, ctx.viewer, input, ctx.settings.maxUploadBytes)),

  /** Makes a source (or a new version of one) of what was put, and sets it to be read. */
  complete: memberProcedure
    .input(uploadCompleteInput)
    .output(uploadCompleted)
    .mutation(({ ctx, input }) => completeUpload(ctx.app, ctx.viewer, input, ctx.settings.maxUploadBytes)),
} satisfies TRPCRouterRecord;
