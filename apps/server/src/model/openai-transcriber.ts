import { createReadStream } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Cue, ModelFault, type Transcriber } from '@rayni/api';
import type OpenAI from 'openai';
import { z } from 'zod';
import { defaultTimes, type OpenAIConfig, openaiClient, type Times } from './openai-client.ts';
import { retryDelay, toModelFault } from './openai-faults.ts';

/** The documented limit is 25 MB, with what goes around the file. */
const maxBytes = 24_000_000;

/**
 * The model that writes down what is spoken, behind any server that speaks the transcriptions API. Times come from `verbose_json`, of models that
 * tell speakers apart from `diarized_json`; a model that gives none is a `ModelFault`.
 */
export function openaiTranscriber(
  config: Omit<OpenAIConfig, 'model' | 'embeddingModel'> & { transcribeModel: string },
  times: Partial<Times> = {},
): Transcriber {
  const model = config.transcribeModel;
  const client = openaiClient({ ...config, model, embeddingModel: model });
  const limits = { ...defaultTimes, ...times };
  return {
    model,
    maxBytes,
    async transcribe({ path }, signal) {
      for (let attempt = 1; ; attempt++) {
        const late = AbortSignal.timeout(limits.transcribeMs);
        try {
          return readCues(await ask(client, model, path, AbortSignal.any([signal, late])));
        } catch (error) {
          throwIfStopped(signal);
          if (late.aborted)
            throw new ModelFault('timeout', 'The transcription model did not answer in time.');
          const delay = attempt > 1 ? undefined : retryDelay(error, limits);
          if (delay === undefined) throw toModelFault(error);
          await sleep(delay, undefined, { signal }).catch(() => throwIfStopped(signal));
        }
      }
    },
  };
}

function ask(client: OpenAI, model: string, path: string, signal: AbortSignal): Promise<unknown> {
  const file = createReadStream(path);
  if (/diarize/.test(model))
    return client.audio.transcriptions.create(
      // Needed for what is longer than 30 s.
      { model, file, response_format: 'diarized_json', chunking_strategy: 'auto' },
      { signal },
    );
  return client.audio.transcriptions.create(
    { model, file, response_format: 'verbose_json', timestamp_granularities: ['word', 'segment'] },
    { signal },
  );
}

function throwIfStopped(signal: AbortSignal): void {
  if (signal.aborted) throw new ModelFault('aborted', 'The transcription was stopped.');
}

const seconds = z.number().min(0);
const wireCues = z.object({
  segments: z.array(
    z.object({
      start: seconds,
      end: seconds,
      text: z.string(),
      speaker: z.string().optional(),
      no_speech_prob: z.number().nullish(),
      avg_logprob: z.number().nullish(),
    }),
  ),
  words: z.array(z.object({ start: seconds, end: seconds, word: z.string() })).nullish(),
});

function readCues(response: unknown): Cue[] {
  const { data, success } = wireCues.safeParse(response);
  if (!success)
    throw new ModelFault(
      'no_model',
      'The transcription model gives no times. Set OPENAI_TRANSCRIBE_MODEL to one that does, for instance whisper-1.',
    );
  const words = (data.words ?? []).map(({ word, ...when }) => ({ ...when, text: word }));
  return data.segments.filter(isSpeech).map(({ start, end, text, speaker }) => {
    const own = words.filter((word) => word.start >= start - 0.01 && word.start < end);
    return { start, end, text, ...(speaker && { speaker }), ...(own.length > 0 && { words: own }) };
  });
}

/** The thresholds of Whisper's own decoder: over silence it makes things up, and knows. */
const isSpeech = ({
  no_speech_prob: silence,
  avg_logprob: sure,
}: {
  no_speech_prob?: number | null | undefined;
  avg_logprob?: number | null | undefined;
}) => !((silence ?? 0) > 0.6 && (sure ?? 0) < -1);
