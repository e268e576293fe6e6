import type { LimitClass, Limits } from '@rayni/api';
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';

/** How many acts of each kind a caller may do in a minute, and how many streams it may hold open; each `Infinity` where nothing is counted. */
export type Rates = Readonly<Record<LimitClass, number> & { streams: number }>;

const seconds = 60;

/**
 * Counts in the memory of this process: several processes each allow as much, and a restart forgets. A minute begins with a caller's first
 * act and its count is gone at its end, so what is kept is bounded by how many callers there are in a minute.
 */
export function createLimits({ login, questions, feedback, uploads, streams }: Rates): Limits {
  const counters = new Map(
    Object.entries({ login, questions, feedback, uploads })
      .filter(([, points]) => Number.isFinite(points))
      .map(([kind, points]) => [kind, new RateLimiterMemory({ points, duration: seconds })]),
  );
  const open = new Map<string, number>();
  return {
    async take(kind, caller) {
      try {
        await counters.get(kind)?.consume(caller);
        return undefined;
      } catch (refusal) {
        if (!(refusal instanceof RateLimiterRes)) throw refusal;
        return Math.max(1, Math.ceil(refusal.msBeforeNext / 1_000));
      }
    },
    enterStream(caller) {
      const now = open.get(caller) ?? 0;
      if (now >= streams) return undefined;
      open.set(caller, now + 1);
      let left = false;
      return () => {
        if (left) return;
        left = true;
        const rest = (open.get(caller) ?? 1) - 1;
        if (rest > 0) open.set(caller, rest);
        else open.delete(caller);
      };
    },
  };
}
