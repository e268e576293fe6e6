import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { buildIndex, type Hit, ranking } from './lexical-index.ts';
import { buildSegment, decodeSegment } from './segment.ts';

// Nine words, so that they repeat, follow each other and are all missing now and then.
const word = fc.constantFrom('alpha', 'beta', 'gamma', 'delta', 'omega', 'sigma', 'kappa', 'theta', 'zeta');
const words = (maxLength: number) => fc.array(word, { maxLength }).map((list) => list.join(' '));
const fragment = fc.record({ title: words(2), heading: words(2), text: words(12) });
const reading = fc.array(fragment, { maxLength: 6 });
const library = fc.array(reading, { maxLength: 6 }).map((readings) =>
  readings.map((fragments, i) => ({
    readingId: `reading ${i}`,
    fragments: fragments.map((fragment, k) => ({ ordinal: k + 1, ...fragment })),
  })),
);
type Library = {
  readingId: string;
  fragments: { ordinal: number; title: string; heading: string; text: string }[];
}[];

const segments = (library: Library) =>
  library.map(({ readingId, fragments }) => ({ readingId, bytes: buildSegment(fragments) }));

/** The definition: BM25 and the bonus for neighbours over plain lists of words. */
function naive(library: Library, question: string[]): Hit[] {
  const docs = library.flatMap(({ readingId, fragments }) => {
    const { dictionary, starts, sequence } = decodeSegment(buildSegment(fragments));
    return fragments.map(({ ordinal }, i) => ({
      readingId,
      ordinal,
      list: Array.from(sequence.slice(starts[i], starts[i + 1]), (id) => dictionary[id - 1] ?? '|'),
    }));
  });
  const lengths = docs.map(({ list }) => list.filter((w) => w !== '|').length);
  const mean = lengths.reduce((a, b) => a + b, 0) / Math.max(1, docs.length);
  const idf = (w: string) => {
    const df = docs.filter(({ list }) => list.includes(w)).length;
    return Math.log(1 + (docs.length - df + 0.5) / (df + 0.5));
  };
  const all = new Set(docs.flatMap(({ list }) => list));
  const known = question.filter((w) => all.has(w));
  const hits = docs.map(({ readingId, ordinal, list }, i) => {
    let score = 0;
    for (const w of new Set(known)) {
      const tf = list.filter((x) => x === w).length;
      const norm = ranking.k1 * (1 - ranking.b + (ranking.b * lengths[i]!) / mean);
      score += (idf(w) * tf * (ranking.k1 + 1)) / (tf + norm || 1);
    }
    const pairs = new Set(known.slice(1).map((w, k) => `${known[k]} ${w}`));
    for (const pair of pairs) {
      const [a = '', b = ''] = pair.split(' ');
      if (a !== b && list.some((w, k) => w === a && list[k + 1] === b))
        score += (ranking.phrase * (idf(a) + idf(b))) / 2;
    }
    return { readingId, ordinal, score };
  });
  return hits.filter(({ score }) => score > 0).sort((a, b) => b.score - a.score);
}

describe('the index', () => {
  it('finds the exact best by the definition of the score', async () => {
    await fc.assert(
      fc.asyncProperty(
        library,
        fc.array(word, { maxLength: 6 }),
        fc.integer({ min: 1, max: 10 }),
        async (library, question, k) => {
          const found = (await buildIndex(segments(library))).search(question, k);
          const expected = naive(library, question);
          expect(found).toHaveLength(Math.min(k, expected.length));
          for (const [i, hit] of found.entries()) {
            expect(hit.score).toBeCloseTo(expected[i]!.score, 9);
            const same = expected.find((e) => e.readingId === hit.readingId && e.ordinal === hit.ordinal);
            expect(hit.score).toBeCloseTo(same!.score, 9);
          }
        },
      ),
    );
  });

  it('answers the same whatever the order of its segments, and again after other searches', async () => {
    await fc.assert(
      fc.asyncProperty(library, fc.array(word, { minLength: 1, maxLength: 6 }), async (library, question) => {
        const one = await buildIndex(segments(library));
        const other = await buildIndex(segments(library).reverse());
        const found = one.search(question, 8);
        expect(other.search(question, 8)).toEqual(found);
        one.search(question.toReversed(), 3, { terms: ['alpha', 'omega'], weight: 0.5 });
        expect(one.search(question, 8)).toEqual(found);
      }),
    );
  });

  it('counts fragments, and gives a term that stands nowhere the highest idf', async () => {
    const index = await buildIndex(
      segments([
        {
          readingId: 'a',
          fragments: [
            { ordinal: 1, title: '', heading: '', text: 'alpha alpha beta' },
            { ordinal: 2, title: '', heading: 'alpha', text: 'gamma' },
          ],
        },
      ]),
    );
    expect([index.fragments, index.df('alpha'), index.df('beta'), index.df('unheard')]).toEqual([2, 2, 1, 0]);
    expect(index.idf('unheard')).toBeGreaterThan(index.idf('beta'));
    expect(index.idf('beta')).toBeGreaterThan(index.idf('alpha'));
  });

  it('lets words around the question decide among equals only', async () => {
    const index = await buildIndex(
      segments([
        {
          readingId: 'a',
          fragments: [
            { ordinal: 1, title: '', heading: '', text: 'alpha delta' },
            { ordinal: 2, title: '', heading: '', text: 'alpha omega' },
            { ordinal: 3, title: '', heading: '', text: 'sigma omega' },
          ],
        },
      ]),
    );
    const found = index.search(['alpha'], 3, { terms: ['omega'], weight: 0.3 });
    expect(found.map(({ ordinal }) => ordinal)).toEqual([2, 1, 3]);
  });

  it('is empty without segments, and stops when asked to', async () => {
    expect((await buildIndex([])).search(['alpha'], 8)).toEqual([]);
    const stopped = AbortSignal.abort(new Error('no longer wanted'));
    const many = Array.from({ length: 3000 }, (_, i) => ({
      ordinal: i,
      title: '',
      heading: '',
      text: 'alpha beta '.repeat(50),
    }));
    await expect(buildIndex(segments([{ readingId: 'a', fragments: many }]), stopped)).rejects.toThrow(
      'no longer wanted',
    );
  });

  it('searches a pasted page by its rarest words', async () => {
    const rare = Array.from(
      { length: 70 },
      (_, i) => `rare${'bcdfghklmn'[i % 10]}${'bcdfghklmn'[Math.floor(i / 10)]}`,
    );
    const fragments = [
      { ordinal: 1, title: '', heading: '', text: 'alpha' },
      ...rare.map((text, i) => ({ ordinal: i + 2, title: '', heading: '', text: `${text} alpha` })),
    ];
    const index = await buildIndex(segments([{ readingId: 'a', fragments }]));
    const found = index.search(['alpha', ...rare], 100);
    expect(found).toHaveLength(64);
    expect(found.map(({ ordinal }) => ordinal)).not.toContain(1);
  });
});
