import { setImmediate as turn } from 'node:timers/promises';
import { createDictionary, type Dictionary } from './dictionary.ts';
import { readSegment, type Rows } from './segment.ts';

/** The prepared postings of one reading. */
export type StoredSegment = { readingId: string; bytes: Uint8Array };
/** A fragment that was found, by its reading and its place in it; a higher score is better. */
export type Hit = { readingId: string; ordinal: number; score: number };

/**
 * One set for every library. BM25 (Robertson and Zaragoza 2009) with `k1` and `b`; two words that follow each other in the question and in
 * the fragment add `phrase` times the mean of their idf, once per fragment: on three public sets that was worth .008 to .035 of MRR@10.
 */
export const ranking = { k1: 1.5, b: 0.5, phrase: 0.5 };

/** The index of a library's words. */
export type LexicalIndex = {
  readonly fragments: number;
  /** What it holds in memory, roughly. */
  readonly bytes: number;
  /** In how many fragments an index term stands. */
  readonly df: (term: string) => number;
  /** ln(1 + (N − df + ½) / (df + ½)); a term that stands nowhere gets the highest. */
  readonly idf: (term: string) => number;
  /**
   * The exact best `k`, best first, equal scores in order of reading and ordinal; fragments without any of the terms are never among them.
   * `context` are terms of lower weight that stand around the question.
   */
  search(
    question: readonly string[],
    k: number,
    context?: { terms: readonly string[]; weight: number },
  ): Hit[];
};

/** A pasted page is searched by its rarest words, so that no question holds the event loop. */
const mostTerms = 64;

/** Other work gets its turn at least this often while an index is built. */
const sliceMs = 8;
const rowsPerLook = 256;

/**
 * Merges the segments of an instrument into one index. It works in slices of some 8 ms; `signal` ends it. The order of the segments
 * makes no difference.
 */
export async function buildIndex(
  segments: readonly StoredSegment[],
  signal?: AbortSignal,
): Promise<LexicalIndex> {
  signal?.throwIfAborted();
  let began = performance.now();
  const breathe = async () => {
    if (performance.now() - began < sliceMs) return;
    await turn();
    signal?.throwIfAborted();
    began = performance.now();
  };
  const opened = segments
    .toSorted((a, b) => (a.readingId < b.readingId ? -1 : 1))
    .map(({ readingId, bytes }) => ({ readingId, bytes, segment: readSegment(bytes) }));
  const total = opened.reduce((sum, { segment }) => sum + segment.fragments, 0);
  const length = opened.reduce((sum, { segment }) => sum + segment.length, 0);

  const dictionary = createDictionary();
  const rows: Rows = {
    ordinals: new Uint32Array(total),
    starts: new Uint32Array(total + 1),
    sequence: new Uint32Array(length),
  };
  const readings: { readingId: string; from: number }[] = [];
  let row = 0;
  for (const { readingId, bytes, segment } of opened) {
    readings.push({ readingId, from: row });
    const map = new Uint32Array(segment.size + 1);
    let id = 1;
    const add = (start: number, end: number) => void (map[id++] = dictionary.add(bytes, start, end));
    for (let left = segment.size; left > 0; left -= rowsPerLook) {
      segment.words(Math.min(rowsPerLook, left), add);
      await breathe();
    }
    for (let left = segment.fragments; left > 0; left -= rowsPerLook) {
      const count = Math.min(rowsPerLook, left);
      segment.rows(rows, row, count, map);
      row += count;
      await breathe();
    }
  }
  const postings = await count(rows, dictionary.size(), breathe);
  const bytes = 4 * length + 28 * total + 5 * postings.docs.length + dictionary.bytes();
  return { ...searcher(rows, readings, dictionary, postings), bytes };
}

/** Of term `t` the fragments and counts (255 at most) are `[offsets[t], offsets[t + 1])`; `lengths` are in terms. */
type Postings = { offsets: Uint32Array; docs: Uint32Array; counts: Uint8Array; lengths: Uint32Array };

async function count(rows: Rows, terms: number, breathe: () => Promise<void>): Promise<Postings> {
  const { starts, sequence } = rows;
  const total = starts.length - 1;
  const offsets = new Uint32Array(terms + 2);
  const last = new Uint32Array(terms + 1);
  const lengths = new Uint32Array(total);
  for (let doc = 0; doc < total; doc++) {
    const end = starts[doc + 1] ?? 0;
    for (let i = starts[doc] ?? 0; i < end; i++) {
      const term = sequence[i] ?? 0;
      if (term === 0) continue;
      lengths[doc]!++;
      if (last[term] === doc + 1) continue;
      last[term] = doc + 1;
      offsets[term + 1]!++;
    }
    if (doc % rowsPerLook === 0) await breathe();
  }
  for (let term = 0; term <= terms; term++) offsets[term + 1]! += offsets[term] ?? 0;
  const docs = new Uint32Array(offsets[terms + 1] ?? 0);
  const counts = new Uint8Array(docs.length);
  const cursor = offsets.slice();
  last.fill(0);
  for (let doc = 0; doc < total; doc++) {
    const end = starts[doc + 1] ?? 0;
    for (let i = starts[doc] ?? 0; i < end; i++) {
      const term = sequence[i] ?? 0;
      if (term === 0) continue;
      if (last[term] === doc + 1) {
        const slot = (cursor[term] ?? 0) - 1;
        if ((counts[slot] ?? 0) < 255) counts[slot]!++;
        continue;
      }
      last[term] = doc + 1;
      const slot = cursor[term] ?? 0;
      cursor[term] = slot + 1;
      docs[slot] = doc;
      counts[slot] = 1;
    }
    if (doc % rowsPerLook === 0) await breathe();
  }
  return { offsets, docs, counts, lengths };
}

