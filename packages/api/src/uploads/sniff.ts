import type { SourceType } from '@rayni/contract';
import { fileTypeFromBuffer } from 'file-type';

export type Sniffed = { type: SourceType; mediaType: string };

/** So many first bytes are looked at. */
export const sniffLength = 64 * 1024;

const office: Record<string, string> = {
  docx: 'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
  pptx: 'application/vnd.openxmlformats-officedocument.presentationml.presentation',
  xlsx: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
  odt: 'application/vnd.oasis.opendocument.text',
  odp: 'application/vnd.oasis.opendocument.presentation',
  ods: 'application/vnd.oasis.opendocument.spreadsheet',
};
const images = new Set(['image/png', 'image/jpeg', 'image/tiff', 'image/webp', 'image/gif']);

/** The kinds of text, which only a name tells apart. */
const texts: Record<string, Sniffed> = {
  md: { type: 'note', mediaType: 'text/markdown' },
  markdown: { type: 'note', mediaType: 'text/markdown' },
  csv: { type: 'office', mediaType: 'text/csv' },
  tsv: { type: 'office', mediaType: 'text/tab-separated-values' },
  txt: { type: 'note', mediaType: 'text/plain' },
  text: { type: 'note', mediaType: 'text/plain' },
  log: { type: 'note', mediaType: 'text/plain' },
  '': { type: 'note', mediaType: 'text/plain' },
};

/**
 * The kind of a file by its first bytes, never by its name alone; the name only tells kinds of text apart, and kinds of office files that
 * begin with something else. Undefined: a kind that cannot be read.
 */
export async function sniff(head: Uint8Array, filename: string): Promise<Sniffed | undefined> {
  // A PDF's header may stand anywhere in the first 1,024 bytes (ISO 32000-1, annex H, note 13).
  if (Buffer.from(head.subarray(0, 1024)).includes('%PDF-'))
    return { type: 'pdf', mediaType: 'application/pdf' };
  const extension = (/\.(\w{1,8})$/.exec(filename)?.[1] ?? '').toLowerCase();
  const found = await fileTypeFromBuffer(head).catch(() => undefined);
  if (!found && isTiff(head)) return { type: 'image', mediaType: 'image/tiff' };
  if (!found) return looksLikeText(head) ? texts[extension] : undefined;
  const { mime: mediaType, ext } = found;
  if (images.has(mediaType)) return { type: 'image', mediaType };
  if (/^(?:video|audio)\//.test(mediaType)) return { type: 'video', mediaType };
  const kind = ext === 'zip' ? extension : ext;
  return office[kind] === undefined ? undefined : { type: 'office', mediaType: office[kind] };
}

/** Most programs write what a TIFF holds behind its pixels, which is more than the library is shown. */
const isTiff = (head: Uint8Array) =>
  /^(?:II[*+]\0|MM\0[*+])/.test(Buffer.from(head.subarray(0, 4)).toString('latin1'));

/** Whether the first bytes of a file hold none that no text has. */
export function looksLikeText(head: Uint8Array): boolean {
  const utf16 = (head[0] === 0xff && head[1] === 0xfe) || (head[0] === 0xfe && head[1] === 0xff);
  return utf16 || !head.some((byte) => byte < 9 || (byte > 13 && byte < 27) || byte === 127);
}
