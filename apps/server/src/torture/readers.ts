import { request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { emptyDraft, isRayniError, type RayniClient, reduceAnswer } from '@rayni/client';
import type { ChatEvent } from '@rayni/contract';
import type { Random } from './random.ts';

/**
 * Why a connection of a reader ended before its answer did: the reader left it by itself, got none (nobody listened, or who did said nothing),
 * lost it, or gave it up after a silence, as one does that cannot know whether its answer waits for a lease or its connection went dark.
 */
export type Drops = Record<'left' | 'refused' | 'cut' | 'silent', number>;

/** What a reader ended up with, and what was wrong on the way. */
export type Seen = {
  kind: string;
  text: string;
  /** How the last event said that it ended; undefined: it never came. */
  reason: string | undefined;
  ends: number;
  gaps: number;
  doubled: number;
  drops: Drops;
};

const fresh = (kind: string): Seen => ({
  kind,
  text: '',
  reason: undefined,
  ends: 0,
  gaps: 0,
  doubled: 0,
  drops: { left: 0, refused: 0, cut: 0, silent: 0 },
});

/** So often a reader leaves by itself and comes back. */
const mostLeaves = 6;
/** For so long a reader without an event believes in its connection. */
const silenceMs = 3_000;

/** Reads as the published client does, which looks after everything itself. */
export async function byClient(events: AsyncIterable<ChatEvent>, kind: string): Promise<Seen> {
  const seen = fresh(kind);
  let draft = emptyDraft;
  for await (const event of events) {
    draft = reduceAnswer(draft, event);
    if (event.type === 'turn-end') seen.ends += 1;
  }
  return { ...seen, text: draft.text, reason: draft.end?.reason };
}

/** Reads the log itself and counts every number; leaves now and then, and comes back. */
export async function byEvents(
  { trpc }: RayniClient,
  turnId: string,
  random: Random,
  signal: AbortSignal,
): Promise<Seen> {
  const seen = fresh('events');
  let draft = emptyDraft;
  let last = 0;
  while (!draft.end) {
    const leaving = new AbortController();
    const stop = AbortSignal.any([signal, leaving.signal]);
    const stay = seen.drops.left < mostLeaves && random.chance(0.5) ? random.between(1, 30) : Infinity;
    let here = 0;
    try {
      const input = { turnId, ...(last > 0 ? { lastEventId: String(last) } : {}) };
      for await (const { id, data } of trpc.chat.events.subscribe(input, { signal: stop })) {
        const seq = Number(id);
        if (seq <= last) seen.doubled += 1;
        if (seq > last + 1) seen.gaps += 1;
        last = seq;
        draft = reduceAnswer(draft, data);
        if (data.type === 'turn-end') seen.ends += 1;
        if (draft.end || ++here >= stay) break;
      }
    } catch (error) {
      signal.throwIfAborted();
      if (isRayniError(error) && error.code === 'NOT_FOUND') throw error;
    }
    signal.throwIfAborted();
    leaving.abort();
    if (draft.end) break;
    // The client under it comes back by itself over whatever else happens.
    seen.drops[here >= stay ? 'left' : 'cut'] += 1;
    await sleep(random.between(0, 300));
  }
  return { ...seen, text: draft.text, reason: draft.end.reason };
}

/** Reads the older stream as an `EventSource` would: after a cut with `Last-Event-ID`, until `done`, `error` or 204. */
export async function byStream(
  base: string,
  turnId: string,
  random: Random,
  signal: AbortSignal,
): Promise<Seen> {
  const seen = fresh('stream');
  let last = 0;
  while (seen.ends === 0) {
    signal.throwIfAborted();
    const how = await connection(
      base,
      `${turnId}:${last}`,
      seen.drops.left < mostLeaves && random.chance(0.4) ? random.between(1, 25) : Infinity,
      (id, event, data) => {
        const [turn, seq] = id.split(':');
        if (turn !== turnId || Number(seq) <= last) seen.doubled += 1;
        last = Number(seq);
        if (event === 'start') seen.text = '';
        if (event === 'token') seen.text += data.t;
        if (event === 'done' || event === 'error') {
          seen.ends += 1;
          seen.reason = event;
        }
      },
    );
    if (seen.ends > 0) break;
    seen.drops[how] += 1;
    await sleep(random.between(20, 300));
  }
  return seen;
}

/** One connection, until it ends, is silent for too long, or was left after `stay` events. */
function connection(
  base: string,
  lastEventId: string,
  stay: number,
  on: (id: string, event: string, data: { t: string }) => void,
): Promise<keyof Drops> {
  return new Promise((resolve) => {
    let how: keyof Drops = 'refused';
    const asked = request(`${base}/stream/chat`, { headers: { 'last-event-id': lastEventId }, agent: false });
    const silence = setTimeout(() => {
      if (how === 'cut') how = 'silent';
      asked.destroy();
    }, silenceMs);
    asked.on('error', () => {});
    asked.on('close', () => {
      clearTimeout(silence);
      resolve(how);
    });
    asked.on('response', (response) => {
      if (response.statusCode !== 200) {
        asked.destroy();
        return;
      }
      how = 'cut';
      let text = '';
      let here = 0;
      response.setEncoding('utf8').on('error', () => {});
      response.on('data', (some: string) => {
        silence.refresh();
        const blocks = (text + some).split('\n\n');
        text = blocks.pop()!;
        for (const block of blocks) {
          const [, id, event, data] = /^id: (.*)\nevent: (.*)\ndata: (.*)$/.exec(block) ?? [];
          if (id === undefined || here >= stay) continue;
          here += 1;
          on(id, event!, JSON.parse(data!));
        }
        if (here < stay) return;
        how = 'left';
        asked.destroy();
      });
    });
    asked.end();
  });
}

/** Asks for the answer and never reads a byte of it; returns what ends that. */
export function neverReading(base: string, turnId: string): () => void {
  const asked = request(`${base}/stream/chat`, { headers: { 'last-event-id': `${turnId}:0` }, agent: false });
  asked.on('error', () => {});
  asked.on('response', (response) => response.pause().on('error', () => {}));
  asked.end();
  return () => void asked.destroy();
}
