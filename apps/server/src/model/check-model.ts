import { ModelFault } from '@rayni/api';
import { openaiBaseUrl } from './openai-client.ts';
import type { OpenAIConfig, Times } from './openai-client.ts';
import { openaiModel } from './openai-model.ts';

/** Asks the model for one word, the way answers are asked for. Never throws; `reason` says in plain words what to change and holds no key. */
export async function checkModel(
  config: OpenAIConfig,
  times: Partial<Times> = {},
): Promise<{ ok: true; ms: number } | { ok: false; reason: string }> {
  const begin = performance.now();
  try {
    const model = openaiModel(config, { totalMs: 30_000, ...times });
    const parts = model.stream([{ role: 'user', content: 'Say OK' }], new AbortController().signal);
    for await (const _ of parts);
    return { ok: true, ms: Math.round(performance.now() - begin) };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { ok: false, reason: `${message} ${advice(error, config)}` };
  }
}

function advice(error: unknown, config: OpenAIConfig): string {
  const url = config.baseUrl ?? openaiBaseUrl;
  const both = `The base URL is ${url}, OPENAI_MODEL is "${config.model}".`;
  if (!(error instanceof ModelFault)) return both;
  if (error.kind === 'unreachable') return `The base URL is ${url}; set OPENAI_BASE_URL if it is another.`;
  if (error.kind !== 'unauthorized') return both;
  return config.apiKey === undefined
    ? `No OPENAI_API_KEY is set, and ${url} wants one.`
    : `OPENAI_API_KEY is not one that ${url} accepts.`;
}
