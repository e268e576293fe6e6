import type { Item } from './check-items.ts';
import { takesParticle } from './lexicon.ts';

/** Which item of the passage stands for which of the claim. */
export type Alignment = {
  /** Per claim item the passage item, or -1. */
  to: Int32Array;
  /** Per passage item the claim item, or -1. */
  from: Int32Array;
  /** Per claim item the block: 0 the main run, 1, 2, … parts that stand elsewhere in the window, -1 unmatched. */
  block: Int32Array;
  blocks: number;
  /** Passage items `[low, high]` of the main run. */
  low: number;
  high: number;
  /** Passage items `[left, right)` that were searched for the rest. */
  left: number;
  right: number;
};

/** Whether words may be found alone elsewhere, because the sentence was turned between active and passive; with "by" two of them changed places. */
export type Loose = 'none' | 'nouns' | 'all';

/** How alike two items are, 0 to 1: the same word, the same stem, or words that may stand for each other. */
export function likeness(a: Item, b: Item): number {
  if (a.kind === 'number' || b.kind === 'number') return numbersAlike(a, b);
  if (a.kind === 'negation' || b.kind === 'negation') return a.kind === b.kind ? 1 : 0;
  if (a.kind === 'modal' || b.kind === 'modal') return a.kind === b.kind && a.norm === b.norm ? 1 : 0;
  if (a.kind === 'quantity' && b.kind === 'quantity') return a.norm === b.norm ? 1 : 0;
  if (a.norm === b.norm) return 1;
  if (a.kind === 'code' || b.kind === 'code') return 0;
  if (a.unit !== undefined || b.unit !== undefined) {
    if ((a.unit ?? a.maybeUnit) === (b.unit ?? b.maybeUnit)) return 1;
    return a.stem === b.stem ? 0.95 : 0;
  }
  if (a.stem === b.stem) {
    // "Locator" is not "Location" where both are names; "Layers" may be "Layer".
    const named = a.capital && b.capital && a.norm.replace(/s$/, '') !== b.norm.replace(/s$/, '');
    return named ? 0 : 0.95;
  }
  for (const group of a.groups) if (b.groups.includes(group)) return 0.8;
  return 0;
}

function numbersAlike(a: Item, b: Item): number {
  if (a.kind !== b.kind || a.norm !== b.norm) return 0;
  return a.unit === b.unit || a.unit === undefined || b.unit === undefined ? 1 : 0.5;
}

export function isContent(item: Item): boolean {
  return item.kind === 'content' || item.kind === 'number' || item.kind === 'code';
}

const ADJACENT = 0.12;
const SKIP = 0.15;
const CROSS = 0.3;

/**
 * Aligns in order over the whole passage, ignoring sentence borders (columns, page turns and list breaks cut sentences), with a
 * small cost for what is skipped; then looks for the parts that were left out in the window around it.
 */
export function align(
  claim: readonly Item[],
  passage: readonly Item[],
  weight: (item: Item) => number,
  loose: Loose = 'none',
): Alignment {
  const weights = claim.map(weight);
  const match = matches(claim, passage);
  const free = alignOnce(claim, passage, weights, match, loose, CROSS);
  if (passage[free.low]?.sentence === passage[free.high]?.sentence) return free;
  // "While the rotor spins, do not open the lid": a word of the sentence before may break a clause that moved as a whole.
  const within = alignOnce(claim, passage, weights, match, loose, claim.length);
  return worth(within, weights, match, passage.length) > worth(free, weights, match, passage.length)
    ? within
    : free;
}

function worth(
  { to, blocks }: Alignment,
  weights: readonly number[],
  match: Float32Array,
  width: number,
): number {
  let sum = -0.2 * blocks;
  for (const [i, j] of to.entries()) if (j !== -1) sum += (weights[i] ?? 0) * (match[i * width + j] ?? 0);
  return sum;
}

