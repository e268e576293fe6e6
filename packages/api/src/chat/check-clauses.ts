import type { SupportReason } from '@rayni/contract';
import { type Alignment, isContent } from './check-align.ts';
import type { Item } from './check-items.ts';

type Range = readonly [from: number, to: number];

/** Two clauses and what joins them, with the items `[from, to)` of each; what `early` says comes before `late`, or is its condition. */
type Joint = {
  /** What the joining word asks for: "if" and "when" the same, "unless" and "even if" something else. */
  class: 'if' | 'unless' | 'even' | 'until' | 'before' | undefined;
  /** The clause behind the joining word. */
  sub: Range;
  early: Range;
  late: Range;
  /** Says an order of acts, not only a condition. */
  timed: boolean;
};

const conditions = /^(?:if|when|whenever|once|unless)$/;
const times = /^(?:before|after|until|till)$/;
const sequels = /^(?:then|afterwards?|thereafter|subsequently|finally|lastly)$/;

/** Every pair of clauses joined by if, unless, when, before, after, until, then and the like. */
function joints(list: readonly Item[]): Joint[] {
  const found: Joint[] = [];
  const sentenceStart = (k: number) => {
    let at = k;
    while (at > 0 && list[at - 1]!.sentence === list[k]!.sentence) at--;
    return at;
  };
  const sentenceEnd = (k: number) => {
    let at = k + 1;
    while (at < list.length && list[at]!.sentence === list[k]!.sentence) at++;
    return at;
  };
  for (const [k, item] of list.entries()) {
    if (isPaired(list, k)) continue;
    const timed = times.test(item.word) || isFollowing(list, k);
    if (timed || conditions.test(item.word)) {
      const start = sentenceStart(k);
      const end = sentenceEnd(k);
      let close = k + 2;
      while (
        close < end &&
        !list[close]!.breaks &&
        !conditions.test(list[close]!.word) &&
        list[close]!.word !== 'then'
      )
        close++;
      close = Math.min(close, end);
      // "In this case, if …, …" too.
      const before = contentIn(list, [start, k]);
      const leads = before === 0 || (before <= 2 && item.breaks && close < end);
      let open = k;
      // A comma right before the joining word parts nothing from it.
      while (open > start && (open === k || !(list[open]!.breaks || conditions.test(list[open]!.word))))
        open--;
      const sub: Range = [k + 1, close];
      const main: Range = leads ? [close, end] : [open, k];
      const first = item.word !== 'before' && item.word !== 'until' && item.word !== 'till';
      found.push({
        class: classOf(list, k),
        sub,
        early: first ? sub : main,
        late: first ? main : sub,
        timed: timed || item.word === 'once',
      });
    } else if (item.word === 'first' && k === sentenceStart(k)) {
      // "First open the valve, start the pump."
      let close = k + 2;
      while (close < list.length && list[close]!.sentence === item.sentence && !list[close]!.breaks) close++;
      const late: Range = [close, Math.max(close, sentenceEnd(k))];
      found.push({ class: undefined, sub: late, early: [k + 1, close], late, timed: true });
    } else if (sequels.test(item.word)) {
      const start = sentenceStart(k);
      let open = k;
      while (open > start && !list[open]!.breaks && list[open - 1]!.word !== 'and') open--;
      // "If the lamp is on, then …" and "… and then only if …" order nothing.
      if (
        item.word === 'then' &&
        open === k &&
        list.slice(start, k).some(({ word }) => conditions.test(word))
      )
        continue;
      if (list.slice(k + 1, k + 3).some(({ word }) => conditions.test(word))) continue;
      const before = open > start ? start : start > 0 ? sentenceStart(start - 1) : start;
      const late: Range = [k + 1, sentenceEnd(k)];
      found.push({
        class: undefined,
        sub: late,
        early: [before, open],
        late: open < k ? [open, late[1]] : late,
        timed: true,
      });
    }
  }
  return found;
}

/** "Following the run, …", not "the following run". */
const isFollowing = (list: readonly Item[], k: number): boolean =>
  list[k]!.word === 'following' &&
  !/^(?:the|this|these|a|an|of|by|in)$/.test(list[k - 1]?.word ?? '') &&
  /^(?:a|an|the|this|that|each|every|its|your|you|it|they)$|ing$/.test(list[k + 1]?.word ?? '');

/** "Before and after the run" orders nothing. */
const isPaired = (list: readonly Item[], k: number): boolean =>
  [1, -1].some(
    (step) =>
      /^(?:and|or)$/.test(list[k + step]?.word ?? '') &&
      /^(?:before|after|during|while|following|until|if|when)$/.test(list[k + 2 * step]?.word ?? ''),
  );

function classOf(list: readonly Item[], k: number): Joint['class'] {
  const { word } = list[k]!;
  const before = list[k - 1]?.word;
  if (word === 'unless' || before === 'except') return 'unless';
  if (before === 'even') return 'even';
  if (word === 'until' || word === 'till') return 'until';
  if (word === 'before') return 'before';
  return 'if';
}

