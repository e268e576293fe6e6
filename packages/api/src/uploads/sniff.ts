import type { SourceType } from '@rayni/contract';

/** What the first bytes say, in the order they are tried; text last, when nothing else fits. */
export type Sniffed = { type: SourceType; mediaType: string };

const latin = (bytes: Uint8Array) => Buffer.from(bytes).toString('latin1');

/**
 * The kind of a file by its first kilobyte, never by its name alone; the name only tells Markdown from plain text.
 * Undefined: a kind that cannot be read yet.
 */
export function sniff(head: Uint8Array, filename: string): Sniffed | undefined {
  // A PDF's header may stand anywhere in the first 1,024 bytes (ISO 32000-1, annex H, note 13).
  if (latin(head.subarray(0, 1024)).includes('%PDF-')) return { type: 'pdf', mediaType: 'application/pdf' };
  if (!looksLikeText(head)) return undefined;
  return /\.(md|markdown)$/i.test(filename)
    ? { type: 'note', mediaType: 'text/markdown' }
    : /\.(txt|text|log)$/i.test(filename) || !/\.\w{1,5}$/.test(filename)
      ? { type: 'note', mediaType: 'text/plain' }
      : undefined;
}

function looksLikeText(head: Uint8Array): boolean {
  const utf16 = (head[0] === 0xff && head[1] === 0xfe) || (head[0] === 0xfe && head[1] === 0xff);
  return utf16 || !head.some((byte) => byte < 9 || (byte > 13 && byte < 27) || byte === 127);
}
