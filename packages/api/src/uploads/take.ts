import { pipeline, Transform, type Readable } from 'node:stream';
import type { Viewer } from '../access/policy.ts';
import { holdInstrument } from '../access/require.ts';
import type { App, Trx } from '../app.ts';
import { AppError, notFound } from '../errors.ts';
import { newId } from '../ids.ts';
import { insertSource, insertVersion } from '../sources/add.ts';
import { deleteUpload, markCompleted, ownUpload } from './store.ts';
import { claimKey, discard, reserveKey } from './unclaimed.ts';
import { check, incomingKey, tooLarge } from './check.ts';
import { tidy, titleOf, type Upload } from './uploads.ts';

/**
 * Keeps the bytes of the caller's own upload that came to this server instead of the signed address. PAYLOAD_TOO_LARGE, and nothing kept,
 * when more than `maxBytes` come.
 */
export async function receiveUpload(
  app: Pick<App, 'db' | 'blobs'>,
  viewer: Viewer,
  uploadId: string,
  bytes: Readable,
  maxBytes: number,
): Promise<void> {
  if (!(await ownUpload(app.db.query, viewer, uploadId))) throw notFound();
  let size = 0;
  const counted = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      size += chunk.length;
      if (size > maxBytes) done(tooLarge(maxBytes));
      else done(null, chunk);
    },
  });
  // Whichever breaks, the other does too, and the store says so.
  pipeline(bytes, counted, () => {});
  await app.blobs.put(incomingKey(uploadId), counted);
}

/** Forgets those of the caller's own uploads that became nothing, with their bytes. */
export async function discardUploads(
  app: Pick<App, 'db' | 'blobs'>,
  viewer: Viewer,
  ids: string[],
): Promise<void> {
  for (const id of ids) {
    const upload = await ownUpload(app.db.query, viewer, id);
    if (!upload || upload.completed_at) continue;
    await app.blobs.remove(incomingKey(id));
    await deleteUpload(app.db.query, id);
  }
}

/** The caller's own uploads, in this order; NOT_FOUND when one is not there. */
export async function ownUploads(app: Pick<App, 'db'>, viewer: Viewer, ids: string[]): Promise<Upload[]> {
  const found = await Promise.all(ids.map((id) => ownUpload(app.db.query, viewer, id)));
  return found.map((upload) => {
    if (!upload) throw notFound();
    return upload;
  });
}

/**
 * Makes a source of each of these uploads, of a conversation or of the instrument's library, to be read and approved by itself: of all of
 * them or of none, in ONE transaction together with `first`. A refusal names the file. Undefined, and nothing done, when one of them was
 * taken by somebody else meanwhile.
 */
export async function takeUploads(
  app: Pick<App, 'db' | 'blobs' | 'clock' | 'jobs' | 'log'>,
  viewer: Viewer,
  uploads: Upload[],
  place: { instrumentId: string; conversationId: string | null },
  maxBytes: number,
  first: (trx: Trx) => Promise<void>,
): Promise<string[] | undefined> {
  const checked: { upload: Upload; stored: Awaited<ReturnType<typeof check>> }[] = [];
  const keys: string[] = [];
  let made: string[] | undefined;
  try {
    for (const upload of uploads) {
      const key = await reserveKey(app);
      keys.push(key);
      const stored = await check(app.blobs, upload, key, undefined, maxBytes).catch((error: unknown) => {
        throw error instanceof AppError ? naming(upload.filename, error) : error;
      });
      checked.push({ upload, stored });
    }
    made = await app.db.transaction(async (trx) => {
      // In one order for all, so that two who take the same never wait for each other.
      for (const { id } of uploads.toSorted((a, b) => (a.id < b.id ? -1 : 1)))
        if ((await ownUpload(trx, viewer, id, true))?.completed_at !== null) return undefined;
      await first(trx);
      // Much may have happened while the bytes were copied.
      await holdInstrument(
        trx,
        viewer,
        place.instrumentId,
        place.conversationId === null ? 'manage' : 'read',
      );
      const sourceIds: string[] = [];
      for (const { upload, stored } of checked)
        sourceIds.push(await makeSource(app, trx, viewer, upload, stored, place));
      return sourceIds;
    });
  } catch (error) {
    await tidy(app, () => discardAll(app, keys));
    const now = await ownUploads(
      app,
      viewer,
      uploads.map(({ id }) => id),
    );
    // What was put is gone once somebody else has taken it.
    if (now.some(({ completed_at: taken }) => taken !== null)) return undefined;
    throw error;
  }
  await tidy(app, async () => {
    if (made) for (const { id } of uploads) await app.blobs.remove(incomingKey(id));
    else await discardAll(app, keys);
  });
  return made;
}

async function discardAll(app: Pick<App, 'db' | 'blobs'>, keys: string[]) {
  for (const key of keys) await discard(app, key);
}

async function makeSource(
  app: Pick<App, 'clock' | 'jobs'>,
  trx: Trx,
  viewer: Viewer,
  upload: Upload,
  stored: Awaited<ReturnType<typeof check>>,
  { instrumentId, conversationId }: { instrumentId: string; conversationId: string | null },
): Promise<string> {
  const now = app.clock.now();
  const [sourceId, versionId] = [newId(), newId()];
  const by = { created_by: viewer.kind === 'member' ? viewer.userId : null, created_at: now };
  await claimKey(trx, stored.key);
  await insertSource(trx, {
    id: sourceId,
    instrument_id: instrumentId,
    conversation_id: conversationId,
    folder_id: null,
    type: stored.type,
    title: titleOf(upload.filename),
    category: null,
    description: '',
    version: '',
    model_tags: [],
    storage_uri: `/media/${sourceId}`,
    auto_approve: true,
    ...by,
    updated_at: now,
  });
  await insertVersion(trx, {
    id: versionId,
    source_id: sourceId,
    ordinal: 1,
    label: '',
    blob_key: stored.key,
    filename: upload.filename,
    media_type: stored.mediaType,
    size: stored.size,
    sha256: stored.sha256,
    ...by,
  });
  await markCompleted(trx, upload.id, { sourceId, versionId, now });
  await app.jobs.enqueue(trx, 'ingest', { versionId });
  return sourceId;
}

const naming = (filename: string, { code, message, cause, fields }: AppError) =>
  new AppError(code, `"${filename}": ${message}`, { cause, ...(fields && { fields }) });
