import { createHash } from 'node:crypto';
import type { SourceType } from '@rayni/contract';
import type { App } from '../app.ts';
import type { Stored } from '../companions/companions.ts';
import { AppError } from '../errors.ts';
import { captionsFormat, captionsTypes } from '../ingest/captions-format.ts';
import { decode } from '../ingest/read-note.ts';
import { isOldOffice, oldOffice } from '../ingest/old-office.ts';
import { sniff, sniffLength } from './sniff.ts';
import type { Upload } from './uploads.ts';

/** Where a caller puts; what is kept is copied away from there. */
export const incomingKey = (uploadId: string): string => `incoming/${uploadId}`;

/** Of a caption file: a day of speech has less. */
const mostCaptionBytes = 10 * 2 ** 20;
const noCaptions = 'These are no captions. WebVTT, SRT and SSA can be read.';

/** Copies what was put to this key and checks that copy: what is checked is what is kept, whatever comes to the signed address meanwhile. */
export async function check(
  blobs: App['blobs'],
  upload: Upload,
  key: string,
  wanted: SourceType | undefined,
  maxBytes: number,
) {
  const stored = await copied(blobs, upload, key, maxBytes);
  const found = await sniff(stored.head, upload.filename);
  const fault = faultOf(stored.size, upload.size, maxBytes) ?? kindFault(wanted, found?.type, stored.head);
  if (fault || !found) throw fault;
  return { key, ...stored, ...found };
}

/** As `check`, for a file that is to be the captions of a recording. */
export async function checkCaptions(
  blobs: App['blobs'],
  upload: Upload,
  key: string,
  maxBytes: number,
): Promise<Stored> {
  const most = Math.min(maxBytes, mostCaptionBytes);
  const { head, size, sha256 } = await copied(blobs, upload, key, most, theCaptions);
  const format = captionsFormat(decode(head));
  const fault = faultOf(size, upload.size, most, theCaptions);
  if (fault || !format) throw fault ?? new AppError('UNSUPPORTED_MEDIA_TYPE', noCaptions);
  return { key, filename: upload.filename, mediaType: captionsTypes[format], size, sha256 };
}

async function copied(blobs: App['blobs'], upload: Upload, key: string, maxBytes: number, what = theFile) {
  const incoming = incomingKey(upload.id);
  const put = await blobs.stat(incoming);
  // A store that signs addresses without a limit has taken whatever came.
  if (put && put.size > maxBytes) {
    await blobs.remove(incoming);
    throw tooLarge(maxBytes, what);
  }
  if (!put || !(await blobs.copy(incoming, key)))
    throw new AppError('CONFLICT', 'Nothing was uploaded yet. PUT the file first, then complete again.');
  return digest(blobs, key);
}

/** What a refusal is about: of a recording and its captions it must be plain which is meant. */
const [theFile, theCaptions] = ['The file is', 'The captions are'];

/** The refusal of a file of more bytes than that. */
export const tooLarge = (maxBytes: number, what = theFile): AppError =>
  new AppError('PAYLOAD_TOO_LARGE', `${what} larger than ${Math.floor(maxBytes / 1024 / 1024)} MB.`);

/** What can be read, said to who brought something else. */
const readableKinds =
  'This kind of file cannot be read. PDF, DOCX, PPTX, XLSX, ODT, ODP, ODS, CSV, Markdown and plain text can, and so can pictures (PNG, JPEG, TIFF, WebP, GIF) and recordings (MP4, WebM, MOV, MP3, WAV, FLAC, Ogg).';

function faultOf(
  size: number,
  promised: number | null,
  maxBytes: number,
  what = theFile,
): AppError | undefined {
  if (size > maxBytes) return tooLarge(maxBytes, what);
  if (size === 0) return new AppError('BAD_REQUEST', `${what} empty.`);
  if (promised === null || promised === size) return undefined;
  return new AppError(
    'CONFLICT',
    `The upload is incomplete: ${size} of ${promised} bytes arrived. PUT the file again.`,
  );
}

function kindFault(
  wanted: SourceType | undefined,
  found: SourceType | undefined,
  head: Uint8Array,
): AppError | undefined {
  if (found && (!wanted || wanted === found)) return undefined;
  if (!found && captionsFormat(decode(head)))
    return new AppError(
      'UNSUPPORTED_MEDIA_TYPE',
      'Captions belong to a recording: complete with captionsFor, the id of its source.',
    );
  if (!found && isOldOffice(head)) return new AppError('UNSUPPORTED_MEDIA_TYPE', oldOffice);
  return new AppError(
    'UNSUPPORTED_MEDIA_TYPE',
    wanted && found
      ? `This is not a file of type ${wanted}: its bytes are those of a ${found}.`
      : readableKinds,
  );
}

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
