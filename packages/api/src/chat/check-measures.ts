import type { Alignment } from './check-align.ts';
import type { Item } from './check-items.ts';
import { isInterval } from './lexicon.ts';

const clauseWords = /^(?:and|or|but|then|when|if|unless|before|after|until|while)$/;

/** What a measure belongs to: the word nearest before it in its sentence; of a bare number the word it counts. */
function owner(list: readonly Item[], at: number, { to }: Alignment): number {
  const fits = (k: number) => {
    const item = list[k];
    return (
      item?.kind === 'content' &&
      to[k] !== -1 &&
      item.sentence === list[at]?.sentence &&
      !isInterval(item.norm)
    );
  };
  if (list[at]!.kind === 'number' && list[at]!.unit === undefined && fits(at + 1)) return at + 1;
  // "5 mL of buffer"
  if (list[at + 1]?.word === 'of') for (let k = at + 2; k <= at + 3; k++) if (fits(k)) return k;
  let start = at;
  while (start > 0 && !list[start]!.breaks && !clauseWords.test(list[start - 1]!.word)) start--;
  for (let k = at - 1; k >= start; k--) if (fits(k)) return k;
  for (let k = at + 1; k < list.length && !list[k]!.breaks && !clauseWords.test(list[k]!.word); k++)
    if (fits(k)) return k;
  for (let k = start - 1; k >= 0; k--) if (fits(k)) return k;
  return -1;
}

/** Whether two measures of one unit changed places while what they belong to did not: "4 °C for 20 min and 20 °C for 4 min". */
export function measuresExchanged(claim: readonly Item[], alignment: Alignment): boolean {
  const { to } = alignment;
  const measures = claim.flatMap((item, i) =>
    to[i] !== -1 && (item.kind === 'number' || isInterval(item.norm)) ? [i] : [],
  );
  return measures.some((a, n) =>
    measures.slice(n + 1).some((b) => {
      if (claim[a]!.norm === claim[b]!.norm || claim[a]!.unit !== claim[b]!.unit) return false;
      if (claim[a]!.sentence !== claim[b]!.sentence) return false;
      const x = owner(claim, a, alignment);
      const y = owner(claim, b, alignment);
      if (x === -1 || y === -1) return false;
      // "2 or 3 turns", "3 or 2 turns"
      if (listed(claim, a, b)) return false;
      const turned = to[a]! > to[b]!;
      if (x === y) return turned;
      return turned !== to[x]! > to[y]!;
    }),
  );
}

/** Nothing but "and", "or" and numbers between two numbers. */
const listed = (claim: readonly Item[], a: number, b: number) =>
  claim.slice(a + 1, b).every((item) => item.kind === 'number' || /^(?:and|or)$/.test(item.word));

/** Whether the number is one end of a range, or has a tolerance, whose other half the claim leaves out. */
export function rangeHalved(passage: readonly Item[], at: number, { from }: Alignment): boolean {
  const { pair } = passage[at]!;
  // "5 min or longer"
  const open =
    passage[at + 1]?.word === 'or' &&
    /^(?:more|less|longer|shorter|fewer|higher|lower|greater)$/.test(passage[at + 2]?.word ?? '');
  return (pair !== 0 && from[at + pair] === -1) || (open && from[at + 2] === -1);
}

const bounds: Record<string, string> = { atmost: '<', lessthan: '<', atleast: '>', morethan: '>' };

/** "<" or ">", as a sign before the number or in words beside it. */
function boundOf(list: readonly Item[], at: number): string {
  const item = list[at]!;
  if (item.sign !== '') return item.sign;
  for (const k of [at - 1, at - 2, at + 1, at + 2]) {
    const other = list[k];
    if (other?.sentence === item.sentence && bounds[other.norm] !== undefined) return bounds[other.norm]!;
  }
  return '';
}

/** Whether a sign of comparison before one of two numbers is missing before the other; words are looked after elsewhere. */
export function boundLost(claim: readonly Item[], i: number, passage: readonly Item[], j: number): boolean {
  if (claim[i]!.sign === '' && passage[j]!.sign === '') return false;
  return boundOf(claim, i) !== boundOf(passage, j);
}
