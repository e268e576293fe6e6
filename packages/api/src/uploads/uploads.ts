import { createHash } from 'node:crypto';
import type {
  SignedUpload,
  SourceType,
  UploadCompleted,
  UploadCompleteInput,
  UploadInitiateInput,
} from '@rayni/contract';
import { may, type Viewer } from '../access/policy.ts';
import { requireInstrument, requireMember } from '../access/require.ts';
import type { App, Trx } from '../app.ts';
import { AppError, notFound } from '../errors.ts';
import { newId } from '../ids.ts';
import { setStatus } from '../sources/store.ts';
import { sniff } from './sniff.ts';
import {
  adoptFirstVersion,
  folderOf,
  insertSource,
  insertUpload,
  insertVersion,
  markCompleted,
  ownUpload,
  replaceBytes,
  setBlobKey,
  sourceForVersion,
} from './store.ts';

const uploadMinutes = 60;

type Upload = NonNullable<Awaited<ReturnType<typeof ownUpload>>>;

/** Hands out a URL for one PUT of one file; nothing is known to anyone else until `complete`. */
export async function initiateUpload(
  app: Pick<App, 'db' | 'blobs' | 'clock'>,
  viewer: Viewer,
  input: UploadInitiateInput,
  maxBytes: number,
): Promise<SignedUpload> {
  const member = requireMember(viewer);
  if (input.instrumentId) await requireInstrument(app, viewer, input.instrumentId, 'upload');
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
    account_id: member.userId,
    instrument_id: input.instrumentId ?? null,
    filename: input.filename,
    content_type: input.contentType,
    size: input.size ?? null,
    blob_key: keptKey(),
    created_at: now,
    expires_at: signed.expiresAt,
  });
  return { uploadId: id, url: signed.url, headers: signed.headers, expiresAt: signed.expiresAt, maxBytes };
}

/**
 * Checks what was put (size, hash, kind by its bytes), moves it to its final key, and in ONE transaction makes source, version and job.
 * Called again after success it answers the same; nothing put yet is a CONFLICT and may be tried again.
 */
export async function completeUpload(
  app: Pick<App, 'db' | 'blobs' | 'clock' | 'jobs'>,
  viewer: Viewer,
  input: UploadCompleteInput,
  maxBytes: number,
): Promise<UploadCompleted> {
  const member = requireMember(viewer);
  const facts = await requireInstrument(app, viewer, input.instrumentId, 'upload');
  const upload = await ownUpload(app.db.query, member.userId, input.uploadId);
  if (!upload) throw notFound();
  if (upload.instrument_id && upload.instrument_id !== input.instrumentId) {
    throw new AppError('BAD_REQUEST', 'This upload was begun for another instrument.');
  }
  if (upload.source_id && upload.version_id) {
    return { sourceId: upload.source_id, versionId: upload.version_id, status: 'uploaded' };
  }
  const manages = may(viewer, 'manage', facts);
  // What answers already is replaced at once when the new version is read, so nobody less than who approves may do that.
  if (input.sourceId && !manages) {
    throw new AppError('FORBIDDEN', 'Only managers of this instrument may add a new version of a document.');
  }
  try {
    const stored = await check(app.blobs, upload, input.type, maxBytes);
    return await app.db.transaction((trx) =>
      make(app, trx, { userId: member.userId, manages, input, upload, stored }),
    );
  } catch (error) {
    if (await putBack(app, member.userId, upload)) throw error;
    // Another complete was faster: what it left decides.
    return completeUpload(app, viewer, input, maxBytes);
  }
}

/**
 * Moves the bytes to a key where nobody can put, so that what is checked here is what is kept, whatever comes to the signed address
 * meanwhile.
 */
async function check(blobs: App['blobs'], upload: Upload, wanted: SourceType | undefined, maxBytes: number) {
  await blobs.move(incomingKey(upload.id), upload.blob_key);
  const stored = await digest(blobs, upload.blob_key);
  if (!stored)
    throw new AppError('CONFLICT', 'Nothing was uploaded yet. PUT the file first, then complete again.');
  const found = sniff(stored.head, upload.filename);
  const fault = faultOf(stored.size, upload.size, maxBytes) ?? kindFault(wanted, found?.type);
  if (fault || !found) throw fault;
  return { ...stored, ...found };
}

/**
 * After a failure: back to the signed address, for the next try or the next PUT, unless a version was made of the bytes. A key is never
 * used again, so an overlapping complete cannot mistake other bytes for those it has checked. False when one has changed the upload.
 */
function putBack(app: Pick<App, 'db' | 'blobs'>, accountId: string, { id, blob_key: key }: Upload) {
  return app.db.transaction(async (trx) => {
    const locked = await ownUpload(trx, accountId, id, true);
    const same = locked?.blob_key === key;
    if (same && locked.version_id) return false;
    await app.blobs.move(key, incomingKey(id));
    if (same) await setBlobKey(trx, id, keptKey());
    return same;
  });
}

