import { type Alignment, isContent } from './check-align.ts';
import type { Item } from './check-items.ts';
import { stem } from '../retrieval/terms.ts';
import { takesParticle } from './lexicon.ts';

/** A particle, wherever it stands: "switch on the pump", "switch the pump on", "the pump is switched on", "the pump is on". */
type Bound = {
  /** -1 where the verb is none that often has one. */
  verb: number;
  axis: string;
  sign: 1 | -1;
  /** The other content of its clause. */
  object: number[];
};

/** With these "up" and "down" are "on" and "off". */
const powers = new Set('power shut boot start'.split(' ').map(stem));
const poles = new Map<string, readonly [axis: string, sign: 1 | -1]>([
  ['on', ['power', 1]],
  ['off', ['power', -1]],
  ['up', ['height', 1]],
  ['down', ['height', -1]],
  ['in', ['depth', 1]],
  ['out', ['depth', -1]],
  ['open', ['gap', 1]],
  ['closed', ['gap', -1]],
  ['shut', ['gap', -1]],
  ['forward', ['way', 1]],
  ['forwards', ['way', 1]],
  ['back', ['way', -1]],
  ['backward', ['way', -1]],
  ['backwards', ['way', -1]],
]);
const clauseWords =
  /^(?:and|or|but|then|when|whenever|if|unless|before|after|until|till|once|while|because|so|which|that|who|to|for|with|without|by|from|into|onto|until|as)$/;
const determiners =
  /^(?:a|an|the|this|that|these|those|its|it|them|your|their|our|each|every|any|all|both|which)$/;

function bind(list: readonly Item[]): Bound[] {
  const found: Bound[] = [];
  for (const [p, { word }] of list.entries()) {
    const pole = poles.get(word);
    if (!pole) continue;
    const [start, end] = clauseOf(list, p);
    let verb = p - 1;
    while (verb > start && !isVerb(list, verb)) verb--;
    const listed = verb >= start && isVerb(list, verb);
    if (!standsAlone(list, p, end) && !(listed && verb === p - 1)) continue;
    const [axis, sign] = pole;
    const power = axis === 'height' && listed && powers.has(list[verb]!.stem);
    found.push({
      verb: listed ? verb : -1,
      axis: power ? 'power' : axis,
      sign,
      object: contentOf(list, start, end).filter((k) => k !== p && k !== verb),
    });
  }
  return found;
}

/** "is left on", not "the left one". */
const isVerb = (list: readonly Item[], k: number): boolean =>
  takesParticle(list[k]!.stem) ||
  (list[k]!.word === 'left' && /^(?:is|are|was|were|be|been)$/.test(list[k - 1]?.word ?? ''));

function clauseOf(list: readonly Item[], p: number): [number, number] {
  let start = p;
  while (start > 0 && !list[start]!.breaks && !ends(list, p, start - 1)) start--;
  let end = p + 1;
  while (end < list.length && !list[end]!.breaks && !ends(list, p, end)) end++;
  return [start, end];
}

const contentOf = (list: readonly Item[], from: number, to: number): number[] =>
  list.slice(from, to).flatMap((item, k) => (isContent(item) ? [from + k] : []));

const ends = (list: readonly Item[], at: number, k: number) =>
  list[k]!.sentence !== list[at]!.sentence || clauseWords.test(list[k]!.word);

/** Nothing follows that it could be the preposition of. */
function standsAlone(list: readonly Item[], p: number, end: number): boolean {
  const next = list[p + 1];
  if (p + 1 >= end || next === undefined) return true;
  return next.word.endsWith('ly') || (next.kind === 'function' && !determiners.test(next.word));
}

/** Whether a verb of the claim has the opposite particle in the passage: "turn the heater off" for "turn on the heater". */
export function particleTurned(claim: readonly Item[], passage: readonly Item[], { to }: Alignment): boolean {
  const own = bind(claim);
  if (own.length === 0) return false;
  const there = bind(passage);
  return own.some((a) => {
    const related = there.filter(
      (b) =>
        a.axis === b.axis &&
        a.object.some((i) => b.object.some((j) => to[i] === j || claim[i]!.stem === passage[j]!.stem)),
    );
    const aligned = related.filter((b) => a.verb !== -1 && to[a.verb] === b.verb);
    // Of several places where it is turned on and off, the one that the rest of the claim is about.
    const about = claim.some(
      (item, i) => i !== a.verb && to[i] !== -1 && isContent(item) && !a.object.includes(i),
    );
    const deciding = about && aligned.length > 0 ? aligned : related;
    return deciding.length > 0 && deciding.every((b) => b.sign !== a.sign);
  });
}
