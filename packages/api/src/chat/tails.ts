import type { ChatEvent } from '@rayni/contract';
import type { App } from '../app.ts';
import { eventsAfter } from './store.ts';
import type { WakeUps } from './wake-ups.ts';

/** One event of a turn's log as it is committed; `seq` counts from 1 without gaps. */
export type LoggedEvent = { seq: number; event: ChatEvent };

type Tail = { events: LoggedEvent[]; readers: number; wake: PromiseWithResolvers<void>; stale: boolean };

const safetyNetMs = 1_000;

/**
 * What this process knows of the logs its readers follow. One tail per turn feeds all its readers: the producer here hands over what it
 * has committed, and one query a second for all open tails catches what came from elsewhere.
 */
export type Tails = ReturnType<typeof createTails>;

export function createTails(
  app: Pick<App, 'db' | 'log'>,
  { wakeUps, lookEveryMs = safetyNetMs }: { wakeUps?: Pick<WakeUps, 'grown'>; lookEveryMs?: number } = {},
) {
  const tails = new Map<string, Tail>();
  let looking: Promise<void> | undefined;

  const ended = (tail: Tail) => tail.events.at(-1)?.event.type === 'turn-end';
  const lastSeq = (tail: Tail) => tail.events.at(-1)?.seq ?? 0;

  /** Events may only be added where the last one ended: a gap means that another look at the log is due. */
  function add(tail: Tail, events: LoggedEvent[]) {
    const fresh = events.filter((e) => e.seq > lastSeq(tail));
    if (fresh.length === 0) return;
    if (fresh[0]!.seq === lastSeq(tail) + 1) tail.events.push(...fresh);
    else tail.stale = true;
    wake(tail);
  }

  function wake(tail: Tail) {
    const { resolve } = tail.wake;
    tail.wake = Promise.withResolvers();
    resolve();
  }

  /** One query for every open tail; concurrent callers share it. */
  function look(): Promise<void> {
    looking ??= (async () => {
      const open = [...tails].filter(([, tail]) => !ended(tail));
      for (const [, tail] of open) tail.stale = false;
      const rows = await eventsAfter(
        app.db.query,
        open.map(([turnId, tail]) => ({ turnId, after: lastSeq(tail) })),
      ).catch((error: unknown) => {
        // Not looked at: whoever reads one of these must not wait for what is in the log already.
        for (const [, tail] of open) tail.stale = true;
        throw error;
      });
      for (const [turnId, events] of rows) {
        const tail = tails.get(turnId);
        if (tail) add(tail, events);
      }
    })().finally(() => {
      looking = undefined;
    });
    return looking;
  }

  const timer = setInterval(() => {
    if ([...tails.values()].every(ended)) return;
    look().catch((error: unknown) =>
      app.log.warn({ err: error }, 'Looking at open answers failed; next try in a second'),
    );
  }, lookEveryMs);
  timer.unref();

  /** One tail for all who follow a turn here; `stale` is how a new one begins. */
  function join(turnId: string, stale: boolean): Tail {
    const tail = tails.get(turnId) ?? { events: [], readers: 0, wake: Promise.withResolvers<void>(), stale };
    tails.set(turnId, tail);
    tail.readers += 1;
    return tail;
  }

  function leave(turnId: string, tail: Tail) {
    tail.readers -= 1;
    if (tail.readers === 0) tails.delete(turnId);
  }

  return {
    /** Keeps what is published of a turn that has just begun with this event, until the returned function is called. */
    hold(turnId: string, first: LoggedEvent): () => void {
      const tail = join(turnId, false);
      add(tail, [first]);
      return () => leave(turnId, tail);
    },

    /** Called with what a commit has just made durable, never before. */
    publish(turnId: string, events: LoggedEvent[]) {
      const tail = tails.get(turnId);
      if (tail) add(tail, events);
      const last = events.at(-1);
      if (last) wakeUps?.grown(turnId, last.seq);
    },

    /** Another process has made that log grow to `seq`; without a turn, perhaps any. Readers here look, all with one query. */
    grown(turnId?: string, seq = Infinity) {
      for (const tail of turnId === undefined ? tails.values() : [tails.get(turnId)]) {
        if (!tail || ended(tail) || lastSeq(tail) >= seq) continue;
        tail.stale = true;
        wake(tail);
      }
    },

    /** Every event after `after`, each once and in order, up to and including `turn-end`. Pull only: a slow reader costs nothing here. */
    async *read(turnId: string, after: number, signal: AbortSignal): AsyncGenerator<LoggedEvent, void> {
      const tail = join(turnId, true);
      // A race of each wait against one promise would keep every event until that promise is settled.
      const stop = () => wake(tail);
      signal.addEventListener('abort', stop, { once: true });
      try {
        let next = after + 1;
        while (!signal.aborted) {
          // A tail holds the log from its first event, so event `seq` stands at `seq - 1`.
          const logged = tail.events[next - 1];
          if (logged) {
            next += 1;
            yield logged;
            if (logged.event.type === 'turn-end') return;
            continue;
          }
          if (ended(tail)) return;
          const { promise } = tail.wake;
          if (tail.stale) {
            await looking;
            if (tail.stale) await look();
            continue;
          }
          await promise;
        }
      } finally {
        signal.removeEventListener('abort', stop);
        leave(turnId, tail);
      }
    },

    /** Logs that are being followed now. */
    open: () => tails.size,

    stop: () => clearInterval(timer),
  };
}
