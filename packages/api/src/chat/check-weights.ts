import type { Features } from './check.ts';

/** Set by hand until fitted. */
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
