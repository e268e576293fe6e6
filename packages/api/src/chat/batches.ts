/**
 * Collects what `source` yields into arrays: the first item at once, then whatever came within `everyMs` or as soon as `maxChars` of
 * text are waiting. The source is read on while a consumer is busy. Leaving early ends the source. A wait ends with the reason of `signal` once
 * it is aborted, also where the source does not listen to it: that one is left behind.
 */
export async function* batches<T, R>(
  source: AsyncGenerator<T, R>,
  size: (item: T) => number,
  { everyMs, maxChars, signal }: { everyMs: number; maxChars: number; signal?: AbortSignal },
): AsyncGenerator<T[], R> {
  let waiting: T[] = [];
  let chars = 0;
  let due = 0;
  let outcome: { ok: true; value: R } | { ok: false; error: unknown } | undefined;
  /** Set while the consumer waits. */
  let wake: (() => void) | undefined;
  let timer: NodeJS.Timeout | undefined;

  // Only what ends the wait wakes the consumer, and not every item: there are many of them.
  const look = () => {
    if (!wake) return;
    const early = waiting.length === 0 ? Infinity : due - performance.now();
    if (outcome || signal?.aborted || chars >= maxChars || early <= 0) wake();
    else if (early < Infinity) timer ??= setTimeout(rouse, early);
  };
  // A timer may be up to a millisecond early.
  const rouse = () => wake?.();
  const pump = async () => {
    try {
      for (;;) {
        const next = await source.next();
        if (next.done) {
          outcome = { ok: true, value: next.value };
          break;
        }
        waiting.push(next.value);
        chars += size(next.value);
        look();
      }
    } catch (error) {
      outcome = { ok: false, error };
    }
    look();
  };
  void pump();

  // One listener for the whole answer: a race of each wait against one promise would keep every batch until that promise is settled.
  signal?.addEventListener('abort', rouse, { once: true });
  try {
    for (;;) {
      await new Promise<void>((resolve) => {
        wake = resolve;
        look();
      });
      wake = undefined;
      clearTimeout(timer);
      timer = undefined;
      signal?.throwIfAborted();
      if (waiting.length > 0) {
        const batch = waiting;
        waiting = [];
        chars = 0;
        due = performance.now() + everyMs;
        yield batch;
        continue;
      }
      if (outcome!.ok) return outcome!.value;
      throw outcome!.error;
    }
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', rouse);
    if (!outcome) {
      const left = source.return(undefined as R);
      if (signal?.aborted) left.catch(() => {});
      else await left;
    }
  }
}
