import { expect, test } from 'vitest';
import { turns } from './turns.ts';

test('so many are let in at once, the others in order, and who leaves twice leaves once', async () => {
  const turn = turns(2);
  const [first] = [await turn(), await turn()];
  const order: number[] = [];
  const third = turn().then((its) => (order.push(3), its));
  const fourth = turn().then((its) => (order.push(4), its));
  await new Promise(setImmediate);
  expect(order).toEqual([]);
  first[Symbol.dispose]();
  first[Symbol.dispose]();
  (await third)[Symbol.dispose]();
  await fourth;
  expect(order).toEqual([3, 4]);
});

test('who stops waiting takes no place', async () => {
  const turn = turns(1);
  const first = await turn();
  const stop = new AbortController();
  const second = turn(stop.signal);
  const third = turn();
  stop.abort(new Error('gone'));
  await expect(second).rejects.toThrow('gone');
  first[Symbol.dispose]();
  await third;
});
