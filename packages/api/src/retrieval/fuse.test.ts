import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fuse } from './fuse.ts';

const list = fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g'), { maxLength: 8 });
const same = (item: string) => item;
const items = (lists: string[][]) => fuse(lists, same).map(({ item }) => item);

describe('fuse', () => {
  it('leaves one list, and the same list twice, as it is', () => {
    fc.assert(
      fc.property(list, (list) => {
        expect(items([list])).toEqual(list);
        expect(items([list, list])).toEqual(list);
        expect(items([list, []])).toEqual(list);
      }),
    );
  });

  it('keeps every item once, and ranks nothing lower that is ranked higher everywhere', () => {
    fc.assert(
      fc.property(list, list, (one, other) => {
        const fused = items([one, other]);
        expect([...fused].sort()).toEqual([...new Set([...one, ...other])].sort());
        const rank = (list: string[], item: string) => (list.includes(item) ? list.indexOf(item) : Infinity);
        for (const a of fused)
          for (const b of fused)
            if (rank(one, a) < rank(one, b) && rank(other, a) < rank(other, b))
              expect(fused.indexOf(a)).toBeLessThan(fused.indexOf(b));
      }),
    );
  });

  it('scores by 1 / (60 + rank)', () => {
    const [first] = fuse([['a', 'b'], ['b']], same);
    expect(first).toEqual({ item: 'b', score: 1 / 62 + 1 / 61 });
  });
});
