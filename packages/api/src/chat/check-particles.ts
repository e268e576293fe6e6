import { type Alignment, isContent } from './check-align.ts';
import type { Item } from './check-items.ts';
import { stem } from '../retrieval/terms.ts';

/** A verb with its particle, wherever that stands: "switch on the pump", "switch the pump on", "the pump is switched on". */
type Bound = {
  verb: number;
  axis: string;
  sign: 1 | -1;
  /** The content items it acts on. */
  object: number[];
};

const verbs = new Set(
  'turn switch power shut pull push put set plug move slide lift flip screw log sign zoom scroll fold take leave keep hold press roll swing tilt bring let lay go boot start spin ramp wind crank draw flick toggle snap click bend slip drive steer clip blow suck breathe fade dial wheel run'
    .split(' ')
    .map(stem),
);
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
  for (const [v, item] of list.entries()) {
    if (!verbs.has(item.stem) && !powers.has(item.stem)) continue;
    let end = v + 1;
    while (end < list.length && !ends(list, v, end)) end++;
    let at = -1;
    for (let p = v + 1; p < end; p++)
      if (poles.has(list[p]!.word) && (p === v + 1 || standsAlone(list, p, end))) {
        at = p;
        break;
      }
    if (at === -1) continue;
    const [axis, sign] = poles.get(list[at]!.word)!;
    let object = contentOf(list, v + 1, end).filter((k) => k !== at);
    if (object.length === 0) {
      // "The pump is switched on."
      let start = v;
      while (start > 0 && !ends(list, v, start - 1) && !list[start]!.breaks) start--;
      object = contentOf(list, start, v);
    }
    found.push({ verb: v, axis: axis === 'height' && powers.has(item.stem) ? 'power' : axis, sign, object });
  }
  return found;
}

const contentOf = (list: readonly Item[], from: number, to: number): number[] =>
  list.slice(from, to).flatMap((item, k) => (isContent(item) ? [from + k] : []));

const ends = (list: readonly Item[], verb: number, k: number) =>
  list[k]!.sentence !== list[verb]!.sentence ||
  (k > verb && list[k]!.breaks) ||
  clauseWords.test(list[k]!.word);

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
    const aligned = related.filter((b) => to[a.verb] === b.verb);
    // Of several places where it is turned on and off, the one that the rest of the claim is about.
    const about = claim.some(
      (item, i) => i !== a.verb && to[i] !== -1 && isContent(item) && !a.object.includes(i),
    );
    const deciding = about && aligned.length > 0 ? aligned : related;
    return deciding.length > 0 && deciding.every((b) => b.sign !== a.sign);
  });
}
