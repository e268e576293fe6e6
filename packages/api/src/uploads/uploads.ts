import type {
  SignedUpload,
  UploadCompleted,
  UploadCompleteInput,
  UploadInitiateInput,
} from '@rayni/contract';
import { may, type Viewer } from '../access/policy.ts';
import { holdInstrument, requireInstrument, requireMember } from '../access/require.ts';
import type { App, Trx } from '../app.ts';
import type { Stored } from '../companions/companions.ts';
import { AppError, notFound } from '../errors.ts';
import { requireFolder } from '../folders/folders.ts';
import { newId } from '../ids.ts';
import { insertSource, insertVersion } from '../sources/add.ts';
import { stands } from '../sources/status.ts';
import { setDetail, setStatus } from '../sources/status-change.ts';
import { attachCaptions, takeCaptions } from './captions.ts';
import { outcomeOf } from './outcome.ts';
import { check, checkCaptions, incomingKey, tooLarge } from './check.ts';
import { insertUpload, markCompleted, ownUpload, replaceBytes, sourceForVersion } from './store.ts';
import { claimKey, discard, releaseKey, reserveKey } from './unclaimed.ts';

const uploadMinutes = 60;

export type Upload = NonNullable<Awaited<ReturnType<typeof ownUpload>>>;

/** Hands out a URL for one PUT of one file; nothing is known to anyone else until `complete`. */
export async function initiateUpload(
  app: Pick<App, 'db' | 'blobs' | 'clock'>,
  viewer: Viewer,
  input: UploadInitiateInput,
  maxBytes: number,
): Promise<SignedUpload> {
  requireMember(viewer);
  if (input.instrumentId) await requireInstrument(app, viewer, input.instrumentId, 'upload');
  return beginUpload(app, viewer, input, maxBytes);
}

/** As `initiateUpload`, for a caller whose right was looked at. */
export async function beginUpload(
  app: Pick<App, 'db' | 'blobs' | 'clock'>,
  viewer: Viewer,
  input: UploadInitiateInput,
  maxBytes: number,
): Promise<SignedUpload> {
  if (input.size !== undefined && input.size > maxBytes) throw tooLarge(maxBytes);
  const id = newId();
  const now = app.clock.now();
  const signed = await app.blobs.sign('PUT', incomingKey(id), {
    expiresIn: uploadMinutes * 60,
    contentType: 'application/octet-stream',
    maxBytes: input.size ?? maxBytes,
  });
  await insertUpload(app.db.query, {
    id,
    account_id: viewer.kind === 'member' ? viewer.userId : null,
    viewer_key: viewer.key,
    instrument_id: input.instrumentId ?? null,
    filename: input.filename,
    content_type: input.contentType,
    size: input.size ?? null,
    created_at: now,
    expires_at: signed.expiresAt,
  });
  return { uploadId: id, url: signed.url, headers: signed.headers, expiresAt: signed.expiresAt, maxBytes };
}

/**
 * Copies what was put to a key where nobody can put, checks that copy (size, hash, kind by its bytes), and in ONE transaction makes source,
 * version and job of it. What failed leaves the upload as it was, so it may be tried again, with other bytes too; nothing put yet is a
 * CONFLICT. Called again after success it answers the same.
 */
export async function completeUpload(
  app: Pick<App, 'db' | 'blobs' | 'clock' | 'jobs' | 'log'>,
  viewer: Viewer,
  input: UploadCompleteInput,
  maxBytes: number,
): Promise<UploadCompleted> {
  const member = requireMember(viewer);
  const facts = await requireInstrument(app, viewer, input.instrumentId, 'upload');
  const upload = await ownUpload(app.db.query, viewer, input.uploadId);
  if (!upload) throw notFound();
  if (upload.instrument_id && upload.instrument_id !== input.instrumentId) {
    throw new AppError('BAD_REQUEST', 'This upload was begun for another instrument.');
  }
  const before = await outcomeOf(app.db.query, upload, input);
  if (before) return before;
  if (input.sourceId && !may(viewer, 'manage', facts)) throw versionRefused();
  const beside = input.captions ? await ownUpload(app.db.query, viewer, input.captions) : undefined;
  if (input.captions && !beside) throw notFound();
  // A key of its own for each try: completes side by side, and one after a crash, cannot take or replace each other's bytes.
  const keys: string[] = [];
  const reserve = async () => {
    keys.push(await reserveKey(app));
    return keys.at(-1)!;
  };
  let done: Awaited<ReturnType<typeof make>>;
  try {
    if (input.captionsFor) {
      const stored = await checkCaptions(app.blobs, upload, await reserve(), maxBytes);
      const order = { member, upload, stored, sourceId: input.captionsFor, instrumentId: input.instrumentId };
      done = await app.db.transaction((trx) => attachCaptions(app, trx, order));
    } else {
      const stored = await check(app.blobs, upload, await reserve(), input.type, maxBytes);
      const captions = beside && {
        upload: beside,
        stored: await checkCaptions(app.blobs, beside, await reserve(), maxBytes),
      };
      done = await app.db.transaction((trx) => make(app, trx, { member, input, upload, stored, captions }));
    }
  } catch (error) {
    await tidy(app, async () => {
      for (const key of keys) await discard(app, key);
    });
    const now = await ownUpload(app.db.query, member, upload.id);
    // Another complete was faster, or this one's commit went through although its answer did not come.
    const made = now && (await outcomeOf(app.db.query, now, input));
    if (made) return made;
    throw error;
  }
  await tidy(app, async () => {
    await app.blobs.remove(incomingKey(upload.id));
    if (beside) await app.blobs.remove(incomingKey(beside.id));
    // The keys that no row holds now: this one when another complete was faster, and that of an unreadable version these bytes replace.
    for (const left of done.left) await discard(app, left);
  });
  return done.made;
}

