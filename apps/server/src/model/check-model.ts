import { ModelFault } from '@rayni/api';
import { openaiBaseUrl } from './openai-client.ts';
import type { OpenAIConfig, Times } from './openai-client.ts';
import { openaiEmbedder } from './openai-embedder.ts';
import { openaiModel } from './openai-model.ts';

export type Checked = { ok: true; ms: number } | { ok: false; reason: string };

/** Asks the model for one word, the way answers are asked for. Never throws; `reason` says in plain words what to change and holds no key. */
export function checkModel(config: OpenAIConfig, times: Partial<Times> = {}): Promise<Checked> {
  return check(config, async () => {
    const model = openaiModel(config, { totalMs: 30_000, ...times });
    const parts = model.stream([{ role: 'user', content: 'Say OK' }], new AbortController().signal);
    for await (const _ of parts);
  });
}

/** Embeds one word; promises what `checkModel` does. */
export function checkEmbedder(config: OpenAIConfig, times: Partial<Times> = {}): Promise<Checked> {
  return check({ ...config, model: config.embeddingModel }, () =>
    openaiEmbedder(config, { embedMs: 30_000, ...times }).embed(['OK']),
  );
}

async function check(config: OpenAIConfig, call: () => Promise<unknown>): Promise<Checked> {
  const begin = performance.now();
  try {
    await call();
    return { ok: true, ms: Math.round(performance.now() - begin) };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { ok: false, reason: `${message} ${advice(error, config)}` };
  }
}

function advice(error: unknown, config: OpenAIConfig): string {
  const url = config.baseUrl ?? openaiBaseUrl;
  const both = `The base URL is ${url}, the model "${config.model}".`;
  if (!(error instanceof ModelFault)) return both;
  if (error.kind === 'unreachable') return `The base URL is ${url}; set OPENAI_BASE_URL if it is another.`;
  if (error.kind !== 'unauthorized') return both;
  return config.apiKey === undefined
    ? `No OPENAI_API_KEY is set, and ${url} wants one.`
    : `OPENAI_API_KEY is not one that ${url} accepts.`;
}
