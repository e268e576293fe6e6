/**
 * Collects what `source` yields into arrays: the first item at once, then whatever came within `everyMs` or as soon as `maxChars` of
 * text are waiting. The source is read on while a consumer is busy. Leaving early ends the source.
 */
export async function* batches<T, R>(
  source: AsyncGenerator<T, R>,
  size: (item: T) => number,
  { everyMs, maxChars }: { everyMs: number; maxChars: number },
): AsyncGenerator<T[], R> {
  let waiting: T[] = [];
  let chars = 0;
  let wake = Promise.withResolvers<void>();
  let outcome: { ok: true; value: R } | { ok: false; error: unknown } | undefined;

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
        wake.resolve();
      }
    } catch (error) {
      outcome = { ok: false, error };
    }
    wake.resolve();
  };
  void pump();

  let due = 0;
  try {
    for (;;) {
      while (waiting.length === 0 && !outcome) {
        await wake.promise;
        wake = Promise.withResolvers();
      }
      if (waiting.length > 0) {
        const early = due - performance.now();
        if (early > 0 && chars < maxChars && !outcome)
          await pause(early, () => outcome !== undefined || chars >= maxChars);
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
    if (!outcome) await source.return(undefined as R);
  }

  /** Waits `ms`, or less when `enough()` holds after something arrived. */
  async function pause(ms: number, enough: () => boolean) {
    const until = performance.now() + ms;
    let timer: NodeJS.Timeout | undefined;
    const over = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, ms);
    });
    while (performance.now() < until && !enough()) {
      await Promise.race([over, wake.promise]);
      wake = Promise.withResolvers();
    }
    clearTimeout(timer);
  }
}
