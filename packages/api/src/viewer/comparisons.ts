import type { CitationState } from '@rayni/contract';

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
  const kept = new Map<string, Promise<Became>>();
  return {
    /** The result for this citation in that reading, by `compare` where it is not known. */
    get(citationId: string, readingId: string, compare: () => Promise<Became>): Promise<Became> {
      const name = `${citationId} ${readingId}`;
      const known = kept.get(name);
      const result = known ?? compare();
      kept.delete(name);
      kept.set(name, result);
      if (known) return known;
      result.catch(() => {
        if (kept.get(name) === result) kept.delete(name);
      });
      const [oldest] = kept.keys();
      if (kept.size > limit && oldest !== undefined) kept.delete(oldest);
      return result;
    },
  };
}
