import type { SupportReason } from '@rayni/contract';
import { type Alignment, isContent, isOfBetween, type Loose } from './check-align.ts';
import { jointsChanged } from './check-clauses.ts';
import type { Item } from './check-items.ts';
import { boundLost, measuresExchanged, rangeHalved } from './check-measures.ts';
import { particleTurned } from './check-particles.ts';
import { rivals } from './check-places.ts';
import { isCounted, isInterval, isOpposite, isTurned } from './lexicon.ts';

/** What differs between a claim and the place it is aligned with; every reason forbids `verified`. */
export type Differences = {
  reasons: Set<SupportReason>;
  /** Unmatched content words of the claim where the passage has other unmatched ones. */
  replaced: number;
  /** Unmatched or displaced words of the claim that the passage uses elsewhere. */
  borrowed: number;
  /** Backward jumps between neighbouring content words. */
  inversions: number;
};

type Gap = { claim: number[]; passage: number[] };

/** Finds numbers, units, negations, opposites, modals, names and orders that were changed. */
export function differences(
  claim: readonly Item[],
  passage: readonly Item[],
  alignment: Alignment,
  voice: Loose,
): Differences {
  const reasons = jointsChanged(claim, passage, alignment);
  const gaps = allGaps(claim, passage, alignment);
  const inversions = backwardJumps(claim, passage, alignment);
  const elsewhere = new Set(passage.filter(isContent).map((item) => item.stem));

  let turned = 0;
  let denied = 0;
  let replaced = 0;
  for (const gap of gaps) {
    const opposite = gap.claim.some((i) => gap.passage.some((j) => turnsRound(claim[i]!, passage[j]!)));
    const against = deniedIn(gap, claim, passage, alignment);
    // "is not enabled" for "is disabled": two turns are none.
    if (!(opposite && against === 1)) {
      if (opposite) turned++;
      denied += against;
    }
    modalIn(gap, claim, passage, alignment, reasons);
    const words = gap.claim.filter((i) => claim[i]!.kind === 'content');
    const others = gap.passage.filter((j) => passage[j]!.kind === 'content').length;
    replaced += Math.min(words.length, others);
    const bare = (item: Item) => item.kind === 'content';
    const measured = (item: Item) => bare(item) && item.unit !== undefined;
    const inClaim = gap.claim.map((i) => claim[i]!).filter(bare);
    const inPassage = gap.passage.map((j) => passage[j]!).filter(bare);
    // "in days" where the passage says "in milliseconds".
    if (
      (inClaim.some(measured) &&
        inPassage.some((item) => item.maybeUnit !== undefined || inPassage.length === 1)) ||
      (inPassage.some(measured) && inClaim.length > 0)
    )
      reasons.add('unit');
    const named = (item: Item) => item.capital || item.kind === 'code';
    if (
      gap.passage.some((j) => named(passage[j]!)) &&
      gap.claim.some((i) => named(claim[i]!) || isContent(claim[i]!))
    )
      reasons.add('name');
    // A word of the same page in another's place: exchanged nouns, a name taken from near by.
    if (others > 0 && words.some((i) => elsewhere.has(claim[i]!.stem))) reasons.add('order');
  }
  for (const rival of rivals(claim, passage, alignment)) {
    const a = claim[rival.claim]!;
    const b = passage[rival.passage]!;
    if (a.norm === b.norm || a.stem === b.stem || (voice === 'all' && a.kind !== 'number')) continue;
    if (a.kind === 'number' && b.kind === 'number') reasons.add('number');
    else if (a.kind === 'code' && (b.kind === 'code' || b.capital)) reasons.add('name');
    else if (a.capital && (b.kind === 'code' || b.capital)) reasons.add('name');
    else if (turnsRound(a, b)) turned++;
    else if (
      voice === 'none' &&
      rival.inside &&
      a.kind === 'content' &&
      isContent(b) &&
      !a.word.endsWith('ly') &&
      !joinedByOf(rival.claim, passage, alignment)
    )
      reasons.add('order');
  }
  if (turned === 0 && turnedElsewhere(claim, passage, alignment)) turned++;
  denied += misplacedDenials(claim, passage, alignment);
  if (particleTurned(claim, passage, alignment)) turned++;
  if (measuresExchanged(claim, alignment)) reasons.add('number');
  if (turned > 0) reasons.add('antonym');
  if (denied > 0) reasons.add('negation');

  let borrowed = 0;
  for (const [i, item] of claim.entries()) {
    const j = alignment.to[i]!;
    const alone = j !== -1 && !isNear(i, claim, alignment);
    if (item.kind === 'number') {
      if (j === -1) reasons.add(sameValueOtherUnit(item, i, gaps, passage) ? 'unit' : 'number');
      else if (alone || rangeHalved(passage, j, alignment)) reasons.add('number');
      else if (!unitsAgree(item, passage[j]!) || countsOther(i, claim, passage, alignment))
        reasons.add('unit');
      else if (item.sign !== '' && passage[j]!.sign !== '' && item.sign !== passage[j]!.sign)
        reasons.add('antonym');
      else if (boundLost(claim, i, passage, j)) reasons.add('modal');
    } else if (item.kind === 'code') {
      if (j === -1 || alone) reasons.add('name');
    } else if (item.kind === 'content') {
      if (j === -1 && isInterval(item.norm)) reasons.add('unit');
      if (j === -1 && voice === 'none' && strays(item, passage, alignment)) reasons.add('order');
      if ((j === -1 || alone) && item.capital) reasons.add('name');
      if ((j === -1 && elsewhere.has(item.stem)) || alone) borrowed++;
    }
  }
  if (voice === 'none' && inversions >= 2) reasons.add('order');
  return { reasons, replaced, borrowed, inversions };
}

