import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { App, Trx } from '../app.ts';
import { newId } from '../ids.ts';
import { claimKey, discard, releaseKey, reserveKey } from '../uploads/unclaimed.ts';
import {
  companionKeys,
  companionOf,
  deleteCompanion,
  deleteCompanions,
  insertCompanion,
  lockSourceOf,
} from './store.ts';

/** Stored bytes that are to belong to a version. */
export type Stored = { key: string; filename: string; mediaType: string; size: number; sha256: string };

/** The captions that belong to a version, if any. */
export const captionsOf = (query: App['db']['query'], versionId: string) =>
  companionOf(query, versionId, 'captions');

/** The same, which nobody changes before the transaction is over. */
export async function heldCaptionsOf(trx: Trx, versionId: string) {
  await lockSourceOf(trx, versionId);
  return captionsOf(trx, versionId);
}

/** The frame of a recording that is shown for it, if there is one. */
export const posterOf = (query: App['db']['query'], versionId: string) =>
  companionOf(query, versionId, 'poster');

/**
 * Makes stored bytes the captions of a version, in the place of those it had. Returns the keys that nobody holds any more once the transaction
 * is through. The source must be locked.
 */
export async function putCaptions(
  app: Pick<App, 'clock'>,
  trx: Trx,
  versionId: string,
  { key, filename, mediaType, size, sha256 }: Stored,
  createdBy: string | null,
): Promise<string[]> {
  await claimKey(trx, key);
  const former = await deleteCompanions(trx, versionId, 'captions');
  for (const left of former) await releaseKey(app, trx, left);
  await insertCompanion(trx, {
    id: newId(),
    version_id: versionId,
    kind: 'captions',
    blob_key: key,
    filename,
    media_type: mediaType,
    size,
    sha256,
    created_by: createdBy,
    created_at: app.clock.now(),
  });
  return former;
}

/** Keeps a JPEG file as the frame to show for a version, unless there is one or the source was deleted. */
export async function keepPoster(
  app: Pick<App, 'db' | 'blobs' | 'clock'>,
  versionId: string,
  jpeg: { path: string },
): Promise<void> {
  const key = await reserveKey(app);
  let kept = false;
  try {
    const bytes = await readFile(jpeg.path);
    await app.blobs.put(key, createReadStream(jpeg.path));
    kept = await app.db.transaction(async (trx) => {
      if (!(await lockSourceOf(trx, versionId)) || (await posterOf(trx, versionId))) return false;
      await claimKey(trx, key);
      await insertCompanion(trx, {
        id: newId(),
        version_id: versionId,
        kind: 'poster',
        blob_key: key,
        filename: 'poster.jpg',
        media_type: 'image/jpeg',
        size: bytes.length,
        sha256: createHash('sha256').update(bytes).digest('hex'),
        created_by: null,
        created_at: app.clock.now(),
      });
      return true;
    });
  } finally {
    if (!kept) await discard(app, key);
  }
}

/** Removes the files beside the versions of a deleted source: the bytes of each before its row, so that it can be done again from any step. */
export async function forgetCompanions(app: Pick<App, 'db' | 'blobs'>, sourceId: string): Promise<void> {
  for (const key of await companionKeys(app.db.query, sourceId)) {
    await app.blobs.remove(key);
    await deleteCompanion(app.db.query, key);
  }
}
