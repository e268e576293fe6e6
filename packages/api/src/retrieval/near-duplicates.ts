import { tokenize } from '../text/tokens.ts';

/**
 * The first `k` of the list without passages that say what a better ranked one says: nine in ten runs of three words shared (Jaccard), and
 * the very same numbers and codes, because the same sentence with another voltage is another statement.
 */
export function withoutNearDuplicates<T extends { text: string }>(passages: readonly T[], k = Infinity): T[] {
  const kept: { passage: T; print: Fingerprint }[] = [];
  for (const passage of passages) {
    if (kept.length === k) break;
    const print = fingerprint(passage.text);
    const says = ({ print: other }: (typeof kept)[number]) =>
      other.values === print.values && jaccard(other.shingles(), print.shingles()) >= alike;
    if (!kept.some(says)) kept.push({ passage, print });
  }
  return kept.map(({ passage }) => passage);
}

const alike = 0.9;

type Fingerprint = { shingles: () => Set<string>; values: string };

/** The runs of words are only made for texts with the same values: most have others. */
function fingerprint(text: string): Fingerprint {
  const tokens = tokenize(text);
  let made: Set<string> | undefined;
  const shingles = () => {
    if (made) return made;
    made = new Set();
    for (let i = 0; i < Math.max(1, tokens.length - 2); i++)
      made.add(
        tokens
          .slice(i, i + 3)
          .map(({ norm }) => norm)
          .join(' '),
      );
    return made;
  };
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
