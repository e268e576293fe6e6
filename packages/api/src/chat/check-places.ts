import { type Alignment, isContent } from './check-align.ts';
import type { Item } from './check-items.ts';

/** A claim's item that was found elsewhere, and an item of the passage that stands where it should be. */
export type Rival = {
  claim: number;
  passage: number;
  /** Between two words that are in their places. */
  inside: boolean;
};

const REACH = 6;

/**
 * What the claim has from elsewhere while the passage has something else in its place: "Port 1 stays closed" from "Port 1 is for the
 * mains. Port 2 stays closed". Elsewhere is another part of the alignment or another sentence than its neighbours'.
 */
export function rivals(claim: readonly Item[], passage: readonly Item[], alignment: Alignment): Rival[] {
  const { to, from, block } = alignment;
  const found: Rival[] = [];
  const home = homes(claim, passage, alignment);
  const settled = (k: number) =>
    to[k] !== -1 && isContent(claim[k]!) && block[k] === 0 && home[k] === passage[to[k]!]!.sentence;
  for (const [i, item] of claim.entries()) {
    if (to[i] === -1 || !isContent(item) || settled(i)) continue;
    let before = i - 1;
    while (before >= 0 && !settled(before)) before--;
    let after = i + 1;
    while (after < claim.length && !settled(after)) after++;
    const p = before >= 0 && claim[before]!.sentence === item.sentence ? to[before]! : -1;
    const q = after < claim.length && claim[after]!.sentence === item.sentence ? to[after]! : -1;
    const inside = p !== -1 && q !== -1;
    if ((!inside && p === -1 && q === -1) || (inside && q < p)) continue;
    const low = p === -1 ? q - Math.min(REACH, after - i + 2) : p + 1;
    const high = q === -1 ? p + Math.min(REACH, i - before + 2) : q - 1;
    if (inside && high - low > REACH + after - before) continue;
    const sentence = passage[p === -1 ? q : p]!.sentence;
    for (let j = Math.max(0, low); j <= Math.min(high, passage.length - 1); j++) {
      const there = passage[j]!;
      const own = from[j]!;
      // What stands there has its own place in the same gap of the claim.
      if (own > before && own < after) continue;
      if (inside || there.sentence === sentence) found.push({ claim: i, passage: j, inside });
    }
  }
  return found;
}

/** Per claim item the sentence of the passage that holds most of its sentence. */
function homes(
  claim: readonly Item[],
  passage: readonly Item[],
  { to, block }: Alignment,
): (number | undefined)[] {
  const counts = new Map<number, Map<number, number>>();
  for (const [i, item] of claim.entries()) {
    if (to[i] === -1 || block[i] !== 0 || !isContent(item)) continue;
    const own = counts.get(item.sentence) ?? new Map<number, number>();
    counts.set(item.sentence, own);
    const { sentence } = passage[to[i]!]!;
    own.set(sentence, (own.get(sentence) ?? 0) + 1);
  }
  const best = new Map([...counts].map(([s, own]) => [s, [...own].sort((a, b) => b[1] - a[1])[0]?.[0]]));
  return claim.map((item) => best.get(item.sentence));
}
