import { fileTypeFromBuffer } from 'file-type';
import { looksLikeText, sniffLength } from '../uploads/sniff.ts';

/** What a server may say of a page, and as what it is read then. Nothing else is fetched. */
const kinds = {
  'text/html': 'url',
  'application/xhtml+xml': 'url',
  'text/plain': 'url',
  'text/markdown': 'url',
  'text/x-markdown': 'url',
  'application/pdf': 'pdf',
  'application/x-pdf': 'pdf',
  // Of servers that do not know better; only a PDF is known by its bytes alone.
  'application/octet-stream': 'pdf',
} as const;

const isKnown = (mediaType: string): mediaType is keyof typeof kinds => Object.hasOwn(kinds, mediaType);

/** Whether what a server sends as this media type is worth taking; `pageKind` looks at the bytes. */
export const isFetchable = (mediaType: string): boolean => isKnown(mediaType);

/** As what a fetched page is read, by what its server said of it and by its bytes, which must agree; undefined when they do not. */
export async function pageKind(mediaType: string, bytes: Uint8Array): Promise<'url' | 'pdf' | undefined> {
  if (!isKnown(mediaType)) return undefined;
  const head = bytes.subarray(0, sniffLength);
  const said = kinds[mediaType];
  // As `sniff` finds a PDF.
  if (said === 'pdf') return Buffer.from(head.subarray(0, 1024)).includes('%PDF-') ? 'pdf' : undefined;
  const found = await fileTypeFromBuffer(head).catch(() => undefined);
  const isText = (found === undefined || found.mime === 'application/xml') && looksLikeText(head);
  return isText ? said : undefined;
}
