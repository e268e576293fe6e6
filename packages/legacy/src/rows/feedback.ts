import { type Feedback, feedbackInput, respondInput } from '@rayni/contract';
import { z } from 'zod';
import { count, pathId, time } from '../fields.ts';
import { pageHeaders, pageOf } from '../pages.ts';
import { json } from '../rows.ts';

const record = z.object({
  id: z.uuid(),
  email: z.string().nullable(),
  category: z.string(),
  body: z.string(),
  route: z.string().nullable(),
  instrument_id: z.uuid().nullable(),
  last_turn_id: z.uuid().nullable(),
  user_agent: z.string().nullable(),
  status: z.enum(['open', 'closed']),
  admin_response: z.string().nullable(),
  responded_at: time.nullable(),
  created_at: time,
});

const toRecord = (from: Feedback): z.input<typeof record> => ({
  id: from.id,
  email: from.email,
  category: from.category,
  body: from.body,
  route: from.route,
  instrument_id: from.instrumentId,
  last_turn_id: from.lastTurnId,
  user_agent: from.userAgent,
  status: from.status,
  admin_response: from.adminResponse,
  responded_at: from.respondedAt?.toISOString() ?? null,
  created_at: from.createdAt.toISOString(),
});

const { shape } = feedbackInput;
/** Told beside the message: an ill-formed one is left out, for the message counts. */
const pageId = z.uuid().optional().catch(undefined);

export const feedbackRows = [
  json({
    method: 'POST',
    paths: ['/api/feedback/', '/api/support/feedback'],
    summary: 'Tell those who run this something.',
    input: z
      .object({
        email: shape.email.nullable(),
        category: shape.category,
        body: shape.body,
        route: shape.route.nullable(),
        instrument_id: pageId,
        last_turn_id: pageId,
        meta: shape.meta.nullable(),
      })
      .transform((sent) => ({
        email: sent.email ?? undefined,
        category: sent.category,
        body: sent.body,
        route: sent.route ?? undefined,
        instrumentId: sent.instrument_id,
        lastTurnId: sent.last_turn_id,
        meta: sent.meta ?? undefined,
      })),
    call: (api) => api.feedback.create,
    status: 201,
    shape: record,
    output: toRecord,
  }),
  json({
    method: 'GET',
    paths: ['/api/feedback/', '/api/support/feedback/list'],
    summary: 'What people told, newest first; with page or page_size one page of it.',
    input: z.object({ page: count.optional(), page_size: count.optional() }).transform(pageOf),
    call: (api) => api.feedback.list,
    shape: z.object({ items: z.array(record) }),
    output: ({ items }) => ({ items: items.map(toRecord) }),
    headers: pageHeaders,
  }),
  json({
    method: 'POST',
    paths: ['/api/feedback/:id/respond', '/api/support/feedback/:id/respond'],
    summary: 'Respond and close; responding again replaces the former response.',
    input: z.object({ id: pathId, response: respondInput.shape.response }),
    call: (api) => api.feedback.respond,
    shape: record,
    output: toRecord,
  }),
];
