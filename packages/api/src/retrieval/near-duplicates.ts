import { tokenize } from '../text/tokens.ts';

/**
 * The first `k` of the list without passages that say what a better ranked one says: nine in ten runs of three words shared (Jaccard), and
 * the very same numbers and codes, because the same sentence with another voltage is another statement.
 */
export function withoutNearDuplicates<T extends { text: string }>(passages: readonly T[], k = Infinity): T[] {
  const kept: { passage: T; shingles: Set<string>; values: string }[] = [];
  for (const passage of passages) {
    if (kept.length === k) break;
    const { shingles, values } = fingerprint(passage.text);
    if (kept.some((other) => other.values === values && jaccard(other.shingles, shingles) >= alike)) continue;
    kept.push({ passage, shingles, values });
  }
  return kept.map(({ passage }) => passage);
}

const alike = 0.9;

function fingerprint(text: string): { shingles: Set<string>; values: string } {
  const tokens = tokenize(text);
  const shingles = new Set<string>();
  for (let i = 0; i < Math.max(1, tokens.length - 2); i++)
    shingles.add(
      tokens
        .slice(i, i + 3)
        .map(({ norm }) => norm)
        .join(' '),
    );
  const values = tokens
    .filter(({ kind }) => kind !== 'word')
    .map(({ norm, unit = '' }) => norm + unit)
    .sort();
  return { shingles, values: values.join(' ') };
}

function jaccard(a: Set<string>, b: Set<string>): number {
  let shared = 0;
  for (const shingle of a) if (b.has(shingle)) shared++;
  return shared / (a.size + b.size - shared);
}
