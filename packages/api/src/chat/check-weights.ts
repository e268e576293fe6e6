/** What the score is made of. */
export type Features = {
  /** Share of the claim's content, weighted by idf, that stands in the window. */
  coverage: number;
  /** The same for the longest run in order. */
  inOrder: number;
  /** Share of neighbouring content words that are neighbours in the passage too. */
  adjacency: number;
  /** Unmatched content words of the claim, per content word. */
  added: number;
  replaced: number;
  borrowed: number;
  inversions: number;
  /** Content of the passage skipped inside the main run, per content word of the claim, at most 2. */
  skipped: number;
  /** Share of matched content words that are synonyms, not the same word. */
  synonyms: number;
};

/**
 * Set by hand, not fitted: what differs in a checkable way forbids `verified` before the score is asked, which has only to tell close
 * wording from loose.
 */
export const weights: { bias: number; features: Record<keyof Features, number> } = {
  bias: -1.5,
  features: {
    coverage: 3,
    inOrder: 1,
    adjacency: 1,
    added: -1,
    replaced: -2,
    borrowed: -5,
    inversions: -0.5,
    skipped: -0.5,
    synonyms: 0,
  },
};
