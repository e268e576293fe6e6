import { isTemporary, type RayniError, toRayniError } from './errors.ts';

/** How often and how fast a call that failed for a moment is made again. Pauses are drawn from 0 to a bound that doubles from `minMs` to `maxMs`. */
export type RetryPolicy = {
  minMs: number;
  maxMs: number;
  /** Attempts to hand in a question, a file or another act that is safe to repeat. */
  attempts: number;
  /** Failures in a row after which following an answer is given up; about two and a half minutes with the defaults. */
  reconnects: number;
  /** A submit without an answer, or a stream without a greeting, is tried again after so long. */
  timeoutMs: number;
};

export const defaultRetry: RetryPolicy = {
  minMs: 250,
  maxMs: 5_000,
  attempts: 6,
  reconnects: 60,
  timeoutMs: 20_000,
};

/** Milliseconds to wait after the `failures`-th failure in a row: full jitter, so that readers cut off together do not return together. */
export function backoff(failures: number, { minMs, maxMs }: RetryPolicy): number {
  return Math.random() * Math.min(maxMs, minMs * 2 ** (failures - 1));
}

/** Waits; rejects with the signal's reason when it is aborted meanwhile. */
export function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const stop = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop);
      resolve();
    }, ms);
    signal?.addEventListener('abort', stop, { once: true });
  });
}

/** Makes a call that is safe to repeat until it succeeds, is refused for good (`RayniError`), or `policy.attempts` are used up; with `waits` also when it came too often, as long as the server says. */
export async function retrying<T>(
  call: () => Promise<T>,
  policy: RetryPolicy & { waits?: boolean },
  signal: AbortSignal | undefined,
): Promise<T> {
  for (let failures = 1; ; failures++) {
    signal?.throwIfAborted();
    let failure: RayniError;
    try {
      return await call();
    } catch (error) {
      signal?.throwIfAborted();
      failure = toRayniError(error);
    }
    if (failures >= policy.attempts) throw failure;
    const seconds = policy.waits ? failure.retryAfter : undefined;
    if (seconds === undefined && !isTemporary(failure)) throw failure;
    await pause(seconds === undefined ? backoff(failures, policy) : seconds * 1_000, signal);
  }
}
