import type { Support, SupportReason } from '@rayni/contract';
import type { Passage } from '../retrieval/passage.ts';
import { align, type Alignment, isContent } from './check-align.ts';
import { differences, voiceChanged } from './check-flags.ts';
import { type Item, items } from './check-items.ts';
import { stem } from '../retrieval/terms.ts';
import { preparedOnce } from './prepared.ts';
import { coverQuote, runQuote } from './quote.ts';
import { type Features, weights } from './check-weights.ts';
import { findVerbatim } from './verbatim.ts';

export type CheckInput = {
  claim: string;
  passage: Pick<Passage, 'text' | 'segments' | 'kind'>;
  /** Inverse document frequency of an index term; unknown terms get the highest. */
  idf: (term: string) => number;
  /** Lowers `verified` to `partial` where the question names one thing by its code and the claim another. */
  question?: string | undefined;
};

export type Checked = {
  support: Support;
  /** Why it is less than `verified`; empty for `verbatim` and `verified`. */
  reasons: SupportReason[];
  /** In (0, 1]. */
  score: number;
  /** `[start, end)` in the passage's text, whole segments, never empty unless the passage is. */
  quote: [start: number, end: number];
};

const VERIFIED = 0.6;
const PARTIAL = 0.45;

/**
 * Compares a claim with a passage, deterministically and without a model. It says how close the wording is, never that it is true. What a model
 * says of an image proves nothing: a claim that rests on it is `partial` at most.
 */
export function checkClaim(input: CheckInput): Checked {
  const checked = compare(input);
  if (input.passage.kind !== 'description' || checked.support === 'unsupported') return checked;
  const reasons = [...checked.reasons, 'description' as const];
  return { ...checked, support: 'partial', reasons, score: Math.min(checked.score, 0.59) };
}

function compare(input: CheckInput): Checked {
  const { passage } = input;
  const verbatim = findVerbatim(input.claim, passage);
  if (verbatim) return { support: 'verbatim', reasons: [], score: 1, quote: runQuote(passage, verbatim) };
  const measured = measure(input);
  const { features, reasons, quote } = measured;
  const score = Math.min(1, Math.max(0.01, logistic(features)));
  const coverage = features.coverage;
  const found = [...reasons].toSorted();
  if (coverage < PARTIAL)
    return { support: 'unsupported', reasons: [...found, 'coverage'], score: Math.min(score, 0.44), quote };
  if (coverage < VERIFIED) found.push('coverage');
  else if (score < VERIFIED) found.push('score');
  if (found.length === 0 && otherThing(input, quote)) found.push('question');
  if (found.length === 0) return { support: 'verified', reasons: [], score, quote };
  return { support: 'partial', reasons: found, score: Math.min(score, 0.59), quote };
}

/** "What is the speed of the FA-45?", answered by a sentence about the FA-50: right page, wrong thing. */
function otherThing({ claim, passage, question }: CheckInput, quote: readonly [number, number]): boolean {
  if (question === undefined) return false;
  const codes = (text: string) => items(text).flatMap((item) => (item.kind === 'code' ? [item.norm] : []));
  const asked = new Set(codes(question));
  const said = codes(claim);
  if (asked.size === 0 || said.length === 0) return false;
  return ![...said, ...codes(passage.text.slice(...quote))].some((code) => asked.has(code));
}

const itemsOf = preparedOnce((text, segments) => items(text, segments));

/** Everything the score is made of, for the check and for the fit. */
export function measure({ claim, passage, idf }: CheckInput): {
  features: Features;
  reasons: Set<SupportReason>;
  quote: [number, number];
} {
  const claimed = items(claim);
  const text = itemsOf(passage);
  const highest = Math.max(idf('\u0000'), 1e-6);
  const weight = (item: Item): number => {
    if (item.kind === 'content') return 0.4 + (0.6 * Math.min(idf(stem(item.norm)), highest)) / highest;
    if (isContent(item)) return 0.9;
    return item.kind === 'function' || item.kind === 'light' ? 0.12 : 0.3;
  };
  const strict = align(claimed, text, weight);
  const voice = voiceChanged(claimed, text, strict);
  const alignment = voice === 'none' ? strict : align(claimed, text, weight, voice);
  const differing = differences(claimed, text, alignment, voice);
  return {
    features: featuresOf(claimed, text, alignment, differing, weight),
    reasons: differing.reasons,
    quote: coverQuote(passage, matchedRanges(claimed, text, alignment), claim, idf),
  };
}

function featuresOf(
  claim: readonly Item[],
  passage: readonly Item[],
  { to, from, block, low, high }: Alignment,
  differing: ReturnType<typeof differences>,
  weight: (item: Item) => number,
): Features {
  let total = 0;
  let covered = 0;
  let inOrder = 0;
  let count = 0;
  let unmatched = 0;
  let synonyms = 0;
  let pairs = 0;
  let adjacent = 0;
  let previous = -1;
  for (const [i, item] of claim.entries()) {
    if (!isContent(item)) continue;
    const w = weight(item);
    const j = to[i]!;
    count++;
    total += w;
    if (j === -1) unmatched++;
    else {
      const other = passage[j]!;
      const alike = other.norm === item.norm || other.stem === item.stem;
      covered += w * (alike ? 1 : 0.9);
      if (!alike) synonyms++;
      if (block[i] === 0) inOrder += w;
    }
    if (previous !== -1) {
      pairs++;
      if (j !== -1 && to[previous]! !== -1 && contentBetween(passage, to[previous]!, j)) adjacent++;
    }
    previous = i;
  }
  let skipped = 0;
  for (let j = low; j <= high; j++) if (from[j] === -1 && isContent(passage[j]!)) skipped++;
  const per = Math.max(count, 1);
  return {
    coverage: total === 0 ? 0 : covered / total,
    inOrder: total === 0 ? 0 : inOrder / total,
    adjacency: pairs === 0 ? (covered > 0 ? 1 : 0) : adjacent / pairs,
    added: unmatched / per,
    replaced: differing.replaced / per,
    borrowed: differing.borrowed / per,
    inversions: Math.min(differing.inversions, 4),
    skipped: Math.min(skipped / per, 2),
    synonyms: synonyms / per,
  };
}

/** No content word stands between the two, in this order. */
function contentBetween(passage: readonly Item[], from: number, to: number): boolean {
  if (to <= from) return false;
  for (let j = from + 1; j < to; j++) if (isContent(passage[j]!)) return false;
  return true;
}

function matchedRanges(
  claim: readonly Item[],
  passage: readonly Item[],
  { to }: Alignment,
): { start: number; end: number }[] {
  const found: { start: number; end: number }[] = [];
  for (const [i, item] of claim.entries()) if (to[i] !== -1 && isContent(item)) found.push(passage[to[i]!]!);
  return found;
}

function logistic(features: Features): number {
  let sum = weights.bias;
  for (const name of Object.keys(weights.features) as (keyof Features)[])
    sum += weights.features[name] * features[name];
  return 1 / (1 + Math.exp(-sum));
}
