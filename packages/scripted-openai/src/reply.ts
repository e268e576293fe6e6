import { readFileSync } from 'node:fs';

/** How text is cut into chunks: like tokens, every n UTF-16 units (a surrogate pair may be torn), or at seeded random places with empty deltas between. */
export type Cut = 'token' | number | { seed: number };
/** How the bytes of the stream are cut into writes: one per event, every n bytes, or at seeded random places (a UTF-8 sequence may be torn). */
export type ByteCut = 'event' | number | { seed: number };

export type FinishReason = 'stop' | 'length' | 'content_filter';

/** Where in the reply something goes wrong: before any byte, or after that many chunks (the first one carries only the role). */
export type Point = 'request' | number;

export type Trouble =
  /** The TCP connection is reset. */
  | { do: 'reset'; after: Point }
  /** The HTTP response ends properly, but early: no finish reason, no `[DONE]`. */
  | { do: 'end'; after: Point }
  /** The response ends in the middle of a chunk's JSON. */
  | { do: 'tear'; after: Point }
  /** Silence, then the reply goes on. */
  | { do: 'stall'; after: Point; ms: number }
  /** An error object in the stream where a chunk should be, then the end. */
  | { do: 'error'; after: Point };

export type WrittenOptions = {
  /** Silence before the first chunk; the response headers are sent before it. */
  firstDelayMs?: number;
  intervalMs?: number;
  chunk?: Cut;
  bytes?: ByteCut;
  finish?: FinishReason;
  trouble?: Trouble;
};

/** What the server does with one request. */
export type Reply =
  | { type: 'written'; text: string; options: WrittenOptions }
  | {
      type: 'recorded';
      bytes: Uint8Array;
      contentType: string;
      options: Pick<WrittenOptions, 'bytes' | 'intervalMs'>;
    }
  | { type: 'json'; status: number; headers: Record<string, string>; body: unknown };

/** An answer with this text, streamed or whole as the request wants it. */
export function written(text: string, options: WrittenOptions = {}): Reply {
  return { type: 'written', text, options };
}

/** An answer whose connection is reset after that many chunks. */
export function resets(after: Point, text = sample): Reply {
  return written(text, { trouble: { do: 'reset', after } });
}

/** An answer that falls silent for `ms` milliseconds and then goes on. */
export function stalls(ms: number, after: Point = 'request', text = sample): Reply {
  return written(text, { trouble: { do: 'stall', ms, after } });
}

/** An answer whose stream ends properly but without a finish reason. */
export function endsEarly(after: Point, text = sample): Reply {
  return written(text, { trouble: { do: 'end', after } });
}

/** An answer whose stream ends in the middle of a chunk's JSON. */
export function tears(after: Point, text = sample): Reply {
  return written(text, { trouble: { do: 'tear', after } });
}

/** A refusal in the provider's error shape; `retryAfter` in seconds. */
export function fails(
  status: number,
  options: { retryAfter?: number; code?: string; message?: string } = {},
): Reply {
  const code = options.code ?? codes[status] ?? null;
  return {
    type: 'json',
    status,
    headers: options.retryAfter === undefined ? {} : { 'retry-after': String(options.retryAfter) },
    body: errorBody(options.message ?? `Scripted failure ${status}.`, code),
  };
}

/** Any JSON with status 200, for shapes no good server sends. */
export function answers(body: unknown): Reply {
  return { type: 'json', status: 200, headers: {}, body };
}

/** A transcription with these segments, in seconds, as `verbose_json` has them; with words where they are given. */
export function transcribed(
  segments: { start: number; end: number; text: string; speaker?: string }[],
  words?: { start: number; end: number; word: string }[],
): Reply {
  return answers({
    task: 'transcribe',
    language: 'english',
    duration: segments.at(-1)?.end ?? 0,
    text: segments.map(({ text }) => text).join(''),
    segments: segments.map((segment, id) => ({ id, ...segment })),
    ...(words && { words }),
  });
}

/** A description of a picture in the form Rayni asks for; boxes are `[x, y, width, height]` in its pixels. */
export function described(
  description: string,
  regions: { label: string; box: [number, number, number, number] }[] = [],
): Reply {
  return written(JSON.stringify({ description, regions }));
}

/** A recording sent as it stands: `.sse` byte for byte, `.jsonl` one chunk a line, closed by `[DONE]`. */
export function recorded(
  path: string | URL,
  options: Pick<WrittenOptions, 'bytes' | 'intervalMs'> = {},
): Reply {
  const bytes = readFileSync(path);
  const lines = String(path).endsWith('.jsonl')
    ? Buffer.from([...bytes.toString('utf8').split('\n').filter(Boolean), '[DONE]'].map(sseEvent).join(''))
    : bytes;
  return { type: 'recorded', bytes: lines, contentType: 'text/event-stream', options };
}

/** One server-sent event with this data. */
export function sseEvent(data: string): string {
  return `data: ${data}\n\n`;
}

/** The documented error object. */
export function errorBody(message: string, code: string | null): { error: object } {
  return { error: { message, type: code ?? 'invalid_request_error', param: null, code } };
}

const sample = 'The scripted answer is long enough to be cut in the middle.';

const codes: Partial<Record<number, string>> = {
  401: 'invalid_api_key',
  404: 'model_not_found',
  429: 'rate_limit_exceeded',
  500: 'server_error',
  503: 'server_error',
};