/** "the layout name" for "the name of the layout". */
const joinedByOf = (at: number, passage: readonly Item[], { to }: Alignment) =>
  [to[at - 1] ?? -1, to[at + 1] ?? -1].some((j) => j !== -1 && isOfBetween(passage, to[at]!, j));

/** "It is undefined by this example" for "This example defines it": the verb has moved. */
function turnedElsewhere(
  claim: readonly Item[],
  passage: readonly Item[],
  { to, from, low, high }: Alignment,
): boolean {
  const first = passage[low]?.sentence ?? 0;
  const last = passage[high]?.sentence ?? -1;
  const free = passage.filter(
    (item, j) => from[j] === -1 && isContent(item) && item.sentence >= first && item.sentence <= last,
  );
  return claim.some(
    (item, i) => to[i] === -1 && isContent(item) && free.some((other) => isTurned(item, other)),
  );
}

const isSaid = (item: Item) => isContent(item) || item.kind === 'modal' || item.kind === 'quantity';

const turnsRound = (a: Item, b: Item) => a.kind !== 'negation' && b.kind !== 'negation' && isOpposite(a, b);

/** The same word stands free near by: it was moved alone, away from its neighbours. */
function strays(item: Item, passage: readonly Item[], { from, left, right }: Alignment): boolean {
  for (let j = left; j < right; j++) if (from[j] === -1 && passage[j]!.stem === item.stem) return true;
  return false;
}

/** The verb behind a modal of the claim begins its sentence in the passage: an imperative, also "do not …". */
function isOrder(modal: Item, claim: readonly Item[], passage: readonly Item[], to: Int32Array): boolean {
  const verb = claim.findIndex(
    (item, i) => i > claim.indexOf(modal) && isContent(item) && !item.word.endsWith('ly'),
  );
  const at = verb === -1 ? -1 : to[verb]!;
  if (at === -1) return false;
  const before = passage.slice(0, at).filter((item) => item.sentence === passage[at]!.sentence);
  return before.every(
    (item) =>
      item.kind === 'negation' || item.kind === 'light' || item.word === 'do' || item.word === 'always',
  );
}

/** The unmatched items between neighbouring matches of one block, with a short look before its first and behind its last. */
function allGaps(
  claim: readonly Item[],
  passage: readonly Item[],
  { to, from, block, blocks }: Alignment,
): Gap[] {
  const gaps: Gap[] = [];
  const free = (start: number, end: number) => {
    const found: number[] = [];
    for (let j = Math.max(0, start); j < Math.min(end, passage.length); j++)
      if (from[j] === -1) found.push(j);
    return found;
  };
  const open = (start: number, end: number) => {
    const found: number[] = [];
    for (let i = start; i < end; i++) if (to[i] === -1) found.push(i);
    return found;
  };
  for (let b = 0; b < blocks; b++) {
    const members: number[] = [];
    for (let i = 0; i < claim.length; i++) if (block[i] === b) members.push(i);
    const first = members[0];
    const last = members.at(-1);
    if (first === undefined || last === undefined) continue;
    let before = first;
    while (before > 0 && to[before - 1] === -1) before--;
    let after = last + 1;
    while (after < claim.length && to[after] === -1) after++;
    const j0 = to[first]!;
    const j1 = to[last]!;
    // "Left: the states …": where the claim goes over a colon, the passage may too.
    const sentence0 = passage[j0]!.sentence - (claim[first]!.sentence - claim[before]!.sentence);
    const sentence1 = passage[j1]!.sentence;
    gaps.push({
      claim: open(before, first),
      passage: free(j0 - Math.max(3, first - before + 2), j0).filter(
        (j) => passage[j]!.sentence >= sentence0,
      ),
    });
    for (let k = 1; k < members.length; k++) {
      const i0 = members[k - 1]!;
      const i1 = members[k]!;
      gaps.push({ claim: open(i0 + 1, i1), passage: free(to[i0]! + 1, to[i1]!) });
    }
    gaps.push({
      claim: open(last + 1, after),
      passage: free(j1 + 1, j1 + 1 + Math.max(2, after - last + 1)).filter(
        (j) => passage[j]!.sentence === sentence1,
      ),
    });
  }
  return gaps.filter((gap) => gap.claim.length > 0 || gap.passage.length > 0);
}

