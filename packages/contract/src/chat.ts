import { z } from 'zod';
import { errorCode } from './errors.ts';
import { proofFault } from './feedback.ts';
import { citation } from './proofs.ts';
import { text } from './text.ts';
import { uploadInitiateInput } from './uploads.ts';

export const question = text().trim().min(1, 'The question is empty').max(4_000);

export const askInput = z.object({
  instrumentId: z.uuid(),
  question,
  /** Continues that conversation; a new one begins without it. */
  sessionId: z.uuid().optional(),
  /** Made by the caller: the same key twice is one question and one answer. Another request under it is a `CONFLICT`. */
  clientKey: text().min(8).max(100).optional(),
});
export type AskInput = z.infer<typeof askInput>;

/** With `joinRecent` and no `clientKey`, an equal question of the same caller moments ago is this one: somebody clicked twice. */
export const startInput = askInput.extend({ joinRecent: z.boolean().optional() });
export type StartInput = z.infer<typeof startInput>;

export const started = z.object({ sessionId: z.uuid(), userTurnId: z.uuid(), turnId: z.uuid() });
export type Started = z.infer<typeof started>;

export const turnStatus = z.enum(['queued', 'running', 'done', 'failed', 'cancelled']);
export type TurnStatus = z.infer<typeof turnStatus>;

export const endReason = z.enum([
  'answered',
  'not_found',
  'extractive',
  'cancelled',
  'failed',
  'access_revoked',
]);
export type EndReason = z.infer<typeof endReason>;

/** The life of one answer. `turn-end` is the only last event; after `turn-reset` forget the text and citations so far. */
export const chatEvent = z.discriminatedUnion('type', [
  z.object({ type: z.literal('turn-start'), userTurnId: z.uuid(), turnId: z.uuid() }),
  z.object({ type: z.literal('text-delta'), text: z.string() }),
  z.object({ type: z.literal('citation'), citation }),
  z.object({ type: z.literal('turn-reset'), attempt: z.int() }),
  z.object({
    type: z.literal('turn-end'),
    reason: endReason,
    code: errorCode.optional(),
    notice: z.string().optional(),
    /** UTF-16 code units of the whole text. */
    length: z.int(),
    /** Hex sha256 of the whole text as UTF-8. */
    sha256: z.string(),
    citations: z.array(citation),
  }),
]);
export type ChatEvent = z.infer<typeof chatEvent>;
export type TurnEnd = Extract<ChatEvent, { type: 'turn-end' }>;

/** `lastEventId` is the sequence number of the last event seen (from 1); events after it follow. */
export const eventsInput = z.object({ turnId: z.uuid(), lastEventId: z.string().max(20).nullish() });
export type EventsInput = z.infer<typeof eventsInput>;

/** An answer as far as it has come. */
export const answerSnapshot = z.object({
  turnId: z.uuid(),
  userTurnId: z.uuid(),
  question: z.string(),
  status: turnStatus,
  text: z.string(),
  citations: z.array(citation),
  /** The last event that is in here. What follows it, `turn-end` at least, is still to be read. */
  lastSeq: z.int().min(1),
});
export type AnswerSnapshot = z.infer<typeof answerSnapshot>;

export const answer = started.extend({
  status: turnStatus,
  reason: endReason.nullable(),
  /** Why it failed, beside the notice. */
  code: errorCode.optional(),
  text: z.string(),
  citations: z.array(citation),
  notice: z.string().nullable(),
});
export type Answer = z.infer<typeof answer>;

export const turn = z.object({
  userTurnId: z.uuid(),
  turnId: z.uuid(),
  /** 1 for the first answer to a question, one more for each that was asked for again. */
  version: z.int().min(1),
  question: z.string(),
  status: turnStatus,
  reason: endReason.nullable(),
  text: z.string(),
  notice: z.string().nullable(),
  citations: z.array(citation),
  createdAt: z.date(),
});
export type Turn = z.infer<typeof turn>;

export const conversation = z.object({
  sessionId: z.uuid(),
  instrumentId: z.uuid(),
  title: z.string(),
  turns: z.array(turn),
});
export type Conversation = z.infer<typeof conversation>;

/** The id of an answer, or of its question for the newest one. The same `clientKey` twice is one new answer. */
export const regenerateInput = z.object({
  turnId: z.uuid(),
  clientKey: text().min(8).max(100).optional(),
});
export type RegenerateInput = z.infer<typeof regenerateInput>;

/** A Proof that its reader found fault with, for those who look after the documents. */
export const reportedProof = z.object({
  citation,
  fault: proofFault,
  comment: z.string().nullable(),
  /** What of the answer the Proof is meant to carry; empty where the same sentence has a Proof from an attachment, too. */
  statement: z.string(),
  createdAt: z.date(),
  updatedAt: z.date(),
});
export type ReportedProof = z.infer<typeof reportedProof>;

export const reportedProofsInput = z.object({
  instrumentId: z.uuid(),
  page: z.int().min(1).default(1),
  pageSize: z.int().min(1).max(200).default(50),
});
export type ReportedProofsInput = z.infer<typeof reportedProofsInput>;
export const reportedProofList = z.object({ items: z.array(reportedProof), total: z.int() });
export type ReportedProofList = z.infer<typeof reportedProofList>;

/** A file that is going to be attached. With `instrumentId`, and `ingest` as it will be, a refusal comes before the bytes. */
export const attachmentInitiateInput = uploadInitiateInput.extend({ ingest: z.boolean().default(false) });
export type AttachmentInitiateInput = z.infer<typeof attachmentInitiateInput>;

/** Files at once beside one question. */
export const mostAttachments = 10;

/**
 * A question with files for this conversation only: each was begun (`chat.initiateAttachment` or `uploads.initiate`), PUT and not completed.
 */
export const attachInput = askInput.extend({
  uploadIds: z.array(z.uuid()).min(1).max(mostAttachments),
  /** Managers: the files become sources of the instrument, for everybody and to stay. */
  ingest: z.boolean().default(false),
});
export type AttachInput = z.infer<typeof attachInput>;

/** One conversation of the caller, without its turns. */
export const conversationSummary = z.object({
  sessionId: z.uuid(),
  instrumentId: z.uuid(),
  title: z.string(),
  createdAt: z.date(),
  updatedAt: z.date(),
});
export type ConversationSummary = z.infer<typeof conversationSummary>;

export const conversationListInput = z.object({
  instrumentId: z.uuid().optional(),
  page: z.int().min(1).default(1),
  pageSize: z.int().min(1).max(200).default(50),
});
export type ConversationListInput = z.infer<typeof conversationListInput>;
export const conversationList = z.object({ items: z.array(conversationSummary), total: z.int() });
export type ConversationList = z.infer<typeof conversationList>;

export const renameInput = z.object({ sessionId: z.uuid(), title: text().trim().min(1).max(200) });
export type RenameInput = z.infer<typeof renameInput>;
