import type { Passage } from '../retrieval/passage.ts';
import { terms } from '../retrieval/terms.ts';

type Quotable = Pick<Passage, 'text' | 'segments'>;
type Range = { start: number; end: number };

/** The segments of a passage; all of its text where it has none. */
export function segmentsOf({ text, segments }: Quotable): readonly (readonly [number, number])[] {
  if (segments.length > 0) return segments;
  const start = text.length - text.trimStart().length;
  const end = text.trimEnd().length;
  return start < end ? [[start, end]] : [[0, text.length]];
}

/** The whole segments that a run of the passage touches. */
export function runQuote(passage: Quotable, [start, end]: readonly [number, number]): [number, number] {
  const touched = segmentsOf(passage).filter(([from, to]) => from < end && to > start);
  return [Math.min(start, touched[0]?.[0] ?? start), Math.max(end, touched.at(-1)?.[1] ?? end)];
}

/** The shortest run of segments with (nearly) all of the matched ranges: each further segment must hold a tenth of them. */
export function coverQuote(
  passage: Quotable,
  matched: readonly Range[],
  claim: string,
  idf: (term: string) => number,
): [number, number] {
  const segments = segmentsOf(passage);
  if (matched.length === 0) return bestSegments(passage, claim, idf);
  const inside = segments.map(
    ([from, to]) => matched.filter(({ start }) => start >= from && start < to).length,
  );
  let top = -1;
  let found: [number, number] = [0, 0];
  for (let a = 0; a < segments.length; a++) {
    let held = 0;
    for (let b = a; b < segments.length; b++) {
      held += inside[b] ?? 0;
      const value = held / matched.length - 0.1 * (b - a);
      if (value > top) {
        top = value;
        found = [a, b];
      }
    }
  }
  return [segments[found[0]]![0], segments[found[1]]![1]];
}

/** At most two neighbouring segments with the greatest idf overlap with a text. */
export function bestSegments(
  passage: Quotable,
  text: string,
  idf: (term: string) => number,
): [number, number] {
  const segments = segmentsOf(passage);
  const wanted = new Set(terms(text));
  const held = segments.map(
    ([from, to]) => new Set(terms(passage.text.slice(from, to)).filter((term) => wanted.has(term))),
  );
  const worth = (set: ReadonlySet<string>) => [...set].reduce((sum, term) => sum + idf(term), 0);
  let top = -1;
  let found: [number, number] = [0, 0];
  for (let a = 0; a < segments.length; a++) {
    for (const b of [a, a + 1]) {
      if (b >= segments.length) continue;
      const value = worth(new Set([...held[a]!, ...held[b]!])) * (b > a ? 0.85 : 1);
      if (value > top) {
        top = value;
        found = [a, b];
      }
    }
  }
  return [segments[found[0]]![0], segments[found[1]]![1]];
}
