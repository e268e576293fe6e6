import { fc, test as property } from '@fast-check/vitest';
import { ModelFault } from '@rayni/api';
import {
  answers,
  embeddingDimensions,
  fails,
  hashedEmbedding,
  resets,
  stalls,
  startScriptedOpenAI,
} from '@rayni/scripted-openai';
import type { ScriptedOpenAI } from '@rayni/scripted-openai';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Times } from './openai-client.ts';
import { batches, openaiEmbedder } from './openai-embedder.ts';

let server: ScriptedOpenAI;
beforeEach(async () => {
  server = await startScriptedOpenAI();
});
afterEach(() => server.close());

function embedder(times: Partial<Times> = { retryDelayMs: 1 }) {
  return openaiEmbedder({ baseUrl: server.url, apiKey: 'k', model: 'm', embeddingModel: 'e' }, times);
}

const vectors = (...embeddings: number[][]) =>
  answers({ object: 'list', data: embeddings.map((embedding, index) => ({ index, embedding })), model: 'e' });

describe('batches', () => {
  property.prop([fc.array(fc.integer({ min: 0, max: 12_000 }), { maxLength: 600 })])(
    'keep every text in order and stay within the bounds',
    (lengths) => {
      const texts = lengths.map((length, i) => String(i % 10).repeat(length));
      const out = batches(texts);
      expect(out.flat()).toEqual(texts.map((text) => text.slice(0, 8_000)));
      for (const batch of out) {
        expect(batch.length).toBeGreaterThan(0);
        expect(batch.length).toBeLessThanOrEqual(256);
        expect(batch.join('').length).toBeLessThanOrEqual(200_000);
      }
    },
  );
});

describe('embed', () => {
  test('gives each text its vector over several batches, in order and of unit length', async () => {
    const texts = Array.from({ length: 600 }, (_, i) => `lens number ${i}`);
    const made = await embedder().embed(texts);
    expect(server.calls.map(({ body }) => (body as { input: string[] }).input.length)).toEqual([
      256, 256, 88,
    ]);
    expect(made).toHaveLength(600);
    for (const [i, vector] of made.entries()) {
      expect(vector).toHaveLength(embeddingDimensions);
      const expected = hashedEmbedding(texts[i]!);
      expect(vector.reduce((sum, value, at) => sum + value * expected[at]!, 0)).toBeCloseTo(1, 4);
      expect(Math.hypot(...vector)).toBeCloseTo(1, 5);
    }
  });

  test('nothing for nothing, without a request', async () => {
    expect(await embedder().embed([])).toEqual([]);
    expect(server.calls).toHaveLength(0);
  });

  test('puts vectors in the order of their index and normalises them', async () => {
    server.nextEmbedding(
      answers({
        data: [
          { index: 1, embedding: [0, 2] },
          { index: 0, embedding: [3, 4] },
        ],
      }),
    );
    const [a, b] = await embedder().embed(['a', 'b']);
    expect(Array.from(a!, (x) => x.toFixed(3))).toEqual(['0.600', '0.800']);
    expect(Array.from(b!)).toEqual([0, 1]);
  });

  test.each([
    ['too few vectors', () => vectors([1])],
    [
      'the same place twice',
      () =>
        answers({
          data: [
            { index: 0, embedding: [1] },
            { index: 0, embedding: [1] },
          ],
        }),
    ],
    [
      'a place that is none',
      () =>
        answers({
          data: [
            { index: 0, embedding: [1] },
            { index: 2, embedding: [1] },
          ],
        }),
    ],
    ['vectors of two sizes', () => vectors([1, 0], [1])],
    ['a zero vector', () => vectors([1, 0], [0, 0])],
    [
      'no numbers',
      () =>
        answers({
          data: [
            { index: 0, embedding: ['x'] },
            { index: 1, embedding: [null] },
          ],
        }),
    ],
    ['another format', () => answers({ vectors: [] })],
  ])('refuses %s', async (_, reply) => {
    server.nextEmbedding(reply());
    await expect(embedder().embed(['a', 'b'])).rejects.toMatchObject({ name: 'ModelFault', kind: 'server' });
    expect(server.calls).toHaveLength(1);
  });

  test('refuses a later answer of another dimension', async () => {
    const one = embedder();
    server.nextEmbedding(vectors([1, 0]));
    await one.embed(['a']);
    server.nextEmbedding(vectors([1, 0, 0]));
    await expect(one.embed(['a'])).rejects.toThrow('vectors of 3 and 2 numbers');
  });

  test.each([
    ['a reset', () => resets('request')],
    ['a 500', () => fails(500)],
    ['a 429 with a short Retry-After', () => fails(429, { retryAfter: 0 })],
  ])('tries once more after %s', async (_, bad) => {
    server.nextEmbedding(bad());
    expect(await embedder().embed(['a'])).toHaveLength(1);
    expect(server.calls).toHaveLength(2);
  });

  test('and not a third time', async () => {
    for (let i = 0; i < 3; i++) server.nextEmbedding(fails(500));
    await expect(embedder().embed(['a'])).rejects.toMatchObject({ kind: 'server' });
    expect(server.calls).toHaveLength(2);
  });

  test('not at all with a wrong key', async () => {
    server.nextEmbedding(fails(401));
    await expect(embedder().embed(['a'])).rejects.toBeInstanceOf(ModelFault);
    expect(server.calls).toHaveLength(1);
  });

  test('ends in time, and at once when it is stopped, with the request closed', async () => {
    server.nextEmbedding(stalls(600_000));
    await expect(embedder({ embedMs: 300 }).embed(['a'])).rejects.toMatchObject({ kind: 'timeout' });
    await expect(server.calls[0]?.ended).resolves.toBe('gone');

    server.nextEmbedding(stalls(600_000));
    const abort = new AbortController();
    const pending = embedder().embed(['a'], abort.signal);
    await expect.poll(() => server.calls.length).toBe(2);
    abort.abort();
    await expect(pending).rejects.toMatchObject({ kind: 'aborted' });
    await expect(server.calls[1]?.ended).resolves.toBe('gone');
  });
});
