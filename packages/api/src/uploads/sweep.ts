import type { App } from '../app.ts';
import { forgetSessions } from '../auth/sessions.ts';
import { compactLogs } from '../chat/replay/compact.ts';
import { removeSources } from '../sources/forget.ts';
import { deleteUpload, oldAttachments, orphans, oldUnclaimed, oldUploads } from './store.ts';
import { discard } from './unclaimed.ts';
import { incomingKey } from './check.ts';

const hourMs = 3_600_000;
/** Hours after which bytes without a row, and uploads whose address has expired, are given up. */
export const abandonedHours = 24;
/** Days for which a file attached to a question is kept. */
export const attachmentDays = 30;
/** So many at a time: a backlog neither fills the memory nor holds a long transaction. */
const batch = 100;
/** After so many faults of one kind the store itself is away: what is left waits for the next sweep. */
const mostFaults = 10 * batch;

/**
 * Removes what nobody came back for: uploads with what was put for them, bytes that no row holds or that broke off, attachments whose time
 * is over, sources of instruments that were deleted, sessions that ended, logs of answers that are long over. Bytes go before their row, so a
 * sweep that dies is done again by the next one, and two at once do no harm. What cannot be
 * removed keeps nothing else, and is thrown at the end.
 */
export async function sweep(app: Pick<App, 'db' | 'blobs' | 'jobs' | 'clock' | 'log'>): Promise<void> {
  const now = app.clock.now();
  const { query } = app.db;
  const abandoned = new Date(now.getTime() - abandonedHours * hourMs);

  const uploads = await each(
    (failed) => oldUploads(query, abandoned, failed, batch),
    async (id) => {
      // Put again after it was completed, perhaps.
      await app.blobs.remove(incomingKey(id));
      await deleteUpload(query, id);
    },
  );
  const blobs = await each(
    (failed) => oldUnclaimed(query, abandoned, failed, batch),
    (key) => discard(app, key),
  );
  const attached = new Date(now.getTime() - attachmentDays * 24 * hourMs);
  const attachments = await each(
    (failed) => oldAttachments(query, attached, failed, batch),
    async (sourceId) => {
      await app.db.transaction((trx) => removeSources(app, trx, { sourceId }));
    },
  );
  // Left where deleting the instrument was interrupted.
  const left = await each(
    (failed) => orphans(query, failed, batch),
    async (sourceId) => {
      await app.db.transaction((trx) => removeSources(app, trx, { sourceId }));
    },
  );
  const unfinished = await app.blobs.sweepUnfinished(abandoned).then(
    () => [],
    (fault: unknown) => [fault],
  );
  await forgetSessions(app);
  const logs = await compactLogs(app);
  const swept = {
    uploads: uploads.done,
    blobs: blobs.done,
    attachments: attachments.done,
    orphans: left.done,
    logs,
  };
  app.log.info(swept, 'Swept');
  const faults = [uploads, blobs, attachments, left].flatMap((each) => each.faults).concat(unfinished);
  if (faults.length > 0) throw new AggregateError(faults, 'Not everything could be swept');
}

/** Works through batch after batch, each asked for when the one before is gone, without those that failed; how many there were, and what went wrong with others. */
async function each(
  next: (failed: string[]) => Promise<string[]>,
  run: (id: string) => Promise<void>,
): Promise<{ done: number; faults: unknown[] }> {
  let done = 0;
  const failed: string[] = [];
  const faults: unknown[] = [];
  for (;;) {
    const ids = await next(failed);
    for (const id of ids) {
      try {
        await run(id);
        done += 1;
      } catch (error) {
        failed.push(id);
        faults.push(error);
      }
    }
    if (ids.length < batch || faults.length >= mostFaults) return { done, faults };
  }
}