/** Negations of one gap without a partner; one in a part of the passage that the claim leaves out whole does not count. */
function deniedIn(gap: Gap, claim: readonly Item[], passage: readonly Item[], { from }: Alignment): number {
  const added = gap.claim.filter((i) => claim[i]!.kind === 'negation').length;
  const words = gap.claim.some((i) => isContent(claim[i]!));
  let dropped = 0;
  for (const j of gap.passage) {
    if (passage[j]!.kind !== 'negation') continue;
    const next = passage.findIndex((item, k) => k > j && isSaid(item) && !item.word.endsWith('ly'));
    const last = next === -1 || passage[next]!.sentence !== passage[j]!.sentence;
    // "where they are not": nothing follows, so it denies what stands before it.
    const kept = last
      ? from
          .subarray(Math.max(0, j - 3), j)
          .some((i, k) => i !== -1 && passage[Math.max(0, j - 3) + k]!.sentence === passage[j]!.sentence)
      : next - j <= 5 && from[next] !== -1;
    const left = gap.passage.filter((k) => isContent(passage[k]!)).length;
    if (kept || (!last && ((words && left <= 3) || (left < 2 && next - j > 5)))) dropped++;
  }
  return Math.abs(added - dropped);
}

/** Matched negations that deny something else: the next content words do not belong together. */
function misplacedDenials(claim: readonly Item[], passage: readonly Item[], { to, from }: Alignment): number {
  let found = 0;
  for (const [i, item] of claim.entries()) {
    const j = to[i]!;
    if (item.kind !== 'negation' || j === -1) continue;
    const next = claim.findIndex((other, k) => k > i && isContent(other) && to[k] !== -1);
    const there = passage.findIndex((other, k) => k > j && isContent(other) && from[k] !== -1);
    if (next === -1) continue;
    // "(no) Store the charge …" does not deny what follows, "do not store the charge …" does.
    if (claim[next]!.sentence === item.sentence && passage[to[next]!]!.sentence !== passage[j]!.sentence)
      found++;
    else if (there === -1 || to[next] === there) continue;
    else if (Math.abs(to[next]! - j) > next - i + 5) found++;
  }
  return found;
}

// What a modal or a quantity may be left out for, or put in, without changing what is said.
const harmless = new Set(['may', 'will', 'about', 'usually', 'often', 'many', 'some', 'both', 'exactly']);
const possible = /^(?:may|might|could)$/;
const free = new Set(['will', 'must', 'may', 'all']);

/** "should … and should …" for one "should", "without any …" for "without …". */
function repeats(at: number, claim: readonly Item[], to: Int32Array): boolean {
  const item = claim[at]!;
  if (item.word === 'any')
    return claim.slice(Math.max(0, at - 3), at).some(({ kind }) => kind === 'negation');
  if (!/^(?:and|or|but)$/.test(claim[at - 1]?.word ?? '')) return false;
  return claim.some(
    (other, i) =>
      i < at &&
      to[i] !== -1 &&
      other.kind === 'modal' &&
      other.norm === item.norm &&
      other.sentence === item.sentence,
  );
}

function modalIn(
  gap: Gap,
  claim: readonly Item[],
  passage: readonly Item[],
  { from, to }: Alignment,
  reasons: Set<SupportReason>,
): void {
  const isModal = (item: Item) => item.kind === 'modal' || item.kind === 'quantity';
  const added = gap.claim.map((i) => claim[i]!).filter(isModal);
  const lost = gap.passage.filter((j) => isModal(passage[j]!));
  for (const i of gap.claim) {
    const item = claim[i]!;
    if (!isModal(item) || repeats(i, claim, to)) continue;
    const rival = lost.some((j) => passage[j]!.kind === item.kind);
    // "You should press Start" for "Press Start".
    // "may be shown" for "is shown", not "can be shown".
    if (possible.test(item.word) && gap.passage.some((j) => /^(?:is|are|was|were)$/.test(passage[j]!.word)))
      reasons.add('modal');
    const ordered =
      !rival && (item.norm === 'must' || item.norm === 'should') && isOrder(item, claim, passage, to);
    if (rival || !(harmless.has(item.norm) || ordered)) reasons.add('modal');
  }
  for (const j of lost) {
    const item = passage[j]!;
    if (added.length > 0 || free.has(item.norm) || harmless.has(item.norm)) continue;
    const next = passage.findIndex((other, k) => k > j && isContent(other));
    if (next !== -1 && next - j <= 3 && from[next] !== -1) reasons.add('modal');
  }
}