/**
 * What the joints of the claim say otherwise than those of the passage: other acts first ("A before B" for "B before A", however each
 * is put), or another condition ("unless" for "if"). A clause that only stands elsewhere in its sentence changes nothing.
 */
export function jointsChanged(
  claim: readonly Item[],
  passage: readonly Item[],
  alignment: Alignment,
): Set<SupportReason> {
  const reasons = new Set<SupportReason>();
  const said = joints(claim);
  const there = joints(passage);
  if (said.length === 0 && there.length === 0) return reasons;
  const shared = (a: Range, b: Range) => overlap(claim, passage, alignment, a, b);
  for (const own of said) {
    const content = contentIn(claim, own.sub);
    const clashes = there
      .filter((other) => {
        if (other.class === undefined) return false;
        const found = shared(own.sub, other.sub);
        return (found > 0 && found * 2 >= content) || beginAlike(own.sub, other.sub, alignment);
      })
      .map((other) => clashOf(own.class, other.class));
    const [clash] = clashes;
    if (clash && clashes.every((other) => other !== undefined)) reasons.add(clash);
    const related = there.map((other) => compare(own, other, shared)).filter(({ weight }) => weight > 0);
    const weight = Math.max(...related.map((other) => other.weight));
    // Of several joints the one that joins the same two clauses.
    if (related.length > 0 && related.every((other) => other.weight < weight || other.crossed))
      reasons.add('order');
    else if (own.timed && !related.some((other) => other.timed) && stepsBack(passage, alignment, own))
      reasons.add('order');
  }
  // "Start the pump and open the valve" for "Open the valve, then start the pump".
  for (const other of there) {
    if (!other.timed || said.length > 0 || other.early[0] > other.late[0]) continue;
    const early = reached(claim, alignment, other.early);
    const late = reached(claim, alignment, other.late);
    if (early.length > 0 && late.length > 0 && Math.min(...early) > Math.max(...late)) reasons.add('order');
  }
  return reasons;
}

/** "If so", "if you can": no content, but the words behind the joining word are aligned. */
const beginAlike = (a: Range, b: Range, { to }: Alignment): boolean =>
  [0, 1].some((n) => a[0] + n < a[1] && to[a[0] + n] === b[0] + n);

function clashOf(a: Joint['class'], b: Joint['class']): SupportReason | undefined {
  if (a === undefined || b === undefined || a === b) return undefined;
  if (a === 'unless' || b === 'unless') return 'negation';
  if (a === 'even' || b === 'even') return 'modal';
  // "not before" is "not until".
  return a === 'if' || b === 'if' ? 'order' : undefined;
}

/** How much of two joints' clauses is the same, and whether it stands in each other's clause. */
function compare(a: Joint, b: Joint, shared: (a: Range, b: Range) => number) {
  const back = shared(a.early, b.late);
  const forth = shared(a.late, b.early);
  const straight = shared(a.early, b.early) + shared(a.late, b.late);
  return {
    timed: b.timed,
    weight: back + forth + straight,
    crossed: back > 0 && forth > 0 && back + forth > straight,
  };
}

/** The passage has the steps in sentences of their own, the later one first. */
function stepsBack(passage: readonly Item[], { to }: Alignment, { early, late }: Joint): boolean {
  const sentences = ([from, end]: Range) =>
    [...to.subarray(from, end)]
      .filter((j) => j !== -1 && isContent(passage[j]!))
      .map((j) => passage[j]!.sentence);
  const before = sentences(early);
  const after = sentences(late);
  return before.length > 0 && after.length > 0 && Math.min(...before) > Math.max(...after);
}

const contentIn = (list: readonly Item[], [from, to]: Range) => list.slice(from, to).filter(isContent).length;

/** Content of a range of the claim that stands in a range of the passage: as aligned, or the same word where it is not. */
function overlap(
  claim: readonly Item[],
  passage: readonly Item[],
  { to, from }: Alignment,
  a: Range,
  b: Range,
): number {
  let found = 0;
  for (let i = a[0]; i < a[1]; i++) {
    if (!isContent(claim[i]!)) continue;
    const j = to[i]!;
    if (j !== -1) {
      if (j >= b[0] && j < b[1]) found++;
      continue;
    }
    for (let k = b[0]; k < b[1]; k++)
      if (from[k] === -1 && isContent(passage[k]!) && passage[k]!.stem === claim[i]!.stem) {
        found++;
        break;
      }
  }
  return found;
}

/** Where the claim has the content of a range of the passage. */
const reached = (claim: readonly Item[], { from }: Alignment, [start, end]: Range): number[] =>
  [...from.subarray(start, end)].filter((i) => i !== -1 && isContent(claim[i]!));
