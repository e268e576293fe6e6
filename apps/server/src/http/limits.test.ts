import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createLimits } from './limits.ts';

const rates = { login: 2, questions: 3, feedback: 1, uploads: Number.POSITIVE_INFINITY, streams: 2 };

describe('acts', () => {
  beforeEach(() => void vi.useFakeTimers({ now: 0 }));
  afterEach(() => void vi.useRealTimers());

  it('are counted by kind and caller, and again from nothing a minute after the first', async () => {
    const limits = createLimits(rates);
    expect([await limits.take('login', 'a'), await limits.take('login', 'a')]).toEqual([
      undefined,
      undefined,
    ]);
    vi.setSystemTime(20_500);
    expect(await limits.take('login', 'a')).toBe(40);
    expect(await limits.take('login', 'b')).toBeUndefined();
    expect(await limits.take('questions', 'a')).toBeUndefined();
    vi.setSystemTime(59_999);
    expect(await limits.take('login', 'a')).toBe(1);
    vi.setSystemTime(60_000);
    expect(await limits.take('login', 'a')).toBeUndefined();
  });

  it('of a kind that is switched off are never too many', async () => {
    const limits = createLimits(rates);
    for (let i = 0; i < 1_000; i++) expect(await limits.take('uploads', 'a')).toBeUndefined();
  });

  it('of callers who went away are forgotten', async () => {
    const limits = createLimits(rates);
    for (let i = 0; i < 100; i++) await limits.take('login', String(i));
    expect(vi.getTimerCount()).toBe(100);
    vi.advanceTimersByTime(60_000);
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('streams', () => {
  it('may be open as many as are allowed, each given back once', () => {
    const limits = createLimits(rates);
    const leave = limits.enterStream('a');
    expect(limits.enterStream('a')).toBeDefined();
    expect(limits.enterStream('a')).toBeUndefined();
    expect(limits.enterStream('b')).toBeDefined();
    leave?.();
    leave?.();
    expect(limits.enterStream('a')).toBeDefined();
    expect(limits.enterStream('a')).toBeUndefined();
  });
});
