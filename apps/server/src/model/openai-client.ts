import OpenAI from 'openai';
import { leanFetch } from './lean-fetch.ts';

/** Where the language model is and which models of it are used. */
export type OpenAIConfig = {
  /** Any server that speaks chat completions; OpenAI's own without it. */
  baseUrl?: string | undefined;
  /** Local servers often need none. */
  apiKey?: string | undefined;
  model: string;
  embeddingModel: string;
};

/** How long is waited for a model, in milliseconds. */
export type Times = {
  /** From the request to the response's headers. */
  firstByteMs: number;
  /** Between two chunks of a stream. */
  idleMs: number;
  /** One answer, with its retry. */
  totalMs: number;
  /** One batch of embeddings. */
  embedMs: number;
  /** One file of speech; at most 20 minutes of it are sent at once. */
  transcribeMs: number;
  /** One picture described. */
  visionMs: number;
  /** Before the one retry, unless the server names a time. */
  retryDelayMs: number;
  /** A longer time named by the server is not waited for. */
  longestRetryDelayMs: number;
  /** For what may follow the finish reason; the answer is whole by then. */
  afterFinishMs: number;
};

export const defaultTimes: Times = {
  firstByteMs: 20_000,
  idleMs: 60_000,
  totalMs: 300_000,
  embedMs: 60_000,
  transcribeMs: 540_000,
  visionMs: 120_000,
  retryDelayMs: 500,
  longestRetryDelayMs: 5_000,
  afterFinishMs: 250,
};

export const openaiBaseUrl = 'https://api.openai.com/v1';

/** A client without retries, logs or time limits of its own, that takes nothing but its base URL and key from outside. */
export function openaiClient(config: OpenAIConfig): OpenAI {
  return new OpenAI({
    // Every option left undefined would be filled from the environment by the library.
    baseURL: config.baseUrl ?? openaiBaseUrl,
    // The library refuses to be made without a key; the header is removed below.
    apiKey: config.apiKey ?? 'none',
    adminAPIKey: null,
    organization: null,
    project: null,
    webhookSecret: null,
    logLevel: 'off',
    maxRetries: 0,
    fetch: leanFetch,
    // Longer than any limit above; those abort by signal and know which one it was.
    timeout: 600_000,
    ...(config.apiKey === undefined ? { defaultHeaders: { Authorization: null } } : {}),
  });
}
