import { aligned } from './difference.ts';
import { type Word, weightOf, wordsOf } from './words.ts';

/** A text that is looked through, in the order of its document; `segments` are its sentences or table rows. */
export type Piece = { text: string; segments: readonly (readonly [number, number])[] };
/** A run of a document: of one piece, or of the end of one and the beginning of the next. */
export type Run<P> = { piece: P; start: number; end: number }[];

/** What of a document is closest to a quote; `unchanged`: it is the quote, word for word. */
export type Closest<P> = { unchanged: boolean; closeness: number; run: Run<P> };

/**
 * Below this a passage is another one. Measured with 240 sentences of two public manuals: what was edited is found with one or two words
 * replaced (99 % of them), four put in, a third left out or the halves swapped (95 to 100 %), a third replaced (85 %), half replaced (58 %);
 * of sentences taken out something else is still that close for one in eight, most of them lines of contents and indexes.
 */
export const closeEnough = 0.5;

/** A piece with fewer of the quote's words is only looked at beside one with more. */
const promisingShare = 0.4;
/** Of all runs of sentences those with the most words of the quote are compared in order. */
const mostCandidates = 12;
/** Among equals, what stands as far into the document as the quote did. */
const nearness = 0.05;

type Sentence<P> = {
  piece: P;
  start: number;
  end: number;
  at: number;
  words: Word[];
  known: Int32Array;
  weight: number;
  /** It stood beside the quote before. */
  other: boolean;
};
type Candidate<P> = { sentences: Sentence<P>[]; shared: number; score: number };

/**
 * Looks for a quote in a document that is handed over piece by piece, each with how far into it the piece stands (0 to 1); `near` is how
 * far the quote did. It keeps a few sentences, however long the document is.
 */
export function seek<P extends Piece>(quote: string, near: number) {
  const wanted = wordsOf(quote);
  const wholeQuote = lineOf(wanted);
  /** Sentences that stood beside the quote already: nothing the quote has become. */
  const old = new Set<string>();
  const numberOf = new Map<string, number>();
  for (const { key } of wanted) if (!numberOf.has(key)) numberOf.set(key, numberOf.size);
  const weights = [...numberOf.keys()].map(weightOf);
  const wantedNumbers = wanted.map(({ key }) => numberOf.get(key)!);
  const held = new Int32Array(numberOf.size);
  for (const number of wantedNumbers) held[number]! += 1;
  const wantedWeight = weigh(wanted);
  const fallback = failures(wantedNumbers);

  const telling = [...numberOf.keys()].filter((key) => weightOf(key) === 10);
  let wasPromising = false;
  let skipped: { piece: P; at: number } | undefined;

  let recent: Sentence<P>[] = [];
  let candidates: Candidate<P>[] = [];
  let standing: { run: Run<P>; off: number } | undefined;
  /** How many words of the quote the text read last ends with. */
  let matched = 0;
  /** Where the last words stand that may begin the quote, as many as it has. */
  let places: Place<P>[] = [];

  /** Tells of a piece of the version the quote is from, before anything is read. */
  function knew(piece: Piece) {
    if (sharedBy(piece.text) < promisingShare) return;
    for (const [start, end] of sentencesOf(piece)) {
      const line = lineOf(wordsOf(piece.text.slice(start, end)));
      if (!wholeQuote.includes(line)) old.add(line);
    }
  }

  function read(piece: P, at: number) {
    // What is shorter than the quote holds little of it even where it is a part of it.
    const promising = piece.text.length < quote.length || sharedBy(piece.text) >= promisingShare;
    if (promising || wasPromising) {
      if (skipped) {
        recent = [];
        matched = 0;
        take(skipped.piece, skipped.at);
        skipped = undefined;
      }
      take(piece, at);
    } else skipped = { piece, at };
    wasPromising = promising;
  }

  /** A rough share of the quote's weightier words in a text; many times faster than taking it apart. */
  function sharedBy(text: string): number {
    if (telling.length === 0) return 1;
    return telling.filter((key) => text.includes(key)).length / telling.length;
  }

  function take(piece: P, at: number) {
    for (const [start, end] of sentencesOf(piece)) {
      const words = wordsOf(piece.text.slice(start, end));
      const sentence = {
        piece,
        start,
        end,
        at,
        words,
        known: Int32Array.from(words, ({ key }) => numberOf.get(key) ?? -1),
        weight: weigh(words),
        other: old.has(lineOf(words)),
      };
      recent.push(sentence);
      follow(sentence);
      propose();
      let length = 0;
      let keep = recent.length - 1;
      while (keep > 0 && length <= 2 * wanted.length + 12) length += recent[keep--]!.words.length;
      recent = recent.slice(keep);
    }
  }

  /** Goes on with the exact search, word by word. */
  function follow(sentence: Sentence<P>) {
    for (const [word, number] of sentence.known.entries()) {
      places.push({ sentence, word });
      while (matched > 0 && number !== wantedNumbers[matched]) matched = fallback[matched - 1]!;
      if (number === wantedNumbers[matched]) matched += 1;
      if (matched < wanted.length) continue;
      matched = fallback[matched - 1]!;
      const found = places.slice(-wanted.length);
      const off = Math.abs(sentence.at - near);
      if ((!standing || off < standing.off) && isWhole(found[0]!, { sentence, word }))
        standing = { off, run: runOf(found) };
    }
    if (places.length > 4 * wanted.length + 1_000) places = places.slice(-wanted.length);
  }

  /** Of the runs that end with the last sentence, the one with most of the quote's words for its length. */
  function propose() {
    const left = held.slice();
    let shared = 0;
    let weight = 0;
    let top: Candidate<P> | undefined;
    for (let i = recent.length - 1; i >= 0; i--) {
      const sentence = recent[i]!;
      for (const number of sentence.known) {
        if (sentence.other || number < 0 || left[number] === 0) continue;
        left[number]! -= 1;
        shared += weights[number]!;
      }
      weight += sentence.weight;
      const score =
        (2 * shared) /
          (wantedWeight + Math.min(weight, wantedWeight) + 0.25 * Math.max(0, weight - wantedWeight)) -
        nearness * Math.abs(sentence.at - near);
      if (score > (top?.score ?? 0)) top = { sentences: recent.slice(i), shared, score };
      if (weight > 3 * wantedWeight) break;
    }
    if (top) enter(top);
  }

  function enter(candidate: Candidate<P>) {
    const rival = candidates.findIndex(({ sentences }) =>
      sentences.some((one) => candidate.sentences.includes(one)),
    );
    if (rival >= 0 && candidates[rival]!.score >= candidate.score) return;
    if (rival >= 0) candidates.splice(rival, 1);
    candidates.push(candidate);
    candidates.sort((a, b) => b.score - a.score);
    candidates = candidates.slice(0, mostCandidates);
  }

  /** The closest there is, however far; nothing when no word is shared. */
  function closest(): Closest<P> | undefined {
    if (standing) return { unchanged: true, closeness: 1, run: standing.run };
    let top: (Closest<P> & { rank: number }) | undefined;
    for (const { sentences, shared } of candidates) {
      const words = sentences.flatMap((one) => (one.other ? one.words.map(unlike) : one.words));
      const closeness = likeness(wanted, wantedWeight, words, shared);
      const rank = closeness - nearness * Math.abs(sentences[0]!.at - near);
      if (rank > (top?.rank ?? 0)) top = { rank, unchanged: false, closeness, run: joined(sentences) };
    }
    return top && { unchanged: false, closeness: top.closeness, run: top.run };
  }

  return { knew, read, closest };
}

