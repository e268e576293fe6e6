import type { Trx } from '../app.ts';
import { AppError } from '../errors.ts';
import { inProgress, stands } from '../sources/status.ts';
import { setDetail, setStatus } from '../sources/status-change.ts';
import { versionToRead } from './store.ts';

/** Why a job ended that nobody will see the end of. */
export const cancelledText = 'Cancelled by an administrator.';

/**
 * A version that is not going to be read: its source is rejected with the reason, or, where an older version answers, says it beside it. What
 * was to be read once more, because nothing was found to answer from, waits as before.
 */
export async function cancelReading(trx: Trx, versionId: string, now: Date): Promise<void> {
  const version = await versionToRead(trx, versionId);
  if (!version) return;
  const { source_id: sourceId, status } = version;
  // It was not going to be read, or is cancelled too late.
  if (version.passed_over || (version.reader !== null && !inProgress(status))) return;
  const missing = version.facts?.missing;
  if (missing !== undefined && (await setStatus(trx, sourceId, 'parsed', { detail: missing, now }))) return;
  if (stands(status) || !(await setStatus(trx, sourceId, 'rejected', { detail: cancelledText, now })))
    await setDetail(trx, sourceId, cancelledText);
}

/** A version that is going to be read after all: its source is in progress again, or waits for approval if it was read. */
export async function retryReading(trx: Trx, versionId: string, now: Date): Promise<void> {
  const version = await versionToRead(trx, versionId);
  if (!version) throw new AppError('CONFLICT', 'This document was deleted: there is nothing to read.');
  if (version.status !== 'rejected' && version.status !== 'parsed') return;
  await setStatus(trx, version.source_id, 'processing', { now });
  if (version.reader !== null && version.facts?.missing === undefined)
    await setStatus(trx, version.source_id, 'embedded', { now });
}
