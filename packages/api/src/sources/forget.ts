import type { App, Trx } from '../app.ts';
import { forgetCompanions } from '../companions/companions.ts';
import { emptyReading } from '../ingest/empty-reading.ts';
import { isDeleted, leftBy, markDeleted } from './store.ts';

/** Marks sources as deleted and sets a job for each to remove what they leave behind; how many were not deleted before. */
export async function removeSources(
  app: Pick<App, 'clock' | 'jobs'>,
  trx: Trx,
  which: { sourceId: string } | { instrumentId: string },
): Promise<number> {
  const marked = await markDeleted(trx, which, app.clock.now());
  for (const sourceId of marked) await app.jobs.enqueue(trx, 'forget', { sourceId });
  return marked.length;
}

/**
 * Removes what a deleted source leaves behind: postings, fragments, vectors nobody else uses, units, and the bytes of every version with the files beside it. The
 * rows of source, versions and readings stay, empty: old citations point to them and keep title, quote and place in their own row. They
 * hold the keys of the bytes too, so it may die at any step and begin again from the start. Does nothing to a source that is not deleted.
 */
export async function forgetSource(app: Pick<App, 'db' | 'blobs' | 'log'>, sourceId: string): Promise<void> {
  const { query } = app.db;
  if (!(await isDeleted(query, sourceId))) return;
  const { keys, readings } = await leftBy(query, sourceId);
  for (const reading of readings) await emptyReading(app, reading);
  for (const key of keys) await app.blobs.remove(key);
  await forgetCompanions(app, sourceId);
  app.log.info(
    { sourceId, versions: keys.length, readings: readings.length },
    'A deleted source was removed',
  );
}
