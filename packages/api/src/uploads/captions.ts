import type { SourceStatus, UploadCompleted } from '@rayni/contract';
import type { Viewer } from '../access/policy.ts';
import { holdInstrument } from '../access/require.ts';
import type { App, Trx } from '../app.ts';
import { putCaptions, type Stored } from '../companions/companions.ts';
import { AppError, notFound } from '../errors.ts';
import { setStatus } from '../sources/status-change.ts';
import { outcomeOf } from './outcome.ts';
import { markCompleted, ownUpload, sourceForVersion } from './store.ts';
import type { Upload } from './uploads.ts';

type Member = Extract<Viewer, { kind: 'member' }>;
type Taken = { upload: Upload; stored: Stored };

/**
 * Makes what was put the captions of a recording's newest version, in the place of those it had, and sets it to be read again; what was read
 * before answers until then. Managers may; who brought the recording may until it is approved, and it cannot be approved before they are read.
 */
export async function attachCaptions(
  app: Pick<App, 'clock' | 'jobs'>,
  trx: Trx,
  {
    member,
    upload,
    stored,
    sourceId,
    instrumentId,
  }: Taken & { member: Member; sourceId: string; instrumentId: string },
): Promise<{ made: UploadCompleted; left: string[] }> {
  const locked = await ownUpload(trx, member, upload.id, true);
  if (!locked) throw notFound();
  const already = await outcomeOf(trx, locked, { instrumentId, captionsFor: sourceId });
  if (already) return { made: already, left: [stored.key] };
  const source = await sourceForVersion(trx, instrumentId, sourceId);
  // Much may have happened while the bytes were copied.
  const { manages } = await holdInstrument(trx, member, instrumentId, 'upload');
  if (!source) throw notFound();
  const decided = source.status === 'approved' || source.status === 'archived';
  // What nobody has approved is there for managers and for who brought it.
  if (!manages && !decided && source.created_by !== member.userId) throw notFound();
  if (!manages && decided)
    throw new AppError('FORBIDDEN', 'Only managers of this instrument may change what answers already.');
  const versionId = source.newest?.id;
  if (source.type !== 'video' || versionId === undefined)
    throw new AppError('BAD_REQUEST', 'Only a recording has captions.');
  let status: SourceStatus = source.status;
  if (status === 'rejected') status = 'uploaded';
  else if (!manages && (status === 'embedded' || status === 'parsed')) status = 'processing';
  if (status !== source.status) await setStatus(trx, sourceId, status, { now: app.clock.now() });
  const left = await takeCaptions(app, trx, { member, upload, stored, sourceId, versionId });
  await app.jobs.enqueue(trx, 'ingest', { versionId });
  return { made: { sourceId, versionId, status }, left };
}

/** Gives a version its captions and ends the upload they came by; the keys that nobody holds then. */
export async function takeCaptions(
  app: Pick<App, 'clock'>,
  trx: Trx,
  {
    member,
    upload,
    stored,
    sourceId,
    versionId,
  }: Taken & { member: Member; sourceId: string; versionId: string },
): Promise<string[]> {
  const locked = await ownUpload(trx, member, upload.id, true);
  if (!locked) throw notFound();
  if (locked.completed_at)
    throw new AppError('CONFLICT', 'These captions were completed for another place. Upload them again.');
  const left = await putCaptions(app, trx, versionId, stored, member.userId);
  await markCompleted(trx, upload.id, { sourceId, versionId, now: app.clock.now() });
  return left;
}