/** What both share in order, of both together; words around what is shared do not count. Texts too long for that by what they share at all. */
function likeness(
  wanted: readonly Word[],
  wantedWeight: number,
  words: readonly Word[],
  shared: number,
): number {
  const pairs = aligned(wanted, words);
  if (!pairs) return (2 * shared) / (wantedWeight + weigh(words));
  if (pairs.length === 0) return 0;
  const inOrder = pairs.reduce((sum, [i]) => sum + weightOf(wanted[i]!.key), 0);
  const span = weigh(words.slice(pairs[0]![1], pairs.at(-1)![1] + 1));
  return (2 * inOrder) / (wantedWeight + span);
}

const lineOf = (words: readonly Word[]) => ` ${words.map(({ key }) => key).join(' ')} `;
const unlike = (word: Word): Word => ({ ...word, key: '' });
const weigh = (words: readonly Word[]) => words.reduce((sum, { key }) => sum + weightOf(key), 0);

function sentencesOf({ text, segments }: Piece): readonly (readonly [number, number])[] {
  return segments.length > 0 ? segments : [[0, text.length]];
}

type Place<P> = { sentence: Sentence<P>; word: number };
const startOf = <P>({ sentence, word }: Place<P>) => sentence.start + sentence.words[word]!.start;
const endOf = <P>({ sentence, word }: Place<P>) => sentence.start + sentence.words[word]!.end;

function runOf<P>(places: readonly Place<P>[]): Run<P> {
  const run: Run<P> = [];
  for (const place of places) {
    const { piece } = place.sentence;
    const last = run.at(-1);
    if (last?.piece === piece) last.end = endOf(place);
    else run.push({ piece, start: startOf(place), end: endOf(place) });
  }
  return run;
}

/** Does what was found begin and end as a statement does? "Open the lid" does not stand in "Never open the lid", nor "37" in "37 or 38". */
function isWhole<P extends Piece>(first: Place<P>, last: Place<P>): boolean {
  const before = first.sentence.piece.text.slice(first.sentence.start, startOf(first));
  const after = last.sentence.piece.text.slice(endOf(last), last.sentence.end);
  const ends = /[.!?;。！？]$/u.test(last.sentence.words[last.word]!.key);
  return (
    (before.trim() === '' || /[.!?:;。！？：|•▪–—\n\t][ ]*$/u.test(before)) &&
    (ends || after.trim() === '' || /^ *[.!?;。！？|\n\t]/u.test(after))
  );
}

function joined<P>(sentences: readonly Sentence<P>[]): Run<P> {
  const run: Run<P> = [];
  for (const { piece, start, end } of sentences) {
    const last = run.at(-1);
    if (last?.piece === piece) last.end = end;
    else run.push({ piece, start, end });
  }
  return run;
}

/** For each beginning of a list the length of the longest shorter one it ends with (Knuth, Morris and Pratt). */
function failures(list: readonly number[]): number[] {
  const table: number[] = [];
  let length = 0;
  for (const [i, item] of list.entries()) {
    if (i > 0) {
      while (length > 0 && item !== list[length]) length = table[length - 1]!;
      if (item === list[length]) length += 1;
    }
    table.push(i === 0 ? 0 : length);
  }
  return table;
}
