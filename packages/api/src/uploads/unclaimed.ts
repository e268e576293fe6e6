import type { App, Trx } from '../app.ts';
import { AppError } from '../errors.ts';
import { newId } from '../ids.ts';
import { deleteUnclaimed, doomUnclaimed, insertUnclaimed, strikeUnclaimed } from './store.ts';

/** A fresh key for bytes that are about to be stored, written down first: unless they are claimed within a day they are swept. */
export async function reserveKey(app: Pick<App, 'db' | 'clock'>): Promise<string> {
  const key = `versions/${newId()}`;
  await insertUnclaimed(app.db.query, { key, created_at: app.clock.now() });
  return key;
}

/** Takes the key into the row that this very transaction makes hold it; CONFLICT when it was given up meanwhile. */
export async function claimKey(trx: Trx, key: string): Promise<void> {
  if (!(await strikeUnclaimed(trx, key)))
    throw new AppError('CONFLICT', 'This took too long. Complete the upload again.');
}

/** The other way round: this transaction takes the key from the row that held it. Its bytes go by `discard`, or by the next sweep. */
export async function releaseKey(app: Pick<App, 'clock'>, trx: Trx, key: string): Promise<void> {
  await insertUnclaimed(trx, { key, created_at: app.clock.now(), doomed: true });
}

/**
 * Removes the bytes of a key that no row holds; one that was claimed stays, also when the claim's commit is still on its way: its lock is
 * waited for. Doomed first, so that dying in the middle leaves nothing that can be claimed without its bytes.
 */
export async function discard(app: Pick<App, 'db' | 'blobs'>, key: string): Promise<void> {
  if (!(await doomUnclaimed(app.db.query, key))) return;
  await app.blobs.remove(key);
  await deleteUnclaimed(app.db.query, key);
}
