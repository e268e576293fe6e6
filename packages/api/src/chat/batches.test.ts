import { fc, test } from '@fast-check/vitest';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { batches } from './batches.ts';

const length = (text: string) => text.length;

async function collect<R>(source: AsyncGenerator<string[], R>) {
  const got: string[][] = [];
  for (;;) {
    const next = await source.next();
    if (next.done) return { got, end: next.value };
    got.push(next.value);
  }
}

async function* words(items: readonly { text: string; pause: number }[]) {
  for (const { text, pause } of items) {
    if (pause > 0) await sleep(pause);
    yield text;
  }
  return 'end' as const;
}

describe('batches', () => {
  test.prop([
    fc.array(fc.record({ text: fc.string({ maxLength: 20 }), pause: fc.constantFrom(0, 0, 0, 1) }), {
      maxLength: 40,
    }),
  ])('lose nothing, double nothing and keep the order', async (items) => {
    const { got, end } = await collect(batches(words(items), length, { everyMs: 2, maxChars: 30 }));
    expect(got.flat()).toEqual(items.map((item) => item.text));
    expect(got.every((batch) => batch.length > 0)).toBe(true);
    expect(end).toBe('end');
  });

  it('hand the first item over at once and collect the ones that follow closely', async () => {
    const items = [{ text: 'a', pause: 0 }, ...Array.from({ length: 20 }, () => ({ text: 'b', pause: 1 }))];
    const { got } = await collect(batches(words(items), length, { everyMs: 10_000, maxChars: 5 }));
    expect(got[0]).toEqual(['a']);
    // Only the size limit or the end of the source can close a batch here: the time is far away.
    expect(got.slice(1, -1).every((batch) => batch.length === 5)).toBe(true);
  });

  it('throw what the source throws, after handing over what came before', async () => {
    const source = batches(
      (async function* () {
        yield 'a';
        await sleep(1);
        throw new Error('broken');
      })(),
      length,
      { everyMs: 1, maxChars: 10 },
    );
    expect((await source.next()).value).toEqual(['a']);
    await expect(source.next()).rejects.toThrow('broken');
  });

  it('end the source when the consumer leaves', async () => {
    let ended = false;
    const source = batches(
      (async function* () {
        try {
          for (;;) {
            await sleep(1);
            yield 'a';
          }
        } finally {
          ended = true;
        }
      })(),
      length,
      { everyMs: 1, maxChars: 10 },
    );
    await source.next();
    await source.return(undefined as never);
    expect(ended).toBe(true);
  });

  it('stop waiting with the reason of the signal, also for a source that does not listen to it', async () => {
    const stop = new AbortController();
    const source = batches(
      (async function* () {
        yield 'a';
        await new Promise<never>(() => {});
      })(),
      length,
      { everyMs: 1, maxChars: 10, signal: stop.signal },
    );
    expect((await source.next()).value).toEqual(['a']);
    const next = source.next();
    stop.abort(new Error('gone'));
    await expect(next).rejects.toThrow('gone');
  });

  it('hand over nothing once the signal is aborted', async () => {
    const stop = new AbortController();
    const source = batches(
      words([
        { text: 'a', pause: 0 },
        { text: 'b', pause: 0 },
      ]),
      length,
      {
        everyMs: 1,
        maxChars: 10,
        signal: stop.signal,
      },
    );
    expect((await source.next()).value).toEqual(['a']);
    stop.abort(new Error('gone'));
    await expect(source.next()).rejects.toThrow('gone');
  });
});
