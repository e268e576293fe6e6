import * as fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { createVectors } from './vectors.ts';

const vectors = createVectors();
afterAll(() => vectors.close());

const row = (dimensions: number) =>
  fc.array(fc.integer({ min: -9, max: 9 }), { minLength: dimensions, maxLength: dimensions });

describe('vectors', () => {
  it('finds the exact nearest, equal ones in order', async () => {
    const cases = fc
      .integer({ min: 1, max: 9 })
      .chain((dimensions) =>
        fc.tuple(fc.array(row(dimensions), { minLength: 1, maxLength: 12 }), row(dimensions)),
      );
    await fc.assert(
      fc.asyncProperty(cases, fc.integer({ min: 1, max: 5 }), async ([rows, query], k) => {
        vectors.put('library', query.length, new Float32Array(rows.flat()));
        const found = await vectors.search('library', Float32Array.from(query), k);
        const expected = rows
          .map((row, i) => ({ row: i, score: row.reduce((sum, x, j) => sum + x * query[j]!, 0) }))
          .sort((a, b) => b.score - a.score)
          .slice(0, k);
        expect(found).toEqual(expected);
      }),
      { numRuns: 50 },
    );
  });

  it('keeps libraries apart, replaces and drops them', async () => {
    vectors.put('one', 2, new Float32Array([1, 0]));
    vectors.put('two', 2, new Float32Array([0, 1, 1, 0]));
    const query = new Float32Array([1, 0]);
    expect(await vectors.search('one', query, 1)).toEqual([{ row: 0, score: 1 }]);
    expect(await vectors.search('two', query, 1)).toEqual([{ row: 1, score: 1 }]);
    vectors.put('one', 2, new Float32Array([0.5, 0]));
    expect(await vectors.search('one', query, 1)).toEqual([{ row: 0, score: 0.5 }]);
    vectors.drop('one');
    expect(await vectors.search('one', query, 1)).toBeUndefined();
    expect(await vectors.search('two', query, 1)).toHaveLength(1);
  });

  it('finds nothing with a vector of another length, and nothing before anything was put', async () => {
    vectors.put('one', 2, new Float32Array([1, 0]));
    expect(await vectors.search('one', new Float32Array(3), 1)).toEqual([]);
    expect(await createVectors().search('one', new Float32Array(3), 1)).toBeUndefined();
  });

  it('answers undefined when its worker ends, and works again after', async () => {
    const own = createVectors();
    own.put('one', 1, new Float32Array([1]));
    const cut = own.search('one', new Float32Array([1]), 1);
    await own.close();
    expect([undefined, [{ row: 0, score: 1 }]]).toContainEqual(await cut);
    own.put('one', 1, new Float32Array([1]));
    expect(await own.search('one', new Float32Array([1]), 1)).toEqual([{ row: 0, score: 1 }]);
    await own.close();
  });
});
