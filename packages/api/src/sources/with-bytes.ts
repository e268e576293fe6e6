import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import type { App, Trx } from '../app.ts';
import { claimKey, discard, reserveKey } from '../uploads/unclaimed.ts';

/** Bytes that lie in the store. */
export type Stored = { key: string; size: number; sha256: string };

/** Stores bytes, then makes rows hold them in one transaction; when that fails, or `make` says that none does, they go again. */
export async function withBytes(
  app: Pick<App, 'db' | 'blobs' | 'clock'>,
  bytes: Uint8Array,
  make: (trx: Trx, stored: Stored) => Promise<boolean>,
): Promise<boolean> {
  const key = await reserveKey(app);
  let held = false;
  try {
    await app.blobs.put(key, Readable.from([bytes]));
    held = await app.db.transaction(async (trx) => {
      const made = await make(trx, { key, size: bytes.length, sha256: hashOf(bytes) });
      if (made) await claimKey(trx, key);
      return made;
    });
  } finally {
    // What cannot be discarded now is swept later; a key that was claimed after all stays.
    if (!held) await discard(app, key).catch(() => {});
  }
  return held;
}

export const hashOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
