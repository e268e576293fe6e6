import { createHash } from 'node:crypto';
import type {
  SignedUpload,
  SourceType,
  UploadCompleted,
  UploadCompleteInput,
  UploadInitiateInput,
} from '@rayni/contract';
import { may, type Viewer } from '../access/policy.ts';
import { holdInstrument, requireInstrument, requireMember } from '../access/require.ts';
import type { App, Trx } from '../app.ts';
import { AppError, notFound } from '../errors.ts';
import { requireFolder } from '../folders/folders.ts';
import { newId } from '../ids.ts';
import { setStatus } from '../sources/store.ts';
import { sniff, sniffLength } from './sniff.ts';
import {
  adoptFirstVersion,
  insertSource,
  insertUpload,
  insertVersion,
  markCompleted,
  ownUpload,
  placeOf,
  replaceBytes,
  sourceForVersion,
} from './store.ts';
import { claimKey, discard, releaseKey, reserveKey } from './unclaimed.ts';

const uploadMinutes = 60;

/** Where a caller puts; what is kept is copied away from there. */
export const incomingKey = (uploadId: string): string => `incoming/${uploadId}`;

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
  const upload = await ownUpload(app.db.query, viewer.key, input.uploadId);
  if (!upload) throw notFound();
  if (upload.instrument_id && upload.instrument_id !== input.instrumentId) {
    throw new AppError('BAD_REQUEST', 'This upload was begun for another instrument.');
  }
  const before = await outcomeOf(app.db.query, upload, input);
  if (before) return before;
  if (input.sourceId && !may(viewer, 'manage', facts)) throw versionRefused();
  // A key of its own for each try: completes side by side, and one after a crash, cannot take or replace each other's bytes.
  const key = await reserveKey(app);
  let done: Awaited<ReturnType<typeof make>>;
  try {
    const stored = await check(app.blobs, upload, key, input.type, maxBytes);
    done = await app.db.transaction((trx) => make(app, trx, { member, input, upload, stored }));
  } catch (error) {
    await tidy(app, () => discard(app, key));
    const now = await ownUpload(app.db.query, member.key, upload.id);
    // Another complete was faster, or this one's commit went through although its answer did not come.
    const made = now && (await outcomeOf(app.db.query, now, input));
    if (made) return made;
    throw error;
  }
  await tidy(app, async () => {
    await app.blobs.remove(incomingKey(upload.id));
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

/** What became of the upload, if anything did; CONFLICT when it is not where it is wanted, NOT_FOUND when it was deleted since. */
async function outcomeOf(
  query: App['db']['query'],
  { source_id: sourceId, version_id: versionId }: Upload,
  wanted: Pick<UploadCompleteInput, 'instrumentId' | 'sourceId'>,
): Promise<UploadCompleted | undefined> {
  if (!sourceId || !versionId) return undefined;
  const place = await placeOf(query, sourceId);
  if (!place) throw notFound();
  const there =
    place.instrument_id === wanted.instrumentId &&
    place.conversation_id === null &&
    (wanted.sourceId === undefined || wanted.sourceId === sourceId);
  if (!there)
    throw new AppError('CONFLICT', 'This upload was completed for another place. Upload the file again.');
  return { sourceId, versionId, status: place.status };
}

/** Copies what was put to this key and checks that copy: what is checked is what is kept, whatever comes to the signed address meanwhile. */
export async function check(
  blobs: App['blobs'],
  upload: Upload,
  key: string,
  wanted: SourceType | undefined,
  maxBytes: number,
) {
  const incoming = incomingKey(upload.id);
  const put = await blobs.stat(incoming);
  // A store that signs addresses without a limit has taken whatever came.
  if (put && put.size > maxBytes) {
    await blobs.remove(incoming);
    throw tooLarge(maxBytes);
  }
  if (!put || !(await blobs.copy(incoming, key)))
    throw new AppError('CONFLICT', 'Nothing was uploaded yet. PUT the file first, then complete again.');
  const stored = await digest(blobs, key);
  const found = await sniff(stored.head, upload.filename);
  const fault = faultOf(stored.size, upload.size, maxBytes) ?? kindFault(wanted, found?.type);
  if (fault || !found) throw fault;
  return { key, ...stored, ...found };
}

async function make(
  app: Pick<App, 'clock' | 'jobs'>,
  trx: Trx,
  {
    member,
    input,
    upload,
    stored,
  }: {
    member: Extract<Viewer, { kind: 'member' }>;
    input: UploadCompleteInput;
    upload: Upload;
    stored: Awaited<ReturnType<typeof check>>;
  },
): Promise<{ made: UploadCompleted; left: string[] }> {
  let versionId = newId();
  const now = app.clock.now();
  const locked = await ownUpload(trx, member.key, upload.id, true);
  if (!locked) throw notFound();
  const already = await outcomeOf(trx, locked, input);
  if (already) return { made: already, left: [stored.key] };
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
  await adoptFirstVersion(trx, sourceId, versionId, `/media/${sourceId}`);
  await markCompleted(trx, upload.id, { sourceId, versionId, now });
  await app.jobs.enqueue(trx, 'ingest', { versionId });
  return {
    made: { sourceId, versionId, status: 'uploaded' },
    left: tried ? [tried.blob_key] : [],
  };
}

// What answers already is replaced at once when the new version is read, so nobody less than who approves may do that.
const versionRefused = () =>
  new AppError('FORBIDDEN', 'Only managers of this instrument may add a new version of a document.');

/** The refusal of a file of more bytes than that. */
export const tooLarge = (maxBytes: number): AppError =>
  new AppError('PAYLOAD_TOO_LARGE', `The file is larger than ${Math.floor(maxBytes / 1024 / 1024)} MB.`);

/** What can be read, said to who brought something else. */
const readableKinds =
  'This kind of file cannot be read. PDF, DOCX, PPTX, XLSX, CSV, Markdown and plain text can, and so can pictures (PNG, JPEG, TIFF, WebP, GIF) and recordings (MP4, WebM, MOV, MP3, WAV, FLAC, Ogg).';

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
      : readableKinds,
  );
}

/** What a document is called until somebody says better. */
export const titleOf = (filename: string): string =>
  filename
    .replace(/\.\w{1,8}$/, '')
    .replaceAll('_', ' ')
    .trim() || filename;

/** One pass over the stored bytes: how many, their sha256 and the first ones themselves. */
async function digest(blobs: App['blobs'], key: string) {
  const hash = createHash('sha256');
  let head = Buffer.alloc(0);
  let size = 0;
  for await (const chunk of await blobs.open(key)) {
    const bytes = chunk as Buffer;
    size += bytes.length;
    hash.update(bytes);
    if (head.length < sniffLength) head = Buffer.concat([head, bytes.subarray(0, sniffLength - head.length)]);
  }
  return { size, sha256: hash.digest('hex'), head };
}
