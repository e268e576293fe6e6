import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Located } from '@rayni/client';
import { findFFmpeg } from '../find-program.ts';
import { Failure } from './connect.ts';

/** Writes the frame in the middle of the time a quote is spoken in as PNG, from the very bytes the Proof was made from; returns its time in seconds. */
export async function drawFrame(
  located: Located,
  { start, end }: Extract<Located['locator'], { kind: 'time' }>,
  file: string,
): Promise<number> {
  const tools = findFFmpeg();
  if (!tools) throw new Failure('ffmpeg is needed to draw a frame of a recording. Install it and try again.');
  const { pictureAt, probe } = await import('@rayni/api/ffmpeg');
  const folder = await mkdtemp(path.join(tmpdir(), 'rayni-proof-'));
  try {
    const recording = path.join(folder, 'recording');
    await download(located, recording);
    const never = new AbortController().signal;
    if (!(await probe(tools, recording, never)).hasPictures)
      throw new Failure('This recording has sound only; there is no frame to draw.');
    const at = (start + end) / 2;
    if (!(await pictureAt(tools, recording, at, { path: path.resolve(file), as: 'png' }, never)))
      throw new Failure('There is no picture at this time of the recording.');
    return at;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The original as a file: recordings may be too large for the memory. */
async function download({ url, checksum }: Located, to: string): Promise<void> {
  const response = await fetch(url);
  if (!response.ok || !response.body)
    throw new Failure(`The recording could not be fetched (HTTP ${response.status}).`);
  const hash = createHash('sha256');
  const hashed = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      done(null, chunk);
    },
  });
  await pipeline(Readable.fromWeb(response.body), hashed, createWriteStream(to));
  if (`sha256:${hash.digest('hex')}` !== checksum)
    throw new Failure('The recording’s bytes are not those the Proof was made from.');
}
