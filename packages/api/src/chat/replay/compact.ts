import type { App } from '../../app.ts';
import { deleteLogs, oldLogs } from './store.ts';

/** Hours after its end for which the events of an answer are kept as they were sent. */
export const logHours = 24;
/** So many logs in one statement: none is locked for long. */
const batch = 50;

/** Removes the logs of answers that ended long enough ago, whose readers then get the stored text; returns how many. */
export async function compactLogs({ db, clock }: Pick<App, 'db' | 'clock'>): Promise<number> {
  const before = new Date(clock.now().getTime() - logHours * 3_600_000);
  for (let done = 0; ; ) {
    const old = await oldLogs(db.query, before, batch);
    if (old.length > 0) await deleteLogs(db.query, old);
    done += old.length;
    if (old.length < batch) return done;
  }
}