/** Whether the next content words of its block stand about as far away in the passage as in the claim. */
function isNear(at: number, claim: readonly Item[], { to, block }: Alignment): boolean {
  for (const step of [-1, 1]) {
    for (let k = at + step; k >= 0 && k < claim.length; k += step) {
      if (to[k] === -1 || !isContent(claim[k]!)) continue;
      if (block[k] !== block[at]) break;
      const distance = (to[k]! - to[at]!) * step;
      if (distance < 0 || distance > Math.abs(k - at) + 8) return false;
      break;
    }
  }
  return true;
}

function sameValueOtherUnit(item: Item, at: number, gaps: readonly Gap[], passage: readonly Item[]): boolean {
  return gaps.some(
    (gap) => gap.claim.includes(at) && gap.passage.some((j) => passage[j]!.norm === item.norm),
  );
}

/** "30 lines" or a mere "30" for "30 characters". */
function countsOther(
  at: number,
  claim: readonly Item[],
  passage: readonly Item[],
  { to, from }: Alignment,
): boolean {
  const a = claim[at + 1];
  const j = to[at]! + 1;
  const b = passage[j];
  const before = passage[j - 2]?.word;
  if (b?.kind !== 'content' || from[j] !== -1 || !isCounted(b.word, before)) return false;
  if (b.sentence !== passage[j - 1]!.sentence) return false;
  if (a === undefined) return claim[at]!.unit === undefined;
  return a.kind === 'content' && to[at + 1] === -1 && isCounted(a.word, before);
}

function unitsAgree(a: Item, b: Item): boolean {
  return a.unit === b.unit;
}

/** How often the claim's neighbouring content words stand in the other order in the passage, but for "layout name" and "name of the layout". */
function backwardJumps(claim: readonly Item[], passage: readonly Item[], { to }: Alignment): number {
  let found = 0;
  let previous = -1;
  for (const [i, item] of claim.entries()) {
    const at = to[i]!;
    if (at === -1 || !isContent(item)) continue;
    if (at < previous && isOfBetween(passage, at, previous)) continue;
    if (at < previous) found++;
    previous = at;
  }
  return found;
}

/**
 * The same verb is passive on one side only ("the rotor must be balanced", "balance the rotor"; "is driven by", "drives"): its noun
 * then stands on its other side, and with "by" ('all') both nouns do.
 */
export function voiceChanged(claim: readonly Item[], passage: readonly Item[], alignment: Alignment): Loose {
  const { to, from, low, high } = alignment;
  const first = passage[low]?.sentence ?? 0;
  const last = passage[high]?.sentence ?? -1;
  let found: Loose = 'none';
  for (const [i, item] of claim.entries()) {
    if (item.kind !== 'content') continue;
    const passive = isPassive(claim, i);
    for (const [j, other] of passage.entries()) {
      if (to[i] === -1 ? from[j] !== -1 : to[i] !== j) continue;
      if (other.stem !== item.stem || other.sentence < first || other.sentence > last) continue;
      if (isPassive(passage, j) === passive) continue;
      if ((passive ? claim[i + 1] : passage[j + 1])?.word === 'by') return 'all';
      found = 'nouns';
    }
  }
  return found;
}

const auxiliary =
  /^(?:is|are|was|were|be|been|being|get|gets|(?:it|that|there|he|she|who|what)'s|(?:you|we|they)'re|(?:is|are|was|were)n't)$/;
const participle = /(?:ed|en|un|ught|wn|ne|ilt|ent|eld|ept|ut|et|ead|ung|old|und|ost|ade|ran|uck|slid|laid)$/;

function isPassive(list: readonly Item[], at: number): boolean {
  if (!participle.test(list[at]!.word)) return false;
  for (let k = at - 1; k >= Math.max(0, at - 3); k--) {
    if (auxiliary.test(list[k]!.word)) return true;
    if (list[k]!.kind === 'content' && !list[k]!.word.endsWith('ly')) return false;
  }
  return false;
}
