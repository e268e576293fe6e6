import { openAsBlob } from 'node:fs';
import path from 'node:path';
import { RayniError } from './errors.ts';

/** A file of this machine for `uploads.put`: read from disk as it is sent, never whole in memory. */
export async function fileFromPath(file: string): Promise<{
  readonly name: string;
  readonly size: number;
  stream(): ReadableStream<Uint8Array<ArrayBuffer>>;
}> {
  const blob = await openAsBlob(file).catch((cause: unknown) => {
    throw new RayniError('BAD_REQUEST', `The file ${file} cannot be read.`, { cause });
  });
  return { name: path.basename(file), size: blob.size, stream: () => blob.stream() };
}