async function make(
  app: Pick<App, 'blobs' | 'clock' | 'jobs'>,
  trx: Trx,
  {
    userId,
    manages,
    input,
    upload,
    stored,
  }: {
    userId: string;
    manages: boolean;
    input: UploadCompleteInput;
    upload: Upload;
    stored: Awaited<ReturnType<typeof check>>;
  },
): Promise<UploadCompleted> {
  let versionId = newId();
  const now = app.clock.now();
  const locked = await ownUpload(trx, userId, upload.id, true);
  if (locked?.source_id && locked.version_id) {
    return { sourceId: locked.source_id, versionId: locked.version_id, status: 'uploaded' };
  }
  if (locked?.blob_key !== upload.blob_key)
    throw new AppError('CONFLICT', 'The upload was changed meanwhile.');
  if (input.folderId && !(await folderOf(trx, input.instrumentId, input.folderId))) {
    throw new AppError('BAD_REQUEST', 'This folder does not exist.', {
      fields: { folderId: ['No such folder.'] },
    });
  }
  const sourceId = input.sourceId ?? newId();
  const bytes = { blob_key: upload.blob_key, filename: upload.filename, media_type: stored.mediaType };
  let ordinal = 1;
  let tried: { id: string; blob_key: string } | undefined;
  if (input.sourceId) {
    const existing = await sourceForVersion(trx, input.instrumentId, input.sourceId);
    if (!existing) throw notFound();
    if (existing.type !== stored.type)
      throw new AppError('BAD_REQUEST', `A new version must be of the same type, ${existing.type}.`);
    const { newest } = existing;
    ordinal = (newest?.ordinal ?? 0) + 1;
    if (existing.status === 'rejected') {
      await setStatus(trx, sourceId, 'uploaded', { now });
      if (newest?.sha256 === stored.sha256 && newest.current_reading_id === null) tried = newest;
    }
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
      status: 'uploaded',
      auto_approve: manages,
      created_by: userId,
      created_at: now,
      updated_at: now,
    });
  }
  if (tried) {
    // The same bytes again of what could not be read are another try, not another version; those that lay there may be gone.
    versionId = tried.id;
    await replaceBytes(trx, versionId, bytes);
    await app.blobs.move(tried.blob_key, undefined);
  } else {
    await insertVersion(trx, {
      id: versionId,
      source_id: sourceId,
      ordinal,
      label: input.version ?? '',
      ...bytes,
      size: stored.size,
      sha256: stored.sha256,
      created_by: userId,
      created_at: now,
    });
  }
  await adoptFirstVersion(trx, sourceId, versionId, `/media/${sourceId}`);
  await markCompleted(trx, upload.id, { sourceId, versionId, now });
  await app.jobs.enqueue(trx, 'ingest', { versionId });
  return { sourceId, versionId, status: 'uploaded' };
}

const incomingKey = (uploadId: string) => `incoming/${uploadId}`;
const keptKey = () => `versions/${newId()}`;

const tooLarge = (maxBytes: number) =>
  new AppError('PAYLOAD_TOO_LARGE', `The file is larger than ${Math.floor(maxBytes / 1024 / 1024)} MB.`);

function faultOf(size: number, promised: number | null, maxBytes: number): AppError | undefined {
  if (size > maxBytes) return tooLarge(maxBytes);
  if (size === 0) return new AppError('BAD_REQUEST', 'The file is empty.');
  if (promised === null || promised === size) return undefined;
  return new AppError(
    'CONFLICT',
    `The upload is incomplete: ${size} of ${promised} bytes arrived. PUT the file again.`,
  );
}

function kindFault(wanted: SourceType | undefined, found: SourceType | undefined): AppError | undefined {
  if (found && (!wanted || wanted === found)) return undefined;
  return new AppError(
    'UNSUPPORTED_MEDIA_TYPE',
    wanted && found
      ? `This is not a file of type ${wanted}: its bytes are those of a ${found}.`
      : 'This kind of file cannot be read yet. PDF, Markdown and plain text can.',
  );
}

const titleOf = (filename: string) =>
  filename
    .replace(/\.\w{1,8}$/, '')
    .replaceAll('_', ' ')
    .trim() || filename;

/** One pass over the stored bytes: how many, their sha256 and the first kilobyte; undefined when there are none. */
async function digest(blobs: App['blobs'], key: string) {
  if (!(await blobs.stat(key))) return undefined;
  const hash = createHash('sha256');
  let head = Buffer.alloc(0);
  let size = 0;
  for await (const chunk of await blobs.open(key)) {
    const bytes = chunk as Buffer;
    size += bytes.length;
    hash.update(bytes);
    if (head.length < 1024) head = Buffer.concat([head, bytes.subarray(0, 1024 - head.length)]);
  }
  return { size, sha256: hash.digest('hex'), head };
}