/** Removing what nobody needs may fail: the sweeper comes by. */
export async function tidy(app: Pick<App, 'log'>, remove: () => Promise<void>) {
  try {
    await remove();
  } catch (error) {
    app.log.warn({ err: error }, 'Bytes that nobody needs could not be removed; the next sweep tries again');
  }
}

async function make(
  app: Pick<App, 'clock' | 'jobs'>,
  trx: Trx,
  {
    member,
    input,
    upload,
    stored,
    captions,
  }: {
    member: Extract<Viewer, { kind: 'member' }>;
    input: UploadCompleteInput;
    upload: Upload;
    stored: Awaited<ReturnType<typeof check>>;
    captions?: { upload: Upload; stored: Stored } | undefined;
  },
): Promise<{ made: UploadCompleted; left: string[] }> {
  let versionId = newId();
  const now = app.clock.now();
  const locked = await ownUpload(trx, member, upload.id, true);
  if (!locked) throw notFound();
  const already = await outcomeOf(trx, locked, input);
  if (already) return { made: already, left: [stored.key, ...(captions ? [captions.stored.key] : [])] };
  if (captions && stored.type !== 'video')
    throw new AppError('BAD_REQUEST', 'Only a recording has captions.');
  await claimKey(trx, stored.key);
  if (input.folderId) await requireFolder(trx, input.instrumentId, input.folderId);
  const sourceId = input.sourceId ?? newId();
  const bytes = { blob_key: stored.key, filename: upload.filename, media_type: stored.mediaType };
  let ordinal = 1;
  let tried: { id: string; blob_key: string } | undefined;
  const existing = input.sourceId && (await sourceForVersion(trx, input.instrumentId, input.sourceId));
  // Much may have happened while the bytes were copied.
  const { manages } = await holdInstrument(trx, member, input.instrumentId, 'upload');
  if (input.sourceId) {
    if (!manages) throw versionRefused();
    if (!existing) throw notFound();
    if (existing.type !== stored.type)
      throw new AppError('BAD_REQUEST', `A new version must be of the same type, ${existing.type}.`);
    const { newest, status } = existing;
    ordinal = (newest?.ordinal ?? 0) + 1;
    // Beside a version that stands it is said that a newer one could not be read; of the next one that is not known.
    const failed = status === 'rejected' || (stands(status) && existing.status_detail !== null);
    if (status === 'rejected') await setStatus(trx, sourceId, 'uploaded', { now });
    else if (failed) await setDetail(trx, sourceId, null);
    if (failed && newest?.sha256 === stored.sha256 && newest.current_reading_id === null) tried = newest;
  } else {
    await insertSource(trx, {
      id: sourceId,
      instrument_id: input.instrumentId,
      folder_id: input.folderId ?? null,
      type: stored.type,
      title: input.title ?? titleOf(upload.filename),
      category: input.category ?? null,
      description: input.description ?? '',
      version: input.version ?? '',
      model_tags: input.modelTags ?? [],
      storage_uri: `/media/${sourceId}`,
      auto_approve: manages,
      created_by: member.userId,
      created_at: now,
      updated_at: now,
    });
  }
  if (tried) {
    // The same bytes again of what could not be read are another try, not another version; those that lay there may be gone.
    versionId = tried.id;
    await replaceBytes(trx, versionId, bytes);
    await releaseKey(app, trx, tried.blob_key);
  } else {
    await insertVersion(trx, {
      id: versionId,
      source_id: sourceId,
      ordinal,
      label: input.version ?? '',
      ...bytes,
      size: stored.size,
      sha256: stored.sha256,
      created_by: member.userId,
      created_at: now,
    });
  }
  const left = tried ? [tried.blob_key] : [];
  if (captions) left.push(...(await takeCaptions(app, trx, { member, ...captions, sourceId, versionId })));
  await markCompleted(trx, upload.id, { sourceId, versionId, now });
  await app.jobs.enqueue(trx, 'ingest', { versionId });
  return { made: { sourceId, versionId, status: 'uploaded' }, left };
}

// What answers already is replaced at once when the new version is read, so nobody less than who approves may do that.
const versionRefused = () =>
  new AppError('FORBIDDEN', 'Only managers of this instrument may add a new version of a document.');

/** What a document is called until somebody says better. */
export const titleOf = (filename: string): string =>
  filename
    .replace(/\.\w{1,8}$/, '')
    .replaceAll('_', ' ')
    .trim() || filename;
