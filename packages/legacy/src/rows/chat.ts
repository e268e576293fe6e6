import {
  type Answer,
  type ChatEvent,
  type Citation,
  question,
  rating,
  sourceType,
  turnFeedbackInput,
  support,
  locator,
} from '@rayni/contract';
import { z } from 'zod';
import { pathId } from '../fields.ts';
import { answered, files, type Frame, json, sse, type TurnIds } from '../rows.ts';

const citation = z.object({
  source_id: z.uuid(),
  source_title: z.string(),
  source_type: sourceType,
  fragment_id: z.uuid(),
  score: z.number().gt(0).max(1),
  id: z.uuid(),
  marker: z.int().min(1),
  quote: z.string(),
  support,
  locator,
});

const toCitation = (from: Citation): z.input<typeof citation> => ({
  source_id: from.sourceId,
  source_title: from.sourceTitle,
  source_type: from.sourceType,
  fragment_id: from.fragmentId,
  score: from.score,
  id: from.id,
  marker: from.marker,
  quote: from.quote,
  support: from.support,
  locator: from.locator,
});

/** The caller's own key for a question: the same key twice is one question and one answer. */
const requestId = z.string().min(8).max(100).optional();

const asked = z
  .object({ instrument_id: z.uuid(), question, session_id: z.uuid().optional(), request_id: requestId })
  .transform((sent) => ({
    instrumentId: sent.instrument_id,
    question: sent.question,
    sessionId: sent.session_id,
    clientKey: sent.request_id,
  }));

/** A box that is ticked in a form, or a JSON boolean. */
const flag = z.union([z.boolean(), z.stringbool()]);

/** One file as it comes, with the fields before it; what is wrong with them is said when all are there. */
const file = z
  .object({
    filename: z.string().max(255).catch('upload'),
    content_type: z.string().max(200).catch('application/octet-stream'),
    instrument_id: z.uuid().optional().catch(undefined),
    ingest: flag.catch(false),
  })
  .transform((sent) => ({
    filename: sent.filename,
    contentType: sent.content_type,
    instrumentId: sent.instrument_id,
    ingest: sent.ingest,
  }));

/** What a reader should know of an answer: that it was made of quotes alone, or what the documents do not speak of. */
const remarks = { mode: z.literal('extractive').optional(), notice: z.string().optional() };
const remarksOf = (end: { reason: Answer['reason']; notice?: string | null | undefined }) => ({
  ...(end.reason === 'extractive' && { mode: 'extractive' as const }),
  ...(typeof end.notice === 'string' && { notice: end.notice }),
});

const answer = z.object({
  turn_id: z.uuid(),
  answer: z.string(),
  citations: z.array(citation),
  session_id: z.uuid(),
  ...remarks,
});

const toAnswer = (from: Answer): z.input<typeof answer> => ({
  turn_id: from.turnId,
  answer: from.text,
  citations: from.citations.map(toCitation),
  session_id: from.sessionId,
  ...remarksOf(from),
});

/** The dialect has four events. A second start means: forget the tokens so far. Citations come with the end. */
function toFrame(event: ChatEvent, { turnId, userTurnId }: TurnIds): Frame | undefined {
  switch (event.type) {
    case 'turn-start':
    case 'turn-reset':
      return { event: 'start', data: { turn_id: userTurnId } };
    case 'text-delta':
      return { event: 'token', data: { t: event.text } };
    case 'turn-end':
      return {
        event: 'done',
        data: { turn_id: turnId, citations: event.citations.map(toCitation), ...remarksOf(event) },
      };
    case 'citation':
      return undefined;
    default:
      return event satisfies never;
  }
}

export const chatRows = [
  answered({
    method: 'POST',
    paths: ['/api/chat/ask'],
    summary: 'Ask, and wait for the whole answer.',
    input: asked,
    aliases: { instrument: 'instrument_id' },
    call: (api) => api.chat.ask,
    shape: answer,
    output: toAnswer,
  }),
  answered({
    method: 'POST',
    paths: ['/api/chat/attach'],
    summary: 'Ask with files that are read for this conversation only, and wait for the whole answer.',
    input: z
      .object({
        instrument_id: z.uuid(),
        question,
        files: z.array(z.uuid()),
        session_id: z.uuid().optional(),
        ingest: flag.default(false),
      })
      .transform((sent) => ({
        instrumentId: sent.instrument_id,
        question: sent.question,
        uploadIds: sent.files,
        sessionId: sent.session_id,
        ingest: sent.ingest,
      })),
    aliases: { instrument: 'instrument_id' },
    files: files('files', file, (api) => api.chat.initiateAttachment),
    call: (api) => api.chat.attach,
    shape: answer,
    output: toAnswer,
  }),
  sse({
    paths: ['/stream/chat'],
    summary: 'Ask, and read the answer as it is written.',
    input: asked.transform((sent) => ({ ...sent, joinRecent: true })),
    aliases: { instrument: 'instrument_id', q: 'question' },
    start: (api) => api.chat.start,
    locate: (api) => api.chat.snapshot,
    follow: (api) => api.chat.events,
    frame: toFrame,
  }),
  json({
    method: 'GET',
    paths: ['/api/citations/turn/:turn_id', '/api/chat/turns/:turn_id/citations'],
    summary:
      "An answer's citations, in the order of their markers. A user turn's id finds its newest answer.",
    input: z.object({ turn_id: pathId }).transform((sent) => ({ turnId: sent.turn_id })),
    call: (api) => api.chat.citations,
    shape: z.object({ items: z.array(citation) }),
    output: (found) => ({ items: found.map(toCitation) }),
  }),
  answered({
    method: 'POST',
    paths: ['/api/chat/regen/:turn_id', '/api/chat/turns/:turn_id/regenerate'],
    summary: 'Ask the same question again, and wait for the whole answer. The former answers stay.',
    input: z
      .object({ turn_id: pathId, request_id: requestId })
      .transform((sent) => ({ turnId: sent.turn_id, clientKey: sent.request_id })),
    call: (api) => api.chat.regenerateAndWait,
    shape: answer,
    output: toAnswer,
  }),
  json({
    method: 'POST',
    paths: ['/api/chat/turn/:turn_id/feedback', '/api/chat/turns/:turn_id/feedback'],
    summary: 'Like or dislike an answer of your own; `null` takes it back.',
    input: z
      .object({
        turn_id: pathId,
        rating: rating.nullable(),
        tag: turnFeedbackInput.shape.tag.nullable(),
        comment: turnFeedbackInput.shape.comment.nullable(),
      })
      .transform((sent) => ({
        turnId: sent.turn_id,
        rating: sent.rating,
        tag: sent.tag ?? undefined,
        comment: sent.comment ?? undefined,
      })),
    call: (api) => api.chat.feedback,
    shape: z.object({ status: z.literal('ok') }),
    output: () => ({ status: 'ok' as const }),
  }),
];
