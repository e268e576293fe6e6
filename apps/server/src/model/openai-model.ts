import { setTimeout as sleep } from 'node:timers/promises';
import { ModelFault } from '@rayni/api';
import type { ChatMessage, Model, ModelPart } from '@rayni/api';
import type { EventSourceMessage } from 'eventsource-parser';
import type OpenAI from 'openai';
import { APIError } from 'openai';
import { z } from 'zod';
import { defaultTimes, openaiClient } from './openai-client.ts';
import type { OpenAIConfig, Times } from './openai-client.ts';
import { retryDelay, toModelFault } from './openai-faults.ts';
import { serverSent } from './server-sent.ts';

/**
 * The language model behind any server that speaks streamed chat completions. Tries once more, and only before the first text; the HTTP
 * request is closed as soon as the signal fires, a time runs out or the reader leaves. Deltas hold no NUL and no half of a surrogate pair.
 */
export function openaiModel(config: OpenAIConfig, times: Partial<Times> = {}): Model {
  const client = openaiClient(config);
  const limits = { ...defaultTimes, ...times };
  return {
    name: config.model,
    stream: (messages, signal) => streamAnswer(client, { model: config.model, messages }, signal, limits),
  };
}

type Asked = { model: string; messages: ChatMessage[] };

async function* streamAnswer(
  client: OpenAI,
  asked: Asked,
  signal: AbortSignal,
  times: Times,
): AsyncGenerator<ModelPart> {
  const stop = new AbortController();
  const onAbort = () => stop.abort(new ModelFault('aborted', 'The answer was stopped.'));
  signal.addEventListener('abort', onAbort, { once: true });
  if (signal.aborted) onAbort();
  const tooLong = () =>
    stop.abort(new ModelFault('timeout', 'The language model took too long for the whole answer.'));
  const total = setTimeout(tooLong, times.totalMs);
  try {
    for (let attempt = 1; ; attempt++) {
      let begun = false;
      try {
        for await (const part of attemptAnswer(client, asked, stop, times)) {
          // Not asked again: many answers that stream for minutes would otherwise keep their prompts.
          if (!begun) asked.messages = [];
          begun = true;
          yield part;
        }
        return;
      } catch (error) {
        stop.signal.throwIfAborted();
        const delay = begun || attempt > 1 ? undefined : retryDelay(error, times);
        if (delay === undefined) throw toModelFault(error);
        await sleep(delay, undefined, { signal: stop.signal }).catch(() => stop.signal.throwIfAborted());
      }
    }
  } finally {
    clearTimeout(total);
    signal.removeEventListener('abort', onAbort);
    stop.abort();
  }
}

async function* attemptAnswer(
  client: OpenAI,
  asked: Asked,
  stop: AbortController,
  times: Times,
): AsyncGenerator<ModelPart> {
  // One timer for the silences of the whole answer, and not one for each token.
  let silentSince: number | undefined;
  let idle: NodeJS.Timeout | undefined;
  const silent = () => {
    const left = silentSince === undefined ? times.idleMs : silentSince + times.idleMs - performance.now();
    if (left > 0) idle = setTimeout(silent, left);
    else stop.abort(new ModelFault('timeout', 'The language model fell silent in the middle of the answer.'));
  };

  stop.signal.throwIfAborted();
  const late = setTimeout(
    () => stop.abort(new ModelFault('timeout', 'The language model did not begin to answer in time.')),
    times.firstByteMs,
  );
  const response = await client.chat.completions
    .create({ ...asked, stream: true }, { signal: stop.signal })
    .asResponse()
    .finally(() => clearTimeout(late));
  const events = serverSent(response);
  const text = wholeCharacters();
  let finish: Extract<ModelPart, { type: 'finish' }>['reason'] | undefined;
  idle = setTimeout(silent, times.idleMs);
  try {
    read: for (;;) {
      // Only the wait for the model counts as idle, not the time a slow reader takes.
      silentSince = finish ? undefined : performance.now();
      const some = await (finish
        ? Promise.race([
            events.next().catch(() => undefined),
            sleep(times.afterFinishMs, undefined, { ref: false }),
          ])
        : events.next());
      silentSince = undefined;
      if (!some) break;
      for (const event of some) {
        if (event.data === '[DONE]') {
          // Read to its end a connection can be used again.
          if (finish) continue;
          break read;
        }
        let choice: ReturnType<typeof choiceIn>;
        try {
          choice = choiceIn(event);
        } catch (error) {
          // The answer is whole once its reason has come.
          if (finish) break read;
          throw error;
        }
        const delta = text(choice?.delta?.content ?? '');
        if (delta !== '') yield { type: 'delta', text: delta };
        if (choice?.finish_reason) finish = finishReason(choice.finish_reason);
      }
    }
  } finally {
    clearTimeout(idle);
  }
  // An end may be that of a stop.
  stop.signal.throwIfAborted();
  if (!finish)
    throw new ModelFault('cut', 'The language model ended the answer without saying that it is whole.');
  yield { type: 'finish', reason: finish };
}

// Compatible servers leave out or null what the library's types promise.
const wireChunk = z.object({
  error: z.union([z.string(), z.looseObject({})]).nullish(),
  choices: z
    .array(
      z.object({
        delta: z.object({ content: z.string().nullish() }).nullish(),
        finish_reason: z.string().nullish(),
      }),
    )
    .nullish(),
});

function choiceIn({ event, data }: EventSourceMessage) {
  const sent: unknown = JSON.parse(data);
  const chunk = wireChunk.safeParse(sent);
  // In the middle of a stream an error comes as an event.
  const error = chunk.data?.error ?? (event === 'error' ? {} : undefined);
  if (error)
    throw new APIError(
      undefined,
      typeof error === 'string' ? { message: error } : error,
      undefined,
      undefined,
    );
  if (!chunk.success)
    throw new ModelFault('server', 'The server does not answer in the format of chat completions.');
  return chunk.data.choices?.[0];
}

function finishReason(reason: string): 'stop' | 'length' | 'filtered' {
  if (reason === 'length') return 'length';
  return reason === 'content_filter' ? 'filtered' : 'stop';
}

/** Holds back half of a surrogate pair until the other half comes: some servers cut there. */
function wholeCharacters(): (delta: string) => string {
  let held = '';
  return (delta) => {
    const text = held + delta;
    held = /[\uD800-\uDBFF]$/.exec(text)?.[0] ?? '';
    return text
      .slice(0, text.length - held.length)
      .replaceAll('\0', '')
      .toWellFormed();
  };
}
