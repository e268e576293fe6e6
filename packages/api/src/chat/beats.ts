import type { App } from '../app.ts';
import { leaseMs } from './log.ts';
import { heartbeats } from './store.ts';

const everyMs = 3_000;

/** What a producer learns with its heartbeat: that another one has taken the answer over, or that its end was asked for. */
export type Beat = 'fenced' | 'cancelled';
type Kept = { turnId: string; epoch: number; on: (beat: Beat) => void };

/** Prolongs the leases of all answers that are written in this process, also while their models are silent: one statement every 3 seconds. */
export type Beats = ReturnType<typeof createBeats>;

export function createBeats(app: Pick<App, 'db' | 'clock' | 'log'>) {
  const kept = new Set<Kept>();
  let timer: NodeJS.Timeout | undefined;

  async function beat() {
    const asked = [...kept];
    const leaseUntil = new Date(app.clock.now().getTime() + leaseMs);
    const found = await heartbeats(app.db.query, asked, leaseUntil);
    for (const [i, one] of asked.entries()) {
      const state = found.get(i);
      // One that has ended meanwhile is nobody's.
      if (state === 'running' || !kept.has(one)) continue;
      one.on(state ?? 'fenced');
    }
  }

  return {
    /** Keeps this producer's lease, and calls `on` when it must stop, until the returned function is called. */
    keep(turnId: string, epoch: number, on: (beat: Beat) => void): () => void {
      const one = { turnId, epoch, on };
      kept.add(one);
      timer ??= setInterval(() => {
        beat().catch((error: unknown) =>
          app.log.warn({ err: error }, 'A heartbeat failed; the next one may do'),
        );
      }, everyMs);
      return () => {
        kept.delete(one);
        if (kept.size > 0) return;
        clearInterval(timer);
        timer = undefined;
      };
    },
  };
}
