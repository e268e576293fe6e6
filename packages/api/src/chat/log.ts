import type { ChatEvent } from '@rayni/contract';
import type { App } from '../app.ts';
import { type AppendItem, appendEvents } from './store.ts';
import type { Tails } from './tails.ts';

/** The lease of a running answer, prolonged by every append and by the heartbeat. */
export const leaseMs = 10_000;
/** Between the statements in which only words go that may wait: with many answers a statement costs more than its rows. */
const pauseMs = 25;

/**
 * The writer of all answers of this process. Appends wait for the statement under way, and patient ones for the pause after it, and then go
 * together in the next one: a commit per flush of the process, not per answer and not per token; one by one only when the database refuses
 * what they make together. Log first, deliver second.
 */
export type TurnLog = ReturnType<typeof createTurnLog>;

type Pending = AppendItem & PromiseWithResolvers<boolean> & { patient: boolean };

export function createTurnLog(app: Pick<App, 'db' | 'clock'>, tails: Pick<Tails, 'publish'>) {
  let pending: Pending[] = [];
  let writing = false;
  let begun = -Infinity;
  let hurry: (() => void) | undefined;

  async function write() {
    writing = true;
    while (pending.length > 0) {
      const early = begun + pauseMs - performance.now();
      if (early > 0 && pending.every(({ patient }) => patient)) await pause(early);
      begun = performance.now();
      const batch = pending;
      pending = [];
      try {
        await writeTogether(batch);
      } catch (error) {
        // A connection that broke may have committed: written again, its words would stand there twice.
        if (batch.length > 1 && databaseRefused(error)) {
          for (const item of batch) await writeTogether([item]).catch(item.reject);
        } else {
          for (const item of batch) item.reject(error);
        }
      }
    }
    writing = false;
  }

  /** Until then, or until something comes that must not wait. */
  async function pause(ms: number) {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      hurry = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    hurry = undefined;
  }

  async function writeTogether(batch: Pending[]) {
    const leaseUntil = new Date(app.clock.now().getTime() + leaseMs);
    const first = await appendEvents(app.db.query, batch, leaseUntil);
    for (const item of batch) {
      const seq = first.get(item.turnId);
      if (seq !== undefined) {
        tails.publish(
          item.turnId,
          item.events.map((event, i) => ({ seq: seq + i, event })),
        );
      }
      item.resolve(seq !== undefined);
    }
  }

  return {
    /** Makes the events durable, patient ones up to 25 ms later, and hands them to the readers. False: this producer was fenced off and must stop at once. */
    append(turnId: string, epoch: number, events: ChatEvent[], patient = false): Promise<boolean> {
      const item: Pending = { turnId, epoch, events, patient, ...Promise.withResolvers<boolean>() };
      pending.push(item);
      if (!writing) void write();
      else if (!patient) hurry?.();
      return item.promise;
    },
  };
}

/** The database has answered that nothing of the statement holds. */
export const databaseRefused = (error: unknown): boolean =>
  error instanceof Error && 'severity' in error && error.severity === 'ERROR';
