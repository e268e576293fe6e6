import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { checkClaim, type FragmentDraft, readPdf, terms } from '@rayni/api/eval';
import { z } from 'zod';
import { corrupt, corruptions } from './claims-corrupt.ts';
import { instruction, turns } from './claims-instructions.ts';
import { paraphrase, pick, type Random, seeded } from './claims-paraphrase.ts';

/** How many claims of one kind got which level; `passed` is the share of `verbatim` and `verified`. */
export type ClaimsRow = {
  set: string;
  kind: string;
  claims: number;
  verbatim: number;
  verified: number;
  partial: number;
  unsupported: number;
  passed: number;
};

const PER_MANUAL = 300;
const PER_KIND = 20;
const rare: ReadonlySet<string> = new Set(['number', 'unit', 'particle', 'interval', 'range', 'measures']);

/**
 * Puts true, lightly paraphrased and corrupted sentences of the manuals below `dir` to the check, each against the fragment it stands in
 * (`page`: against the most alike of another page). The sentences and what is done to them follow from one seed. expertqa-claims is reported by the
 * experts' verdict; its labels are too noisy to be a measure.
 */
export async function claimsEval(dir: string, seed = 20): Promise<ClaimsRow[]> {
  const rows = new Map<string, ClaimsRow>();
  const pdfs = path.join(dir, 'manual-index', 'pdf');
  for (const file of (await readdir(pdfs)).filter((name) => name.endsWith('.pdf')).sort()) {
    const { fragments } = await readPdf(new Uint8Array(await readFile(path.join(pdfs, file))));
    manual(fragments, seeded(seed), (kind, support) => count(rows, 'manual-index', kind, support));
    instructions(fragments, seeded(seed), (kind, support) => count(rows, 'instructions', kind, support));
  }
  await experts(path.join(dir, 'expertqa-claims', 'claims.jsonl'), (kind, support) =>
    count(rows, 'expertqa-claims', kind, support),
  );
  return [...rows.values()].sort((a, b) => order(a).localeCompare(order(b)));
}

type Support = ReturnType<typeof checkClaim>['support'];
type Count = (kind: string, support: Support) => void;

const sets = ['manual-index', 'instructions', 'expertqa-claims'];
const order = (row: ClaimsRow) =>
  `${sets.indexOf(row.set)} ${row.kind.startsWith('true') ? 0 : 1} ${row.kind}`;

function count(rows: Map<string, ClaimsRow>, set: string, kind: string, support: Support): void {
  const key = `${set} ${kind}`;
  const row = rows.get(key) ?? {
    set,
    kind,
    claims: 0,
    verbatim: 0,
    verified: 0,
    partial: 0,
    unsupported: 0,
    passed: 0,
  };
  row.claims++;
  row[support]++;
  row.passed = (row.verbatim + row.verified) / row.claims;
  rows.set(key, row);
}

/** Inverse document frequency as in BM25, among the fragments of one manual. */
function idfOf(texts: readonly string[]): (term: string) => number {
  const df = new Map<string, number>();
  for (const text of texts) for (const term of new Set(terms(text))) df.set(term, (df.get(term) ?? 0) + 1);
  return (term) => Math.log(1 + (texts.length - (df.get(term) ?? 0) + 0.5) / ((df.get(term) ?? 0) + 0.5));
}

function manual(fragments: readonly FragmentDraft[], random: Random, on: Count): void {
  const prose = fragments.filter(({ kind }) => kind === 'prose');
  const idf = idfOf(fragments.map(({ text }) => text));
  const cases = prose.flatMap((fragment) =>
    sentencesOf(fragment).map((sentence) => ({ sentence, fragment })),
  );
  anySegment(fragments, idf, random, on);
  for (const [i, { sentence, fragment }] of shuffled(cases, random).entries()) {
    const sampled = i < PER_MANUAL;
    const check = (kind: string, claim: string, passage = fragment) =>
      on(kind, checkClaim({ claim, passage, idf }).support);
    if (sampled) check('true, as it stands', sentence);
    const other = paraphrase(sentence, random)?.text;
    if (sampled && other !== undefined) check('true, paraphrased', other);
    for (const kind of corruptions) {
      // Few sentences hold a number, fewer a unit: all of them are taken, or the share would rest on a handful.
      if (!sampled && !rare.has(kind)) continue;
      const page = fragment.ranges[0]?.unit;
      const elsewhere =
        kind === 'page'
          ? mostAlike(
              sentence,
              prose.filter(
                ({ ranges, text }) => ranges[0]?.unit !== page && !letters(text).includes(letters(sentence)),
              ),
              idf,
            )
          : fragment;
      for (const [wording, claim] of [
        ['as it stands', sentence],
        ['paraphrased', other],
      ] as const) {
        const wrong = claim === undefined ? undefined : corrupt(kind, claim, fragment.text, random);
        // What became the sentence itself again is not wrong.
        if (wrong === undefined || (kind !== 'page' && letters(wrong) === letters(sentence))) continue;
        check(`${kind}, ${wording}`, wrong, elsewhere);
      }
    }
  }
}

/**
 * Manuals of software hold few particles, intervals and ranges: instructions made for this, each put between two sentences of a real
 * fragment, as they stand, in another order, and turned round.
 */
