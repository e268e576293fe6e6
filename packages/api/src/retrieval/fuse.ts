/**
 * One ranking of several, by reciprocal rank (Cormack, Clarke and Büttcher 2009): an item's score is the sum of `1 / (60 + rank)` over the lists
 * that hold it. Best first; equal scores in the order of first appearance, list by list.
 */
export function fuse<T>(
  lists: readonly (readonly T[])[],
  keyOf: (item: T) => string,
): { item: T; score: number }[] {
  const found = new Map<string, { item: T; score: number }>();
  for (const list of lists)
    for (const [rank, item] of list.entries()) {
      const key = keyOf(item);
      const known = found.get(key) ?? { item, score: 0 };
      known.score += 1 / (flatness + rank + 1);
      found.set(key, known);
    }
  return [...found.values()].sort((a, b) => b.score - a.score);
}

/** The authors' constant: how little the first ranks are worth more than the next. */
const flatness = 60;
