import type { DifferencePart } from '@rayni/contract';
import { type Word, weightOf, wordsOf } from './words.ts';

/** Above so many pairs of words (1,400 by 1,400) two texts are not compared word by word: it would take too long. */
const mostPairs = 2_000_000;

/**
 * The heaviest way to read both lists in order with equal words side by side, as pairs of indices; undefined where
 * they are too long for that.
 */
export function aligned(one: readonly Word[], other: readonly Word[]): [number, number][] | undefined {
  const [n, m] = [one.length, other.length];
  if (n * m > mostPairs) return undefined;
  const width = m + 1;
  const best = new Uint32Array((n + 1) * width);
  const weights = one.map(({ key }) => weightOf(key));
  const taken = (i: number, j: number) => best[(i + 1) * width + j + 1]! + weights[i]!;
  for (let i = n - 1; i >= 0; i--) {
    for (let j = m - 1; j >= 0; j--) {
      const skipped = Math.max(best[(i + 1) * width + j]!, best[i * width + j + 1]!);
      const same = one[i]!.key === other[j]!.key;
      best[i * width + j] = same ? Math.max(skipped, taken(i, j)) : skipped;
    }
  }
  const pairs: [number, number][] = [];
  for (let i = 0, j = 0; i < n && j < m; ) {
    if (one[i]!.key === other[j]!.key && best[i * width + j] === taken(i, j)) pairs.push([i++, j++]);
    else if (best[(i + 1) * width + j]! >= best[i * width + j + 1]!) i++;
    else j++;
  }
  return pairs;
}

/** Word by word: `same` and `removed` in order are the old text, `same` and `added` the new one, up to white space and typography. */
export function difference(old: string, now: string): DifferencePart[] {
  const [a, b] = [wordsOf(old), wordsOf(now)];
  const parts: DifferencePart[] = [];
  const add = (kind: DifferencePart['kind'], text: string) => {
    const last = parts.at(-1);
    if (text === '') return;
    if (last?.kind === kind) last.text += text;
    else parts.push({ kind, text });
  };
  const slice = (text: string, words: readonly Word[], from: number, to: number) =>
    from < to ? text.slice(words[from]!.start, words[to]?.start ?? text.length) : '';
  const gap = (text: string, words: readonly Word[], i: number) =>
    text.slice(words[i]!.end, Math.max(words[i]!.end, words[i + 1]?.start ?? text.length));
  let [i, j] = [0, 0];
  for (const [p, q] of [...(aligned(a, b) ?? []), [a.length, b.length] as const]) {
    const [removed, added] = [slice(old, a, i, p), slice(now, b, j, q)];
    // White space behind both is no change.
    const shared = /\s$/.test(removed) && /\s$/.test(added) ? (/\s+$/.exec(removed)?.[0] ?? '') : '';
    add('removed', shared ? removed.trimEnd() : removed);
    add('added', shared ? added.trimEnd() : added);
    add('same', shared);
    if (p === a.length) break;
    add('same', old.slice(a[p]!.start, a[p]!.end));
    const [before, after] = [gap(old, a, p), gap(now, b, q)];
    // White space of either kind is white space; where only one has any, it comes or goes with what is beside it.
    if (before !== '' && after !== '') add('same', before);
    else {
      add('removed', before);
      add('added', after);
    }
    [i, j] = [p + 1, q + 1];
  }
  return parts;
}
