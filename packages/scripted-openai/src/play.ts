import type { ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { cutBytes } from './cut.ts';
import { errorBody, sseEvent } from './reply.ts';
import type { Reply, Trouble, WrittenOptions } from './reply.ts';
import type { ChatRequest } from './request.ts';
import { streamedChunks, wholeCompletion } from './wire.ts';

/** Sends the reply; rejects with the signal's reason when the client goes away in between. */
export async function play(
  response: ServerResponse,
  reply: Reply,
  request: ChatRequest | undefined,
  signal: AbortSignal,
): Promise<void> {
  if (reply.type === 'json') return sendJson(response, reply.status, reply.body, reply.headers);
  if (reply.type === 'recorded') {
    openStream(response, reply.contentType);
    await send(response, reply.bytes, reply.options, signal);
    response.end();
    return;
  }
  const { trouble } = reply.options;
  if (trouble?.after === 'request') {
    if (trouble.do === 'reset') return reset(response);
    if (trouble.do === 'stall') await sleep(trouble.ms, undefined, { signal });
  }
  if (!request)
    return sendJson(response, 500, errorBody('Written replies are for chat completions.', 'unscripted'));
  await (request.stream ? playStream : playWhole)(response, request, reply, signal);
}

type Written = Extract<Reply, { type: 'written' }>;

async function playStream(
  response: ServerResponse,
  request: ChatRequest,
  reply: Written,
  signal: AbortSignal,
) {
  const { options, text } = reply;
  const events = streamedChunks(request, text, options);
  openStream(response, 'text/event-stream');
  if (options.firstDelayMs) await sleep(options.firstDelayMs, undefined, { signal });
  const { trouble } = options;
  const after = trouble && trouble.after !== 'request' ? trouble.after : 0;
  await send(response, events.slice(0, after), options, signal);
  if (trouble?.do === 'stall') {
    if (trouble.after !== 'request') await sleep(trouble.ms, undefined, { signal });
  } else if (trouble) {
    return breakOff(response, trouble.do, events[after] ?? '');
  }
  await send(response, events.slice(after), options, signal);
  response.end();
}

async function breakOff(response: ServerResponse, how: Exclude<Trouble['do'], 'stall'>, nextEvent: string) {
  switch (how) {
    case 'reset':
      return reset(response);
    case 'end':
      response.end();
      break;
    case 'tear':
      response.end(nextEvent.slice(0, nextEvent.length / 2));
      break;
    case 'error':
      response.end(sseEvent(JSON.stringify(errorBody('The server broke off the answer.', 'server_error'))));
      break;
  }
}

async function playWhole(
  response: ServerResponse,
  request: ChatRequest,
  reply: Written,
  signal: AbortSignal,
) {
  const { finish, firstDelayMs, trouble } = reply.options;
  const body = wholeCompletion(request, reply.text, finish ?? 'stop');
  if (firstDelayMs) await sleep(firstDelayMs, undefined, { signal });
  switch (trouble?.do) {
    case 'reset':
      return reset(response);
    case 'error':
      return sendJson(response, 500, errorBody('The server broke off the answer.', 'server_error'));
    case 'end':
    case 'tear': {
      const json = JSON.stringify(body);
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(json.slice(0, json.length / 2));
      return;
    }
    case 'stall':
    case undefined:
      if (trouble && trouble.after !== 'request') await sleep(trouble.ms, undefined, { signal });
      sendJson(response, 200, body);
  }
}

/** Sends one JSON body. */
export function sendJson(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify(body));
}

function openStream(response: ServerResponse, contentType: string): void {
  response.writeHead(200, { 'content-type': contentType, 'cache-control': 'no-cache' });
  response.flushHeaders();
}

// Each write is one HTTP chunk, and HTTP clients hand those on one by one: so the cuts reach the reader as they are made here.
async function send(
  response: ServerResponse,
  events: string[] | Uint8Array,
  options: Pick<WrittenOptions, 'bytes' | 'intervalMs'>,
  signal: AbortSignal,
): Promise<void> {
  const { bytes = 'event', intervalMs } = options;
  const all = Array.isArray(events) ? Buffer.from(events.join('')) : events;
  const writes = bytes !== 'event' ? cutBytes(all, bytes) : Array.isArray(events) ? events : [events];
  for (const piece of writes) {
    signal.throwIfAborted();
    await new Promise<void>((resolve) => response.write(piece, () => resolve()));
    if (intervalMs) await sleep(intervalMs, undefined, { signal });
  }
}

async function reset(response: ServerResponse): Promise<void> {
  // A reset overtakes bytes still in the kernel's buffers; a moment lets those written so far arrive first.
  await sleep(20);
  response.socket?.resetAndDestroy();
}
