import type { CitationState } from '@rayni/contract';
import { LRUCache } from 'lru-cache';

/** What became of a quote in another reading. */
export type Became = Pick<CitationState, 'state' | 'passage' | 'closeness' | 'difference'>;

/** Each holds the passage and how it differs, some kilobytes. */
const most = 1_000;

/**
 * What became of quotes, by citation and reading: neither ever changes, so that the last results are kept, and one that is being worked out is
 * shared. Nothing here knows who may see it: whoever asks was asked for their right before.
 */
export type Comparisons = ReturnType<typeof createComparisons>;

/** Begins with nothing; keeps that many results. */
export function createComparisons(limit = most) {
  const kept = new LRUCache<string, Promise<Became>>({ max: limit });
  return {
    /** The result for this citation in that reading, by `compare` where it is not known. */
    get(citationId: string, readingId: string, compare: () => Promise<Became>): Promise<Became> {
      const name = `${citationId} ${readingId}`;
      const known = kept.get(name);
      if (known) return known;
      const result = compare();
      kept.set(name, result);
      result.catch(() => {
        if (kept.peek(name) === result) kept.delete(name);
      });
      return result;
    },
  };
}
