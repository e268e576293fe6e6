import { createHmac, randomUUID, timingSafeEqual } from 'node:crypto';
import { createWriteStream, mkdirSync } from 'node:fs';
import { link, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { Transform, type Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Blobs } from '@rayni/api';

/** What a signed address allows: one method on one key until a moment, with a size limit for what is put. */
export type SignedGrant = {
  method: 'PUT' | 'GET';
  key: string;
  /** Seconds since 1970. */
  expires: number;
  maxBytes: number | undefined;
  contentType: string | undefined;
  filename: string | undefined;
};

export type FolderStore = Blobs & {
  /** The folder that holds the bytes; keys are paths below it. */
  readonly root: string;
  /** The grant of an address if its signature is right and it has not expired, else undefined. */
  verify(method: string, key: string, query: Record<string, unknown>): SignedGrant | undefined;
  /** Streams to disk under the key, counting; undefined when more than `maxBytes` came (nothing is kept then). */
  receive(key: string, bytes: Readable, maxBytes: number | undefined): Promise<{ size: number } | undefined>;
};

/** Keys are made of server ids only, so a path never comes from a caller. */
export const keyShape = /^[a-z]+\/[0-9a-f-]{36}$/;

/** A folder as the object store: the same signed-URL flow as S3, the URLs served by the host itself under `/files/`. */
export function openFolderStore(options: {
  root: string;
  secret: string;
  publicUrl: () => string;
  now: () => Date;
}): FolderStore {
  const root = path.resolve(options.root);
  mkdirSync(root, { recursive: true, mode: 0o700 });
  const place = (key: string) => {
    if (!keyShape.test(key)) throw new Error(`not a storage key: ${key.slice(0, 80)}`);
    return path.join(root, key);
  };
  const parts = path.join(root, 'parts');
  const secret = createHmac('sha256', options.secret).update('rayni signed files').digest();

  const makeFolder = async (folder: string) => {
    if (await mkdir(folder, { recursive: true, mode: 0o700 })) await syncFolder(root);
  };

  return {
    root,

    async sign(method, key, { expiresIn, maxBytes, contentType, filename }) {
      place(key);
      const expires = Math.floor(options.now().getTime() / 1000) + expiresIn;
      const grant: SignedGrant = { method, key, expires, maxBytes, contentType, filename };
      const query = new URLSearchParams({ m: method, e: String(expires) });
      if (maxBytes !== undefined) query.set('b', String(maxBytes));
      if (contentType !== undefined) query.set('t', contentType);
      if (filename !== undefined) query.set('n', filename);
      query.set('s', signature(secret, grant).toString('base64url'));
      return {
        url: `${options.publicUrl()}/files/${key}?${query.toString()}`,
        headers: method === 'PUT' && contentType !== undefined ? { 'content-type': contentType } : {},
        expiresAt: new Date(expires * 1000),
      };
    },

    async put(key, bytes) {
      await this.receive(key, bytes, undefined);
    },

    async stat(key) {
      const found = await stat(place(key)).catch(ifMissing);
      return found && { size: found.size };
    },

    async open(key, range) {
      return (await open(place(key))).createReadStream(range);
    },

    async copy(from, to) {
      await makeFolder(path.dirname(place(to)));
      try {
        // The same bytes under a second name: what is put at `from` later is another file.
        await link(place(from), place(to));
        await syncFolder(path.dirname(place(to)));
        return true;
      } catch (error) {
        ifMissing(error);
        return false;
      }
    },

    remove: (key) => rm(place(key), { force: true }),

    async sweepUnfinished(before) {
      const names = await readdir(parts).catch(ifMissing);
      for (const name of names ?? []) {
        const part = path.join(parts, name);
        // Each piece that comes makes it younger.
        const written = (await stat(part).catch(ifMissing))?.mtime;
        if (written && written < before) await rm(part, { force: true });
      }
    },

    verify(method, key, query) {
      const text = (name: string) => (typeof query[name] === 'string' ? query[name] : undefined);
      const allowed = text('m');
      if (!keyShape.test(key) || (allowed !== 'PUT' && allowed !== 'GET')) return undefined;
      // HEAD asks for a part of what GET gives.
      if (method !== allowed && !(method === 'HEAD' && allowed === 'GET')) return undefined;
      const grant: SignedGrant = {
        method: allowed,
        key,
        expires: Number(text('e')),
        maxBytes: text('b') === undefined ? undefined : Number(text('b')),
        contentType: text('t'),
        filename: text('n'),
      };
      const given = Buffer.from(text('s') ?? '', 'base64url');
      const wanted = signature(secret, grant);
      if (given.length !== wanted.length || !timingSafeEqual(given, wanted)) return undefined;
      return grant.expires * 1000 >= options.now().getTime() ? grant : undefined;
    },

    async receive(key, bytes, maxBytes = Number.POSITIVE_INFINITY) {
      const target = place(key);
      const part = path.join(parts, randomUUID());
      await makeFolder(path.dirname(target));
      await makeFolder(parts);
      let size = 0;
      const count = new Transform({
        transform(chunk: Buffer, _encoding, done) {
          size += chunk.length;
          if (size > maxBytes) done(new TooLarge());
          else done(null, chunk);
        },
      });
      try {
        await pipeline(bytes, count, createWriteStream(part, { mode: 0o600, flush: true }));
        await rename(part, target);
        await syncFolder(path.dirname(target));
        return { size };
      } catch (error) {
        await rm(part, { force: true });
        if (error instanceof TooLarge) return undefined;
        throw error;
      }
    },
  };
}

class TooLarge extends Error {}

function ifMissing(error: unknown): undefined {
  if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
}

/** Names that were given in this folder outlast a loss of power; where folders cannot be synced, as on Windows, that is left to the system. */
async function syncFolder(folder: string) {
  const handle = await open(folder).catch(ifRefused);
  try {
    await handle?.sync().catch(ifRefused);
  } finally {
    await handle?.close();
  }
}

function ifRefused(error: unknown): undefined {
  if (!['EISDIR', 'EPERM', 'EINVAL', 'ENOTSUP'].includes((error as NodeJS.ErrnoException).code ?? ''))
    throw error;
}

function signature(secret: Buffer, grant: SignedGrant): Buffer {
  const { method, key, expires, maxBytes, contentType, filename } = grant;
  return createHmac('sha256', secret)
    .update(JSON.stringify([method, key, expires, maxBytes ?? null, contentType ?? null, filename ?? null]))
    .digest();
}
