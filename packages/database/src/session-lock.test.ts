import { expect, test } from 'vitest';
import { sessionLock } from './session-lock.ts';

test('the lock is handed on in order of arrival, past those that gave up', async () => {
  const lock = sessionLock<string>();
  const owned = new Map<string, boolean>();
  const take = (name: string) => lock.take(name).then((got) => owned.set(name, got));
  const all = ['a', 'b', 'c', 'd'].map(take);
  lock.giveUp('c');
  lock.release('d');
  expect(lock.owner()).toBe('a');
  lock.release('a');
  expect(lock.owner()).toBe('b');
  lock.release('b');
  expect(lock.owner()).toBe('d');
  lock.release('d');
  expect(lock.owner()).toBeUndefined();
  await Promise.all(all);
  expect(Object.fromEntries(owned)).toEqual({ a: true, b: true, c: false, d: true });
});

test('the owner takes it again without waiting, another gives up after its time', async () => {
  const lock = sessionLock<string>();
  expect(await lock.take('a')).toBe(true);
  expect(await lock.take('a')).toBe(true);
  expect(await lock.take('b', 5)).toBe(false);
  lock.release('a');
  expect(lock.owner()).toBeUndefined();
});
