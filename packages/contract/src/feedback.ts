import { z } from 'zod';
import { text } from './text.ts';

export const rating = z.enum(['like', 'dislike']);
export type Rating = z.infer<typeof rating>;

/** What a reader says of an answer; `rating: null` takes it back. */
export const turnFeedbackInput = z.object({
  turnId: z.uuid(),
  rating: rating.nullable(),
  tag: text().trim().max(50).optional(),
  comment: text().trim().max(5_000).optional(),
});
export type TurnFeedbackInput = z.infer<typeof turnFeedbackInput>;

/** What is wrong with one Proof. */
export const proofFault = z.enum(['wrong_place', 'does_not_support', 'outdated']);
export type ProofFault = z.infer<typeof proofFault>;

export const proofFeedbackInput = z.object({
  citationId: z.uuid(),
  /** Null takes it back. */
  fault: proofFault.nullable(),
  comment: text().trim().max(5_000).optional(),
});
export type ProofFeedbackInput = z.infer<typeof proofFeedbackInput>;

export const feedbackInput = z.object({
  email: text().trim().max(320).optional(),
  /** Known: support, bug, idea. */
  category: text().trim().min(1).max(50).default('support'),
  body: text().trim().min(1).max(10_000),
  route: text().max(500).optional(),
  instrumentId: z.uuid().optional(),
  lastTurnId: z.uuid().optional(),
  /** Whatever else the front end knows, up to 10,000 characters of JSON. */
  meta: z.record(z.string().max(100), z.unknown()).refine(isSmallJson, 'Too large, or no JSON').optional(),
});
export type FeedbackInput = z.infer<typeof feedbackInput>;

/** What somebody told the people who run this, and their response. */
export const feedback = z.object({
  id: z.uuid(),
  email: z.string().nullable(),
  category: z.string(),
  body: z.string(),
  route: z.string().nullable(),
  instrumentId: z.uuid().nullable(),
  lastTurnId: z.uuid().nullable(),
  userAgent: z.string().nullable(),
  status: z.enum(['open', 'closed']),
  adminResponse: z.string().nullable(),
  respondedAt: z.date().nullable(),
  createdAt: z.date(),
});
export type Feedback = z.infer<typeof feedback>;

export const feedbackListInput = z.object({
  page: z.int().min(1).default(1),
  pageSize: z.int().min(1).max(10_000).default(100),
});
export type FeedbackListInput = z.infer<typeof feedbackListInput>;
export const feedbackList = z.object({ items: z.array(feedback), total: z.int() });
export type FeedbackList = z.infer<typeof feedbackList>;

export const respondInput = z.object({ id: z.uuid(), response: text().trim().min(1).max(10_000) });
export type RespondInput = z.infer<typeof respondInput>;

const faqId = z.string().regex(/^[a-z0-9-]{1,50}$/, 'Lower-case letters, digits and hyphens');

/** A common question with its answer; `id` is a stable name, not a UUID. */
export const faqEntry = z.object({ id: z.string(), question: z.string(), answer: z.string() });
export type FaqEntry = z.infer<typeof faqEntry>;

export const faqSaveInput = z.object({
  id: faqId,
  question: text().trim().min(1).max(500),
  answer: text().trim().min(1).max(10_000),
});
export type FaqSaveInput = z.infer<typeof faqSaveInput>;

export const faqRemoveInput = z.object({ id: faqId });
export type FaqRemoveInput = z.infer<typeof faqRemoveInput>;

/** Not `z.json()`, which overflows the stack on what is nested deep. */
function isSmallJson(value: object): boolean {
  try {
    return JSON.stringify(value).length <= 10_000;
  } catch {
    return false;
  }
}
