import { z } from 'zod';
import { locator, textRange } from './locator.ts';
import { sourceType } from './sources.ts';

/**
 * How well a quote carries its statement, checked before display.
 * `verbatim`: the statement's very words stand in the quote. `verified`: wording close, and no number, unit, negation,
 * modal, name, part number or error code was found changed. `partial`: covered, but something checkable is missing or
 * differs. `unsupported`: not covered. None of them means "true".
 */
export const support = z.enum(['verbatim', 'verified', 'partial', 'unsupported']);
export type Support = z.infer<typeof support>;

/** Why a statement is less than `verified`. */
export const supportReason = z.enum([
  'number',
  'unit',
  'negation',
  'antonym',
  'modal',
  'name',
  'order',
  'coverage',
  'score',
  'question',
  /** The quote is what a model says of an image; such a statement is `partial` at most. */
  'description',
]);
export type SupportReason = z.infer<typeof supportReason>;

/** One mark of one answer, pinned to the version it was made from. `ranges` slice the canonical text to the quote, joined by one space. */
export const citation = z.object({
  id: z.uuid(),
  /** The number in the answer's text: `[1]`, `[2]`, … in order of appearance; every mark has its own. */
  marker: z.int().min(1),
  sourceId: z.uuid(),
  sourceTitle: z.string(),
  sourceType,
  versionId: z.uuid(),
  fragmentId: z.uuid(),
  quote: z.string(),
  ranges: z.array(textRange).min(1),
  locator,
  support,
  reasons: z.array(supportReason),
  /** In (0, 1]: how well the quote carries the statement. */
  score: z.number().gt(0).max(1),
});
export type Citation = z.infer<typeof citation>;