function alignOnce(
  claim: readonly Item[],
  passage: readonly Item[],
  weights: readonly number[],
  match: Float32Array,
  loose: Loose,
  toll: number,
): Alignment {
  const to = new Int32Array(claim.length).fill(-1);
  const from = new Int32Array(passage.length).fill(-1);
  const block = new Int32Array(claim.length).fill(-1);
  let blocks = 0;
  const take = (run: readonly [number, number][]): void => {
    for (const [i, j] of run) {
      to[i] = j;
      from[j] = i;
      block[i] = blocks;
    }
    blocks++;
  };
  const main = best(passage, weights, match, [0, claim.length], [0, passage.length], from, toll);
  if (main.length > 0) take(main);
  const low = main.at(-1)?.[1] ?? 0;
  const high = main[0]?.[1] ?? -1;
  const reach = Math.ceil(claim.length / 2) + 6;
  const left = Math.max(0, low - reach);
  const right = Math.min(passage.length, high + 1 + reach);
  for (const pair of compounds(claim, passage, match, to, from)) take([pair]);
  const open: [number, number][] = main.length > 0 ? openRuns(to) : [];
  for (let next = open.pop(); next; next = open.pop()) {
    const run = best(passage, weights, match, next, [left, right], from, toll);
    const content = run.filter(([i]) => isContent(claim[i]!));
    const single = content.length === 1 ? content[0] : undefined;
    // One word found alone elsewhere is no support: that is how exchanged nouns, numbers and names look.
    if (
      content.length === 0 ||
      (single && loose === 'none' && !mayStandAlone(claim, passage, run, single, [low, high]))
    )
      continue;
    take(run);
    const [first, last] = [run.at(-1)![0], run[0]![0]];
    if (first > next[0]) open.push([next[0], first]);
    if (last + 1 < next[1]) open.push([last + 1, next[1]]);
  }
  return { to, from, block, blocks, low, high, left, right };
}

/** The runs of unmatched claim items. */
function openRuns(to: Int32Array): [number, number][] {
  const runs: [number, number][] = [];
  for (let i = 0; i < to.length; i++) {
    if (to[i] !== -1) continue;
    const start = i;
    while (i < to.length && to[i] === -1) i++;
    runs.push([start, i]);
  }
  return runs;
}

/** Adverbs that do not look like one: "first open the valve" and "open the valve first", not "open the first valve". */
const strollers = /^(?:first|overnight|twice|again|open|closed|shut|back|forwards?|backwards?)$/;

/** A clause begins or ends here, or a verb that has particles stands before it. */
function atBorder(list: readonly Item[], k: number): boolean {
  const { sentence, breaks } = list[k]!;
  const next = list[k + 1];
  return (
    breaks ||
    takesParticle(list[k - 1]?.stem ?? '') ||
    list[k - 1]?.sentence !== sentence ||
    next?.sentence !== sentence ||
    next.breaks ||
    /^(?:and|when|while|if|unless|before|after|until|for|then)$/.test(next.word)
  );
}

/** One word of content that may have moved: an adverb, "in practice" to or from the edge of the sentence, "the user's" for "of the user". */
function mayStandAlone(
  claim: readonly Item[],
  passage: readonly Item[],
  run: readonly [number, number][],
  [i, j]: readonly [number, number],
  [low, high]: readonly [number, number],
): boolean {
  const item = claim[i]!;
  // "at 10 µL/min" moves as a whole; another measure in its place is found as a rival.
  if (item.kind === 'number' && item.unit !== undefined && run.length > 1) {
    const { sentence } = passage[j]!;
    if (sentence >= passage[low]!.sentence && sentence <= passage[high]!.sentence) return true;
  }
  if (item.word.endsWith('ly')) return true;
  if (strollers.test(item.word) && atBorder(claim, i) && atBorder(passage, j)) return true;
  if (item.possessive || claim[i - 1]?.possessive || passage[j]!.possessive || passage[j - 1]?.possessive)
    return true;
  const edge = (list: readonly Item[], at: number) => {
    const before = list
      .slice(Math.max(0, at - 4), at)
      .filter((other) => other.sentence === list[at]!.sentence);
    const after = list.slice(at + 1, at + 4).filter((other) => other.sentence === list[at]!.sentence);
    return !before.some(isContent) || !after.some(isContent);
  };
  return run.length > 1 && edge(claim, i) && edge(passage, j);
}

