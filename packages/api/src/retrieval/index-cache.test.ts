import { afterEach, describe, expect, it } from 'vitest';
import { cacheOf, type IndexCache, type Library } from './index-cache.ts';
import { buildSegment } from './segment.ts';

let cache: IndexCache | undefined;
afterEach(() => cache?.close());

const segment = (readingId: string) => ({
  readingId,
  bytes: buildSegment([{ ordinal: 1, title: '', heading: '', text: `laser ${readingId}` }]),
});

/** A library in memory that notes what it was asked for. */
function library(readings: Record<string, string[]>, vectors?: Library['vectors']) {
  const state = { version: 1, readings, asked: [] as string[][], failing: false };
  cache = cacheOf(
    {
      version: () => Promise.resolve(state.version),
      readings: (id) => Promise.resolve(state.readings[id] ?? []),
      segments: (ids) => {
        state.asked.push(ids);
        return state.failing
          ? Promise.reject(new Error('the database is away'))
          : Promise.resolve(ids.map(segment));
      },
      vectors,
    },
    1,
  );
  return { state, cache };
}

const found = async (cache: IndexCache, instrument = 'one') =>
  (await cache.get(instrument)).lexical.search(['laser'], 9).map(({ readingId }) => readingId);

describe('the cache of indexes', () => {
  it('builds once for questions that come together', async () => {
    const { state, cache } = library({ one: ['a', 'b'] });
    const both = await Promise.all([found(cache), found(cache)]);
    expect(both).toEqual([
      ['a', 'b'],
      ['a', 'b'],
    ]);
    expect(state.asked).toEqual([['a', 'b']]);
  });

  it('sees a published document with the next question, and fetches only that', async () => {
    const { state, cache } = library({ one: ['a', 'b'] });
    await found(cache);
    state.version = 2;
    state.readings = { one: ['b', 'c'] };
    expect(await found(cache)).toEqual(['b', 'c']);
    expect(state.asked).toEqual([['a', 'b'], ['c']]);
  });

  it('forgets the least recently used instrument at its budget', async () => {
    const { state, cache } = library({ one: ['a'], two: ['b'] });
    await found(cache, 'one');
    await found(cache, 'two');
    await found(cache, 'two');
    await found(cache, 'one');
    expect(state.asked).toEqual([['a'], ['b'], ['a']]);
  });

  it('tries again after a failure', async () => {
    const { state, cache } = library({ one: ['a'] });
    state.failing = true;
    await expect(found(cache)).rejects.toThrow('the database is away');
    state.failing = false;
    expect(await found(cache)).toEqual(['a']);
  });

  it('asks the vectors of the library as it is now', async () => {
    const vector = (...x: number[]) => new Uint8Array(new Float32Array(x).buffer);
    const { state, cache } = library({ one: ['a', 'b'] }, (ids) =>
      Promise.resolve(
        ids.map((readingId) => ({
          readingId,
          ordinal: 1,
          vector: vector(...(readingId === 'a' ? [1, 0] : [0, 1])),
        })),
      ),
    );
    const before = await cache.get('one');
    expect(await before.nearest?.(new Float32Array([0, 1]), 1)).toEqual([
      { readingId: 'b', ordinal: 1, score: 1 },
    ]);
    state.version = 2;
    state.readings = { one: ['a'] };
    const after = await cache.get('one');
    expect(await after.nearest?.(new Float32Array([0, 1]), 9)).toEqual([
      { readingId: 'a', ordinal: 1, score: 0 },
    ]);
    expect(await before.nearest?.(new Float32Array([0, 1]), 9)).toEqual([]);
  });
});
