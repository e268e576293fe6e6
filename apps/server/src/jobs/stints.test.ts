import { MadeWay } from '@rayni/api';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { longLevel, oneBeside, stintOf } from './stints.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const usualMs = 100;
/** One that made way so often, while others wait that did so `least` times. */
function begun({ level = 0, beside = false, least = Infinity, share = 0 } = {}) {
  const stays: number[] = [];
  const began = performance.now();
  const stint = stintOf({
    level,
    beside,
    othersWait: async (most) => least <= most,
    onStay: () => void stays.push(performance.now() - began),
  });
  const signal = stint.begin(usualMs);
  let stopped: number | undefined;
  signal.addEventListener('abort', () => (stopped = performance.now() - began));
  stint.progress(share, 1);
  return { stint, signal, stays, stopped: () => stopped };
}

it('that nobody waits for is left where it is, and others are taken beside it once it has had the usual time', async () => {
  const { signal, stays } = begun();
  await vi.advanceTimersByTimeAsync(100_000);
  expect(signal.aborted).toBe(false);
  expect(stays).toEqual([usualMs]);
});

it('makes way for one that has had no more, and has four times as long the next time', async () => {
  const runs = [0, 1].map((level) => begun({ level, least: 0 }));
  await vi.advanceTimersByTimeAsync(100_000);
  expect(runs.map(({ stopped }) => stopped())).toEqual([usualMs, 4 * usualMs]);
  expect(runs.map(({ stint }) => stint.madeWay)).toEqual([new MadeWay(1), new MadeWay(2)]);
  expect(runs.map(({ signal }) => signal.reason.level)).toEqual([1, 2]);
});

it('goes on before one that has had more', async () => {
  const { stopped } = begun({ least: 1 });
  await vi.advanceTimersByTimeAsync(100_000);
  expect(stopped()).toBe(4 * usualMs);
});

it('is left to its end once it takes long, and from the beginning when it was stopped as often before', async () => {
  const runs = [longLevel - 1, longLevel].map((level) => begun({ level, least: 0 }));
  await vi.advanceTimersByTimeAsync(100_000);
  expect(runs.map(({ signal }) => signal.aborted)).toEqual([false, false]);
  expect(runs.map(({ stays }) => stays)).toEqual([[0], [0]]);
});

it('beside long ones makes way at any time after that', async () => {
  let least = Infinity;
  const stint = stintOf({ level: 2, beside: true, othersWait: async (most) => least <= most, onStay() {} });
  const signal = stint.begin(usualMs);
  await vi.advanceTimersByTimeAsync(100_000);
  expect(signal.aborted).toBe(false);
  least = 2;
  await vi.advanceTimersByTimeAsync(1_000);
  expect(stint.madeWay?.level).toBe(longLevel);
});

it('that gets on goes on, unless it is at its beginning still', async () => {
  const runs = [0.1, 0.01].map((share) => begun({ share, least: 0 }));
  await vi.advanceTimersByTimeAsync(usualMs);
  expect(runs.map(({ signal }) => signal.aborted)).toEqual([false, true]);
  expect(runs.map(({ stays }) => stays)).toEqual([[], []]);
});

it('that asked a model is never stopped, nor one that is over', async () => {
  const [asked, ended] = [begun({ least: 0 }), begun({ least: 0 })];
  asked.stint.keep();
  ended.stint[Symbol.dispose]();
  await vi.advanceTimersByTimeAsync(100_000);
  expect([asked, ended].map(({ signal }) => signal.aborted)).toEqual([false, false]);
});

it('opens one place, and only while all others are held by jobs that stay', async () => {
  const log: string[] = [];
  const open = async () => log.push('open');
  const close = async () => void log.push('close');
  const beside = oneBeside(2, { open, close, onError: () => {} });
  const [first, second, third] = [beside.stay(), beside.stay(), beside.stay()];
  for (const one of [first, second, third]) {
    await vi.advanceTimersByTimeAsync(0);
    one[Symbol.dispose]();
    log.push('one left');
  }
  await vi.advanceTimersByTimeAsync(0);
  expect(log).toEqual(['open', 'one left', 'one left', 'close', 'one left']);
});

it('is one place at most: the next is opened once what was taken at the former has ended', async () => {
  const log: string[] = [];
  const atWork = Promise.withResolvers<void>();
  const beside = oneBeside(1, {
    open: async () => void log.push('open'),
    close: async () => {
      log.push('close');
      await atWork.promise;
    },
    onError: () => {},
  });
  const first = beside.stay();
  await vi.advanceTimersByTimeAsync(0);
  first[Symbol.dispose]();
  using _ = beside.stay();
  await vi.advanceTimersByTimeAsync(0);
  expect(log).toEqual(['open', 'close']);
  atWork.resolve();
  await vi.advanceTimersByTimeAsync(0);
  expect(log).toEqual(['open', 'close', 'open']);
});
