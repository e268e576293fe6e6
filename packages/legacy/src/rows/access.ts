import {
  type AccessRequest,
  accessRequestInput,
  accessRequestStatus,
  type Grant,
  grantChangeInput,
  grantInput,
  grantRole,
  grantStatus,
} from '@rayni/contract';
import { z } from 'zod';
import { pathId, time } from '../fields.ts';
import { json } from '../rows.ts';

const request = z.object({
  id: z.uuid(),
  user: z.uuid(),
  user_email: z.string(),
  user_name: z.string(),
  instrument: z.uuid(),
  reason: z.string(),
  status: accessRequestStatus,
  reviewer: z.string().nullable(),
  reviewed_at: time.nullable(),
  created_at: time,
});

const toRequest = (one: AccessRequest): z.input<typeof request> => ({
  id: one.id,
  user: one.userId,
  user_email: one.userEmail,
  user_name: one.userName,
  instrument: one.instrumentId,
  reason: one.reason,
  status: one.status,
  reviewer: one.reviewer,
  reviewed_at: one.reviewedAt?.toISOString() ?? null,
  created_at: one.createdAt.toISOString(),
});

const grant = z.object({
  id: z.uuid(),
  user: z.uuid(),
  user_email: z.string(),
  instrument: z.uuid(),
  role: grantRole,
  status: grantStatus,
  created_at: time,
});

const toGrant = (one: Grant): z.input<typeof grant> => ({
  id: one.id,
  user: one.userId,
  user_email: one.userEmail,
  instrument: one.instrumentId,
  role: one.role,
  status: one.status,
  created_at: one.createdAt.toISOString(),
});

/** Wishes for access and grants. */
export const accessRows = [
  json({
    method: 'POST',
    paths: ['/api/instruments/:id/access/request', '/api/instruments/:id/request-access'],
    summary: 'Ask for access. While a request waits it is returned again.',
    input: z
      .object({ id: pathId, reason: accessRequestInput.shape.reason })
      .transform(({ id, reason }) => ({ instrumentId: id, reason })),
    call: (api) => api.access.request,
    status: 202,
    shape: z.object({ id: z.uuid(), status: accessRequestStatus }),
    output: ({ id, status }) => ({ id, status }),
  }),
  json({
    method: 'GET',
    paths: ['/api/instruments/:id/access/requests'],
    summary: 'The requests that wait, or those of another status, newest first.',
    input: z
      .object({ id: pathId, status: accessRequestStatus.default('pending') })
      .transform(({ id, status }) => ({ instrumentId: id, status })),
    call: (api) => api.access.requests,
    shape: z.object({ items: z.array(request) }),
    output: (found) => ({ items: found.map(toRequest) }),
  }),
  json({
    method: 'POST',
    paths: ['/api/instruments/:id/access/requests/:req_id/:action'],
    summary: 'Decide a request, once: `approve` makes the grant with it, `deny` does not.',
    input: z
      .object({ id: pathId, req_id: pathId, action: z.enum(['approve', 'deny']) })
      .transform((sent) => ({
        action: sent.action,
        request: { instrumentId: sent.id, requestId: sent.req_id },
      })),
    // Either procedure will do to tell who may not decide, where the action is neither.
    call: (api) => (sent) => (sent.action === 'deny' ? api.access.deny : api.access.approve)(sent.request),
    shape: z.object({ status: accessRequestStatus }),
    output: ({ status }) => ({ status }),
  }),
  json({
    method: 'GET',
    paths: ['/api/instruments/:id/access/grants'],
    summary: 'Who may use the instrument; revoked grants too.',
    input: z.object({ id: pathId }).transform(({ id }) => ({ instrumentId: id })),
    call: (api) => api.access.grants,
    shape: z.object({ items: z.array(grant) }),
    output: (found) => ({ items: found.map(toGrant) }),
  }),
  json({
    method: 'POST',
    paths: ['/api/instruments/:id/access/grants', '/api/instruments/:id/access/grants/create'],
    summary: 'Give a person a role on the instrument; a grant that is there is changed.',
    input: z
      .object({ id: pathId, email: grantInput.shape.email, role: grantInput.shape.role })
      .transform(({ id, email, role }) => ({ instrumentId: id, email, role })),
    call: (api) => api.access.grant,
    status: 201,
    shape: grant,
    output: toGrant,
  }),
  json({
    method: 'PATCH',
    paths: ['/api/instruments/:id/access/grants/:grant_id'],
    summary: 'Change the role of a grant, revoke it, or make it active again.',
    input: z
      .object({
        id: pathId,
        grant_id: pathId,
        role: grantChangeInput.shape.role,
        status: grantChangeInput.shape.status,
      })
      .transform(({ id, grant_id, role, status }) => ({
        instrumentId: id,
        grantId: grant_id,
        role,
        status,
      })),
    call: (api) => api.access.changeGrant,
    shape: grant,
    output: toGrant,
  }),
];
