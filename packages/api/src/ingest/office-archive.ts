import { zipSync } from 'fflate';
import { fromBuffer, type Entry, type ZipFile } from 'yauzl';
import { Unreadable } from './reading.ts';

/**
 * What an archive may hold. What it inflates to is counted while it does: headers may lie. Up to `free` bytes any ratio is harmless; a
 * sheet of a hundred thousand like rows is a hundred times smaller as an archive.
 */
export const archiveLimits = { entries: 10_000, ratio: 100, free: 10 * 2 ** 20, bytes: 256 * 2 ** 20 };

/** An archive whose directory was looked at. Nothing is inflated but what is asked for, and archives within it are never opened. */
export type Archive = {
  names: ReadonlySet<string>;
  /** The bytes of an entry as they inflate; nothing where there is none. Throws `Unreadable` beyond the limits. */
  chunks: (name: string) => AsyncGenerator<Uint8Array>;
  /** The whole of an entry, if there is one. */
  read: (name: string) => Promise<Uint8Array | undefined>;
};

const damaged = (cause: unknown) =>
  new Unreadable('This file is damaged: its archive cannot be opened. Save it again and upload that.', {
    cause,
  });

/** Opens the archive an office file is. Throws `Unreadable` for one that is damaged, locked or made to do harm. */
export async function openArchive(bytes: Uint8Array): Promise<Archive> {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const zip = await new Promise<ZipFile>((resolve, reject) => {
    fromBuffer(buffer, { lazyEntries: true, validateEntrySizes: true }, (error, opened) =>
      error ? reject(damaged(error)) : resolve(opened),
    );
  });
  const entries = await entriesOf(zip);
  const most = Math.min(
    archiveLimits.bytes,
    Math.max(archiveLimits.free, archiveLimits.ratio * bytes.length),
  );
  let inflated = 0;

  async function* chunks(name: string): AsyncGenerator<Uint8Array> {
    const entry = entries.get(name);
    if (!entry) return;
    if (inflated + entry.uncompressedSize > most) throw tooLarge(most);
    const stream = await new Promise<AsyncIterable<Uint8Array> & { destroy: () => void }>(
      (resolve, reject) => {
        zip.openReadStream(entry, (error, opened) => (error ? reject(damaged(error)) : resolve(opened)));
      },
    );
    try {
      for await (const chunk of stream) {
        inflated += chunk.length;
        if (inflated > most) throw tooLarge(most);
        yield chunk;
      }
    } catch (error) {
      throw error instanceof Unreadable ? error : damaged(error);
    } finally {
      stream.destroy();
    }
  }
  const read = async (name: string) => {
    const parts: Uint8Array[] = [];
    for await (const chunk of chunks(name)) parts.push(chunk);
    return entries.has(name) ? Buffer.concat(parts) : undefined;
  };
  return { names: new Set(entries.keys()), chunks, read };
}

const tooLarge = (bytes: number) =>
  new Unreadable(
    `This file unpacks to more than ${Math.round(bytes / 2 ** 20)} MB, which is more than can be read. It may be made to do harm.`,
  );

/** The files of an archive by name; folders have none. */
function entriesOf(zip: ZipFile): Promise<Map<string, Entry>> {
  const { promise, resolve, reject } = Promise.withResolvers<Map<string, Entry>>();
  const entries = new Map<string, Entry>();
  if (zip.entryCount > archiveLimits.entries) {
    const message = `This file is an archive of more than ${archiveLimits.entries.toLocaleString('en')} parts, which is more than can be read.`;
    return Promise.reject(new Unreadable(message));
  }
  zip.on('error', (error: Error) =>
    reject(
      /absolute path|relative path|invalid characters/.test(error.message)
        ? new Unreadable('This file holds names that point outside of it. It may be made to do harm.', {
            cause: error,
          })
        : damaged(error),
    ),
  );
  zip.on('entry', (entry: Entry) => {
    const fault = faultOf(entry, entries);
    if (fault) return reject(fault);
    if (!entry.fileName.endsWith('/')) entries.set(entry.fileName, entry);
    zip.readEntry();
  });
  zip.on('end', () => resolve(entries));
  zip.readEntry();
  return promise;
}

/** The type of a file in the upper half of the external attributes, where Unix wrote the archive. */
const [typeBits, link] = [0o170000, 0o120000];

function faultOf(entry: Entry, known: ReadonlyMap<string, Entry>): Unreadable | undefined {
  if (((entry.externalFileAttributes >>> 16) & typeBits) === link)
    return new Unreadable('This file holds a link to another file. It may be made to do harm.');
  if (entry.isEncrypted())
    return new Unreadable('This file is protected by a password. Save it without one and upload it again.');
  // Two readers would read two documents.
  if (known.has(entry.fileName))
    return new Unreadable('This file holds two parts of one name. It may be made to do harm.');
  return undefined;
}

/** An archive of these parts alone, for a library that opens archives itself: it sees what was looked at and nothing else. */
export function packed(parts: Record<string, Uint8Array>): Buffer {
  return Buffer.from(zipSync(parts, { level: 0 }));
}