/** "the layout name" for "the name of the layout", one of the two words being matched already. */
function compounds(
  claim: readonly Item[],
  passage: readonly Item[],
  match: Float32Array,
  to: Int32Array,
  from: Int32Array,
): [number, number][] {
  const found: [number, number][] = [];
  for (const [i, item] of claim.entries()) {
    if (to[i] !== -1 || !isContent(item)) continue;
    for (const [k, side] of [
      [i + 1, 1],
      [i - 1, -1],
    ] as const) {
      const other = to[k] ?? -1;
      if (other === -1 || !isContent(claim[k]!)) continue;
      const j = [other + 2 * side, other + 3 * side].find(
        (at) =>
          at >= 0 &&
          at < passage.length &&
          from[at] === -1 &&
          (match[i * passage.length + at] ?? 0) > 0 &&
          isOfBetween(passage, at, other),
      );
      if (j === undefined) continue;
      found.push([i, j]);
      break;
    }
  }
  return found;
}

/** Nothing but "of the" stands between two items of the passage. */
export function isOfBetween(passage: readonly Item[], a: number, b: number): boolean {
  const between = passage.slice(Math.min(a, b) + 1, Math.max(a, b));
  return between[0]?.word === 'of' && between.length <= 2 && between.every(({ kind }) => kind === 'function');
}

/** Likeness of every pair, most of them 0. */
function matches(claim: readonly Item[], passage: readonly Item[]): Float32Array {
  const found = new Float32Array(claim.length * passage.length);
  for (const [i, a] of claim.entries())
    for (const [j, b] of passage.entries()) {
      const alike = likeness(a, b);
      if (alike > 0) found[i * passage.length + j] = alike;
    }
  return found;
}

/** A new sentence begins at passage item `j`: runs may go on there, but rather do not. */
const crosses = (passage: readonly Item[], j: number) =>
  j > 0 && passage[j]!.sentence !== passage[j - 1]!.sentence;

/** The best run in order of claim items `[i0, i1)` in free passage items `[j0, j1)`, last pair first. */
function best(
  passage: readonly Item[],
  weights: readonly number[],
  match: Float32Array,
  [i0, i1]: readonly [number, number],
  [j0, j1]: readonly [number, number],
  taken: Int32Array,
  cross: number,
): [number, number][] {
  const width = passage.length;
  const columns = j1 - j0 + 1;
  const rows = i1 - i0 + 1;
  const score = new Float32Array(rows * columns);
  const diagonal = new Float32Array(rows * columns);
  let top = 0;
  let topAt = -1;
  for (let r = 1; r < rows; r++) {
    const i = i0 + r - 1;
    const weight = weights[i] ?? 0;
    for (let c = 1; c < columns; c++) {
      const j = j0 + c - 1;
      const at = r * columns + c;
      const alike = match[i * width + j] ?? 0;
      const toll = crosses(passage, j) ? cross : 0;
      let value = Math.max(score[at - columns] ?? 0, (score[at - 1] ?? 0) - SKIP - toll, 0);
      if (alike > 0 && taken[j] === -1) {
        const before = at - columns - 1;
        const chain = diagonal[before] ?? 0;
        const through =
          weight * alike + Math.max((score[before] ?? 0) - toll, chain > 0 ? chain + ADJACENT - toll : 0, 0);
        diagonal[at] = through;
        if (through > value) value = through;
      }
      score[at] = value;
      if (value > top) {
        top = value;
        topAt = at;
      }
    }
  }
  const pairs: [number, number][] = [];
  let at = topAt;
  let forced = false;
  while (at > 0) {
    const value = score[at] ?? 0;
    const through = diagonal[at] ?? 0;
    if (value <= 0 && !forced) break;
    if (through > 0 && (forced || through >= value - 1e-6)) {
      const r = Math.floor(at / columns);
      pairs.push([i0 + r - 1, j0 + (at % columns) - 1]);
      const before = at - columns - 1;
      const chain = diagonal[before] ?? 0;
      forced = chain > 0 && chain + ADJACENT > (score[before] ?? 0);
      const reached = Math.max(score[before] ?? 0, forced ? chain + ADJACENT : 0);
      // The run began here: going on across a sentence's end would have cost more than it held.
      if (crosses(passage, pairs.at(-1)![1]) && reached <= cross) break;
      at = before;
      continue;
    }
    forced = false;
    if ((score[at - columns] ?? 0) >= value - 1e-6) at -= columns;
    else at -= 1;
  }
  return pairs;
}
