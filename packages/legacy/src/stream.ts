import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { Caller } from '@rayni/api';
import { type ChatEvent, chatEvent } from '@rayni/contract';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { failureOf } from './ending.ts';
import { Refused } from './errors.ts';
import type { Raw, StreamRow, TurnIds } from './rows.ts';

/** Milliseconds: of silence before a comment is sent, and of not reading before a reader is dropped. */
export type StreamTimes = { silence: number; drain: number };
export const streamTimes: StreamTimes = { silence: 15_000, drain: 30_000 };

const headers = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-cache, no-transform',
  'x-accel-buffering': 'no',
};

/**
 * Asks (or, with a Last-Event-ID, resumes) and writes the answer as it comes. Refusals are thrown before the first byte. `signal` ends
 * with the connection; the answer goes on without it.
 */
export async function serveStream(
  row: StreamRow,
  api: Caller,
  raw: Raw,
  request: FastifyRequest,
  reply: FastifyReply,
  { signal, times }: { signal: AbortSignal; times: StreamTimes },
): Promise<void> {
  const resumed = resumePoint(request.headers['last-event-id']);
  const ids = resumed ? await rest(row, api, resumed) : await row.start(api, raw);
  if (!ids) {
    void reply.code(204).send();
    return;
  }
  const { turnId } = ids;
  const lastEventId = resumed ? { lastEventId: String(resumed.seq) } : {};
  const followed = await row.follow(api)({ turnId, ...lastEventId });
  const events = followed[Symbol.asyncIterator]();
  try {
    // Hijacking leaves out what hooks have put on the reply (CORS, helmet), so it is copied.
    reply.hijack();
    for (const [name, value] of Object.entries({ ...reply.getHeaders(), ...headers })) {
      if (value !== undefined) reply.raw.setHeader(name, value);
    }
    reply.raw.flushHeaders();
    await write(reply.raw, events, framesOf(row, ids), { signal, times });
  } catch (error) {
    if (!reply.raw.headersSent) throw error;
    if (!signal.aborted) request.log.warn({ err: error, turnId }, 'A stream was cut; its reader may resume');
    reply.raw.destroy();
  } finally {
    await events.return?.();
  }
}

/** Where a reader who was cut off goes on; undefined for a new question. */
function resumePoint(header: string | string[] | undefined): { turnId: string; seq: number } | undefined {
  if (header === undefined || header === '') return undefined;
  const [, turnId, seq] = /^([^:]+):(\d{1,9})$/.exec(String(header)) ?? [];
  const turn = z.uuid().safeParse(turnId);
  if (!turn.success) throw new Refused('BAD_REQUEST', 'Last-Event-ID: not an id of this stream.');
  return { turnId: turn.data, seq: Number(seq) };
}

/** In process a tracked event is tRPC's tuple `[id, data, symbol]`, although the caller's type promises what clients get: `{ id, data }`. */
const trackedEvent = z.tuple([z.string().regex(/^\d+$/), chatEvent], z.unknown());

/** The answer that a reader goes on with; undefined when they have it all. */
async function rest(
  row: StreamRow,
  api: Caller,
  { turnId, seq }: { turnId: string; seq: number },
): Promise<TurnIds | undefined> {
  const { status, lastSeq, userTurnId } = await row.locate(api)({ turnId });
  const over = status !== 'running' && status !== 'queued';
  return over && seq > lastSeq ? undefined : { turnId, userTurnId };
}

/** One event as it goes out, or nothing where the dialect has no word for it. */
const framesOf = (row: StreamRow, ids: TurnIds) => (seq: string, event: ChatEvent) => {
  const failure = event.type === 'turn-end' ? failureOf(event) : undefined;
  const frame = failure ? { event: 'error', data: failure } : row.frame(event, ids);
  // Whoever was signed out may sign in and go on: this end is theirs alone, and its number that of an event of the answer.
  const signedOut =
    event.type === 'turn-end' && event.reason === 'access_revoked' && event.code === 'UNAUTHENTICATED';
  const id = signedOut ? '' : `id: ${ids.turnId}:${seq}\n`;
  return frame && `${id}event: ${frame.event}\ndata: ${JSON.stringify(frame.data)}\n\n`;
};

/** Writes as fast as the reader reads. A stream that breaks off before its last event is destroyed: a clean end would say that it is complete. */
async function write(
  to: ServerResponse,
  events: AsyncIterator<unknown>,
  frame: ReturnType<typeof framesOf>,
  { signal, times }: { signal: AbortSignal; times: StreamTimes },
): Promise<void> {
  const comment = setInterval(() => !to.writableNeedDrain && to.write(':\n\n'), times.silence);
  try {
    for (;;) {
      const next = await events.next();
      if (signal.aborted || next.done) {
        to.destroy();
        return;
      }
      comment.refresh();
      const [seq, event] = trackedEvent.parse(next.value);
      const text = frame(seq, event);
      if (text && !to.write(text)) {
        await once(to, 'drain', { signal: AbortSignal.any([signal, AbortSignal.timeout(times.drain)]) });
      }
      if (event.type === 'turn-end') {
        to.end();
        return;
      }
    }
  } finally {
    clearInterval(comment);
  }
}
