import { z } from 'zod';
import { locator, textRange } from './locator.ts';

export const citationStateInput = z.object({ citationId: z.uuid() });

/**
 * What became of a quote since it was cited. `current`: its version is still the newest. `unchanged`: the same words stand in the newest
 * version. `changed`: something close to them does. `gone`: nothing close does, or the source was deleted.
 */
export const quoteState = z.enum(['current', 'unchanged', 'changed', 'gone']);
export type QuoteState = z.infer<typeof quoteState>;

/** A piece of a word by word comparison: `same` and `removed` in order are the quote, `same` and `added` the new text. */
export const differencePart = z.object({ kind: z.enum(['same', 'removed', 'added']), text: z.string() });
export type DifferencePart = z.infer<typeof differencePart>;

export const citationState = z.object({
  citationId: z.uuid(),
  sourceId: z.uuid(),
  state: quoteState,
  /** The words that were cited. */
  quote: z.string(),
  /** The version they were cited from; its own label, its ordinal without one. */
  versionId: z.uuid(),
  version: z.string(),
  /** The version that answers now; null when the source was deleted. */
  newest: z.object({ versionId: z.uuid(), version: z.string() }).nullable(),
  /** Where the quote, or what is closest to it, stands in the newest version; null when `gone`. `ranges` slice its canonical text. */
  passage: z
    .object({
      fragmentId: z.uuid(),
      text: z.string(),
      ranges: z.array(textRange).min(1),
      locator,
    })
    .nullable(),
  /** How much of the wording both share, 0 to 1; null when `gone`. */
  closeness: z.number().min(0).max(1).nullable(),
  /** How `passage.text` differs from `quote`; empty unless `changed`. */
  difference: z.array(differencePart),
});
export type CitationState = z.infer<typeof citationState>;
