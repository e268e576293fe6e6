import { setTimeout as sleep } from 'node:timers/promises';
import { ModelFault } from '@rayni/api';
import type { Embedder } from '@rayni/api';
import type OpenAI from 'openai';
import { z } from 'zod';
import { defaultTimes, openaiClient } from './openai-client.ts';
import type { OpenAIConfig, Times } from './openai-client.ts';
import { retryDelay, toModelFault } from './openai-faults.ts';

/** Most texts of one request; OpenAI's own limit is 2048, that of others lower. */
const mostTexts = 256;
/** Most UTF-16 units of one request: at one token each this stays below the 300,000 tokens a request may have. */
const mostUnits = 200_000;
/** Longer texts are embedded by their beginning: models take about 8,000 tokens and refuse what is longer. */
const longestText = 8_000;

/**
 * The embedding model behind any server that speaks the embeddings API. Throws a `ModelFault` for the whole call when one batch fails twice,
 * or when vectors are missing, zero or of another dimension than all before.
 */
export function openaiEmbedder(config: OpenAIConfig, times: Partial<Times> = {}): Embedder {
  const client = openaiClient(config);
  const limits = { ...defaultTimes, ...times };
  let dimension: number | undefined;

  return {
    model: config.embeddingModel,
    async embed(texts, signal = new AbortController().signal) {
      const vectors: Float32Array[] = [];
      for (const batch of batches(texts)) {
        const made = await embedBatch(client, config.embeddingModel, batch, signal, limits);
        for (const vector of made) {
          dimension ??= vector.length;
          if (vector.length !== dimension)
            throw malformed(`vectors of ${vector.length} and ${dimension} numbers`);
          vectors.push(vector);
        }
      }
      return vectors;
    },
  };
}

/** Consecutive texts, cut to what one request may hold. */
export function batches(texts: string[]): string[][] {
  const out: string[][] = [];
  let units = Infinity;
  for (const whole of texts) {
    const text = whole.slice(0, longestText).toWellFormed();
    const last = out.at(-1);
    units += text.length;
    if (last && last.length < mostTexts && units <= mostUnits) last.push(text);
    else {
      out.push([text]);
      units = text.length;
    }
  }
  return out;
}

async function embedBatch(
  client: OpenAI,
  model: string,
  input: string[],
  signal: AbortSignal,
  times: Times,
): Promise<Float32Array[]> {
  for (let attempt = 1; ; attempt++) {
    const late = AbortSignal.timeout(times.embedMs);
    const either = AbortSignal.any([signal, late]);
    try {
      // Base64, the library's default, is unknown to some servers.
      const request = { model, input, encoding_format: 'float' as const };
      return readVectors(await client.embeddings.create(request, { signal: either }), input.length);
    } catch (error) {
      throwIfStopped(signal);
      if (late.aborted) throw new ModelFault('timeout', 'The embedding model did not answer in time.');
      const delay = attempt > 1 ? undefined : retryDelay(error, times);
      if (delay === undefined) throw toModelFault(error);
      await sleep(delay, undefined, { signal }).catch(() => throwIfStopped(signal));
    }
  }
}

function throwIfStopped(signal: AbortSignal): void {
  if (signal.aborted) throw new ModelFault('aborted', 'The embedding was stopped.');
}

// Not z.array(z.number()): that took 30 to 60 ms of the event loop for 256 vectors of 1536 numbers.
const numbers = z.custom<number[]>(
  (value) => Array.isArray(value) && value.length > 0 && value.every((each) => typeof each === 'number'),
);
const wireVectors = z.object({ data: z.array(z.object({ index: z.int().min(0), embedding: numbers })) });

function readVectors(response: unknown, expected: number): Float32Array[] {
  const { data, success } = wireVectors.safeParse(response);
  if (!success) throw malformed('another format');
  const byIndex = new Map(data.data.map(({ index, embedding }) => [index, embedding]));
  if (data.data.length !== expected) throw malformed(`${data.data.length} vectors for ${expected} texts`);
  return Array.from({ length: expected }, (_, index) => unit(byIndex.get(index)));
}

function unit(embedding: number[] | undefined): Float32Array {
  if (!embedding) throw malformed('vectors with wrong places');
  const length = Math.sqrt(embedding.reduce((sum, value) => sum + value * value, 0));
  if (!(length > 0 && Number.isFinite(length))) throw malformed('a vector without direction');
  return Float32Array.from(embedding, (value) => value / length);
}

function malformed(what: string): ModelFault {
  return new ModelFault('server', `The embedding model answered with ${what}.`);
}
