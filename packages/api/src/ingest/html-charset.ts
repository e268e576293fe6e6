import { decode } from './read-note.ts';

/** So many first bytes are searched for a declaration: the HTML standard asks for 1,024, and some pages have a longer preamble. */
const searched = 4096;

/**
 * The text of a page: by its byte order mark, else as its server said, else as it says itself (`<meta>`, XML declaration), else UTF-8 if
 * it is valid, else Windows-1252. A name of an encoding that nobody knows counts as not said.
 */
export function decodePage(bytes: Uint8Array, charset: string | undefined): string {
  const marked =
    bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf
      ? 'utf-8'
      : bytes[0] === 0xff && bytes[1] === 0xfe
        ? 'utf-16le'
        : bytes[0] === 0xfe && bytes[1] === 0xff
          ? 'utf-16be'
          : undefined;
  const decoder = decoderOf(marked) ?? decoderOf(charset) ?? decoderOf(declared(bytes));
  return decoder ? decoder.decode(bytes) : decode(bytes);
}

function decoderOf(label: string | undefined): { decode(bytes: Uint8Array): string } | undefined {
  try {
    return label === undefined ? undefined : new TextDecoder(label);
  } catch {
    return undefined;
  }
}

function declared(bytes: Uint8Array): string | undefined {
  const head = Buffer.from(bytes.subarray(0, searched)).toString('latin1');
  const found =
    /<meta[^>]{0,200}?\scharset\s{0,9}=\s{0,9}["']?\s{0,9}([\w.:-]{1,40})/i.exec(head)?.[1] ??
    /<meta[^>]{0,200}?;\s{0,9}charset\s{0,9}=\s{0,9}([\w.:-]{1,40})/i.exec(head)?.[1] ??
    /^\s{0,9}<\?xml[^>]{0,100}?\sencoding\s{0,9}=\s{0,9}["']([\w.:-]{1,40})/i.exec(head)?.[1];
  // What could be read this far is no UTF-16 (HTML standard, 13.2.3.2).
  return found !== undefined && /^utf-?16/i.test(found) ? 'utf-8' : found;
}
