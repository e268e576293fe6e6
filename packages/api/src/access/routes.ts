import {
  accessDecisionInput,
  accessRequest,
  accessRequestInput,
  accessRequestsInput,
  auditList,
  auditListInput,
  grant,
  grantChangeInput,
  grantInput,
} from '@rayni/contract';
import type { TRPCRouterRecord } from '@trpc/server';
import { z } from 'zod';
import { adminProcedure, memberProcedure } from '../trpc.ts';
import { changeGrant, grantAccess, listAudit, listGrants } from './grants.ts';
import { decideAccess, ownRequests, requestAccess, requestsOn } from './requests.ts';

/** Who may use an instrument: wishes, grants, and the record of both. */
export const accessRoutes = {
  /** Asks for access; while a wish waits it is returned again. */
  request: memberProcedure
    .input(accessRequestInput)
    .output(accessRequest)
    .mutation(({ ctx, input }) => requestAccess(ctx.app, ctx.viewer, input)),

  /** The caller's own wishes and what became of them, newest first. */
  mine: memberProcedure.output(z.array(accessRequest)).query(({ ctx }) => ownRequests(ctx.app, ctx.viewer)),

  requests: memberProcedure
    .input(accessRequestsInput)
    .output(z.array(accessRequest))
    .query(({ ctx, input }) => requestsOn(ctx.app, ctx.viewer, input)),

  /** Makes the grant, too. */
  approve: memberProcedure
    .input(accessDecisionInput)
    .output(accessRequest)
    .mutation(({ ctx, input }) => decideAccess(ctx.app, ctx.viewer, input, 'approved')),

  deny: memberProcedure
    .input(accessDecisionInput)
    .output(accessRequest)
    .mutation(({ ctx, input }) => decideAccess(ctx.app, ctx.viewer, input, 'denied')),

  grants: memberProcedure
    .input(z.object({ instrumentId: z.uuid() }))
    .output(z.array(grant))
    .query(({ ctx, input }) => listGrants(ctx.app, ctx.viewer, input.instrumentId)),

  /** Gives the account of that e-mail a role; what it had is changed, not doubled. */
  grant: memberProcedure
    .input(grantInput)
    .output(grant)
    .mutation(({ ctx, input }) => grantAccess(ctx.app, ctx.viewer, input)),

  /** Another role, revoked, or active again. A revoked grant ends what is being read and answered through it. */
  changeGrant: memberProcedure
    .input(grantChangeInput)
    .output(grant)
    .mutation(({ ctx, input }) => changeGrant(ctx.app, ctx.viewer, input)),

  /** Who changed which right, newest first; for admins. */
  audit: adminProcedure
    .input(auditListInput)
    .output(auditList)
    .query(({ ctx, input }) => listAudit(ctx.app, ctx.viewer, input)),
} satisfies TRPCRouterRecord;