function searcher(
  rows: Rows,
  readings: { readingId: string; from: number }[],
  dictionary: Dictionary,
  postings: Postings,
): Omit<LexicalIndex, 'bytes'> {
  const { offsets, docs, counts, lengths } = postings;
  const total = lengths.length;
  const { k1, b, phrase } = ranking;
  const mean = lengths.reduce((sum, n) => sum + n, 0) / Math.max(1, total);
  const norms = Float64Array.from(lengths, (n) => k1 * (1 - b + (b * n) / mean));
  // Scratch of one search; a search never waits, so two cannot meet here.
  const scores = new Float64Array(total);
  const touched = new Uint32Array(total);

  const dfOf = (id: number | undefined) =>
    id === undefined ? 0 : (offsets[id + 1] ?? 0) - (offsets[id] ?? 0);
  const idfOf = (df: number) => Math.log(1 + (total - df + 0.5) / (df + 0.5));

  function search(
    question: readonly string[],
    k: number,
    context?: { terms: readonly string[]; weight: number },
  ): Hit[] {
    const ids = question.map((word) => dictionary.get(word));
    const weights = new Map<number, number>();
    for (const id of ids) if (id > 0) weights.set(id, idfOf(dfOf(id)));
    for (const word of context?.terms ?? []) {
      const id = dictionary.get(word);
      if (id > 0 && !weights.has(id)) weights.set(id, (context?.weight ?? 0) * idfOf(dfOf(id)));
    }
    const chosen = [...weights].sort(([a, m], [b, n]) => n - m || a - b).slice(0, mostTerms);
    let found = 0;
    for (const [id, weight] of chosen) {
      const end = offsets[id + 1]!;
      for (let p = offsets[id]!; p < end; p++) {
        const doc = docs[p]!;
        const tf = counts[p]!;
        const score = scores[doc]!;
        if (score === 0) touched[found++] = doc;
        scores[doc] = score + (weight * tf * (k1 + 1)) / (tf + norms[doc]!);
      }
    }
    const top = best(k);
    const rank = () => {
      for (let i = 0; i < found; i++) top.offer(touched[i]!, scores[touched[i]!]!);
    };
    rank();
    const used = new Set(chosen.map(([id]) => id));
    const pairs = neighbours(ids.filter((id) => used.has(id)));
    if (pairs.length > 0) {
      // Only a fragment that all bonuses together could lift to the k-th score is looked at: the result stays exact.
      const floor = top.floor() - pairs.reduce((sum, pair) => sum + pair.bonus, 1e-9);
      for (const { first, second, bonus } of pairs) addBonus(first, second, bonus, floor);
      top.clear();
      rank();
    }
    for (let i = 0; i < found; i++) scores[touched[i]!] = 0;
    return top.list().map(({ doc, score }) => ({
      readingId: readingOf(doc),
      ordinal: rows.ordinals[doc] ?? 0,
      score,
    }));
  }

  function neighbours(ids: number[]) {
    const pairs = new Map<string, { first: number; second: number; bonus: number }>();
    for (let i = 0; i + 1 < ids.length; i++) {
      const first = ids[i]!;
      const second = ids[i + 1]!;
      const bonus = (phrase * (idfOf(dfOf(first)) + idfOf(dfOf(second)))) / 2;
      if (first !== second) pairs.set(`${first} ${second}`, { first, second, bonus });
    }
    return [...pairs.values()];
  }

  /** Walks both terms' postings together, and looks into the fragments that hold both for the one behind the other. */
  function addBonus(first: number, second: number, bonus: number, floor: number): void {
    const endA = offsets[first + 1]!;
    const endB = offsets[second + 1]!;
    let a = offsets[first]!;
    let b = offsets[second]!;
    while (a < endA && b < endB) {
      const doc = docs[a]!;
      const other = docs[b]!;
      if (doc <= other) a++;
      if (other <= doc) b++;
      if (doc !== other || scores[doc]! < floor) continue;
      const end = rows.starts[doc + 1]! - 1;
      for (let i = rows.starts[doc]!; i < end; i++) {
        if (rows.sequence[i] !== first || rows.sequence[i + 1] !== second) continue;
        scores[doc]! += bonus;
        break;
      }
    }
  }

  function readingOf(doc: number): string {
    let low = 0;
    let high = readings.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((readings[middle]?.from ?? 0) <= doc) low = middle;
      else high = middle - 1;
    }
    return readings[low]?.readingId ?? '';
  }

  return {
    fragments: total,
    df: (term) => dfOf(dictionary.get(term)),
    idf: (term) => idfOf(dfOf(dictionary.get(term))),
    search,
  };
}

/** The best `k` by score, then by number; kept sorted, which for the small `k` of a prompt beats a heap. */
function best(k: number) {
  const list: { doc: number; score: number }[] = [];
  return {
    offer(doc: number, score: number) {
      const last = list[k - 1];
      if (last && (score < last.score || (score === last.score && doc > last.doc))) return;
      let at = list.length;
      while (at > 0) {
        const above = list[at - 1]!;
        if (above.score > score || (above.score === score && above.doc < doc)) break;
        at--;
      }
      list.splice(at, 0, { doc, score });
      if (list.length > k) list.pop();
    },
    floor: () => list[k - 1]?.score ?? 0,
    clear: () => void (list.length = 0),
    list: () => list,
  };
}