function instructions(fragments: readonly FragmentDraft[], random: Random, on: Count): void {
  const prose = fragments.filter(({ kind, segments }) => kind === 'prose' && segments.length > 2);
  const idf = idfOf(fragments.map(({ text }) => text));
  for (const kind of turns) {
    for (let n = 0; n < PER_KIND; n++) {
      const { said, same, wrong } = instruction(kind, random);
      const fragment = pick(prose, random);
      if (!fragment) return;
      const passage = withSentence(fragment, said, random);
      const check = (name: string, claim: string | undefined) => {
        if (claim !== undefined) on(name, checkClaim({ claim, passage, idf }).support);
      };
      check('true, as it stands', said);
      check('true, paraphrased', paraphrase(said, random)?.text);
      for (const claim of same) check('true, in another order', claim);
      const turned = pick(wrong, random);
      if (turned === undefined) continue;
      check(`${kind}, as it stands`, turned);
      check(`${kind}, paraphrased`, paraphrase(turned, random)?.text);
    }
  }
}

/** The passage with one sentence more, between two of its own. */
function withSentence({ text, segments, kind }: FragmentDraft, said: string, random: Random) {
  const cut = pick(segments.slice(1), random)?.[0] ?? 0;
  const more = said.length + 1;
  const own = [...said.matchAll(/\S[^.]*\.?/g)].map((match): [number, number] => [
    cut + match.index,
    cut + match.index + match[0].length,
  ]);
  const before = segments.filter(([start]) => start < cut);
  const after = segments.filter(([start]) => start >= cut);
  return {
    text: `${text.slice(0, cut)}${said} ${text.slice(cut)}`,
    segments: [
      ...before,
      ...own,
      ...after.map(([start, end]): [number, number] => [start + more, end + more]),
    ],
    kind,
  };
}

/** The fragment with the greatest idf overlap. */
function mostAlike(
  sentence: string,
  fragments: readonly FragmentDraft[],
  idf: (term: string) => number,
): FragmentDraft | undefined {
  const wanted = [...new Set(terms(sentence))];
  let best: FragmentDraft | undefined;
  let top = -1;
  for (const fragment of fragments) {
    const held = termsOf(fragment);
    const value = wanted.reduce((sum, term) => sum + (held.has(term) ? idf(term) : 0), 0);
    if (value > top) {
      top = value;
      best = fragment;
    }
  }
  return best;
}

const termSets = new WeakMap<FragmentDraft, Set<string>>();

function termsOf(fragment: FragmentDraft): Set<string> {
  const known = termSets.get(fragment) ?? new Set(terms(fragment.text));
  termSets.set(fragment, known);
  return known;
}

/** Any line or table row as it stands, and each with a measure, with a wrong unit. */
function anySegment(
  fragments: readonly FragmentDraft[],
  idf: (term: string) => number,
  random: Random,
  on: Count,
): void {
  const all = shuffled(
    fragments.flatMap((fragment) => segmentsOf(fragment).map((segment) => ({ segment, fragment }))),
    random,
  ).filter(({ segment }) => /\p{L}{2}/u.test(segment));
  for (const { segment, fragment } of all.slice(0, PER_MANUAL))
    on('true, any line or row', checkClaim({ claim: segment, passage: fragment, idf }).support);
  const plain = new Set(fragments.flatMap(sentencesOf));
  for (const { segment, fragment } of all) {
    // Whole sentences have their turn with the other kinds.
    const skip = plain.has(segment) || segment.split(' ').length > 40;
    const wrong = skip ? undefined : corrupt('unit', segment, fragment.text, random);
    if (wrong === undefined || letters(wrong) === letters(segment)) continue;
    on('unit, as it stands', checkClaim({ claim: wrong, passage: fragment, idf }).support);
    const other = paraphrase(segment, random)?.text;
    const both = other === undefined ? undefined : corrupt('unit', other, fragment.text, random);
    if (both !== undefined && letters(both) !== letters(segment))
      on('unit, paraphrased', checkClaim({ claim: both, passage: fragment, idf }).support);
  }
}

const letters = (text: string) => text.replace(/[^\p{L}\p{N}]/gu, '').toLowerCase();

/** Whole sentences of plain words, 8 to 40 of them. */
function sentencesOf(fragment: FragmentDraft): string[] {
  return segmentsOf(fragment).filter((sentence) => {
    const words = sentence.split(' ');
    const plain = words.filter((word) => /^[\w,.'’()-]+$/.test(word)).length;
    return (
      words.length >= 8 && words.length <= 40 && /^[A-Z].*[.!]$/.test(sentence) && plain > 0.75 * words.length
    );
  });
}

function segmentsOf({ text, segments }: FragmentDraft): string[] {
  return segments.map(([start, end]) =>
    text
      .slice(start, end)
      .replace(/-\n(?=[a-z])/g, '')
      .replace(/\s+/g, ' '),
  );
}

function shuffled<T>(list: readonly T[], random: Random): T[] {
  return list
    .map((item) => ({ item, at: random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item);
}

const expertClaim = z.object({
  claim: z.string(),
  evidence: z.array(z.string()),
  support: z.string().nullable(),
});

async function experts(file: string, on: Count): Promise<void> {
  const lines = (await readFile(file, 'utf8')).split('\n').filter((line) => line.trim() !== '');
  const claims = lines.map((line) => expertClaim.parse(JSON.parse(line)));
  const idf = idfOf(claims.flatMap(({ evidence }) => evidence));
  for (const { claim, evidence, support } of claims) {
    const plain = claim.replace(/\s?\[\d+\]/g, '');
    const found = evidence.map((text) =>
      checkClaim({ claim: plain, passage: { text, segments: [], kind: 'prose' }, idf }),
    );
    const best = found.sort((a, b) => b.score - a.score)[0];
    if (best) on(`expert: ${support ?? 'no verdict'}`, best.support);
  }
}
