import { expect, it } from 'vitest';
import { type Became, createComparisons } from './comparisons.ts';

const became: Became = { state: 'gone', passage: null, closeness: null, difference: [] };

it('a comparison is made once for all who ask while it is under way and after', async () => {
  const comparisons = createComparisons();
  let made = 0;
  const compare = async () => {
    made += 1;
    await new Promise(setImmediate);
    return became;
  };
  const ask = (citation: string, reading: string) => comparisons.get(citation, reading, compare);
  expect(await Promise.all([ask('a', 'one'), ask('a', 'one')])).toEqual([became, became]);
  await ask('a', 'one');
  expect(made).toBe(1);
  await ask('a', 'two');
  await ask('b', 'one');
  expect(made).toBe(3);
});

it('one that failed is made again', async () => {
  const comparisons = createComparisons();
  const fail = () => Promise.reject(new Error('The database is away.'));
  const both = [comparisons.get('a', 'one', fail), comparisons.get('a', 'one', fail)];
  for (const one of both) await expect(one).rejects.toThrow('away');
  expect(await comparisons.get('a', 'one', async () => became)).toBe(became);
});

it('only the last are kept, those that are asked for first', async () => {
  const comparisons = createComparisons(2);
  const made: string[] = [];
  const ask = (citation: string) =>
    comparisons.get(citation, 'one', async () => {
      made.push(citation);
      return became;
    });
  for (const citation of ['a', 'b', 'a', 'c', 'a', 'b']) await ask(citation);
  expect(made).toEqual(['a', 'b', 'c', 'b']);
});
