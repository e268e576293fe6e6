import { terms } from './terms.ts';

/** A fragment as the index sees it: title and heading are searched with the text, each word of theirs counting like one of the text's. */
export type SegmentFragment = { ordinal: number; title: string; heading: string; text: string };

/**
 * The index terms of one reading's fragments in order: of fragment `i` they are `dictionary[sequence[j] - 1]` for `starts[i] ≤ j < starts[i + 1]`;
 * a 0 stands between title, heading and text. Postings follow from it in one counting pass, and phrases can be looked up in it, so
 * nothing else is stored.
 */
export type Segment = {
  dictionary: string[];
  ordinals: Uint32Array;
  starts: Uint32Array;
  sequence: Uint32Array;
};

/** Stored postings that cannot be read: cut off, or of another format. */
export class BadSegment extends Error {
  override readonly name = 'BadSegment';
}

/** The prepared postings of one reading, as they are stored beside it. */
export function buildSegment(fragments: Iterable<SegmentFragment>): Uint8Array {
  // Titles and headings stand over many fragments.
  const known = new Map<string, string[]>();
  const once = (text: string) => {
    const found = known.get(text) ?? terms(text);
    known.set(text, found);
    return found;
  };
  const rows = Array.from(fragments, ({ ordinal, title, heading, text }) => ({
    ordinal,
    parts: [once(title), once(heading), terms(text)],
  }));
  const counts = new Map<string, number>();
  for (const { parts } of rows)
    for (const part of parts) for (const term of part) counts.set(term, (counts.get(term) ?? 0) + 1);
  // Frequent terms get the small numbers, which take one byte; the second key makes equal readings equal bytes.
  const dictionary = [...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1)).map(([term]) => term);
  const ids = new Map(dictionary.map((term, i) => [term, i + 1]));
  const sequence: number[] = [];
  const starts = [0];
  for (const { parts } of rows) {
    for (const part of parts) {
      if (part.length === 0) continue;
      if (sequence.length > (starts.at(-1) ?? 0)) sequence.push(0);
      for (const term of part) sequence.push(ids.get(term) ?? 0);
    }
    starts.push(sequence.length);
  }
  return encodeSegment({
    dictionary,
    ordinals: Uint32Array.from(rows, (row) => row.ordinal),
    starts: Uint32Array.from(starts),
    sequence: Uint32Array.from(sequence),
  });
}

const version = 1;

/**
 * Version byte; varints: terms, bytes of the dictionary, fragments, length of the sequence; the dictionary, each term as its length in
 * bytes (varint) and UTF-8; then per fragment its ordinal, its length and its term numbers, varints too.
 */
export function encodeSegment(segment: Segment): Uint8Array {
  const { dictionary, ordinals, starts, sequence } = segment;
  const words = dictionary.map((word) => Buffer.from(word));
  const wordBytes = words.reduce((sum, word) => sum + word.length + varintLength(word.length), 0);
  const out = new Uint8Array(21 + wordBytes + 10 * ordinals.length + 5 * sequence.length);
  let at = 0;
  const put = (value: number) => {
    while (value > 127) {
      out[at++] = (value & 127) | 128;
      value >>>= 7;
    }
    out[at++] = value;
  };
  for (const value of [version, dictionary.length, wordBytes, ordinals.length, sequence.length]) put(value);
  for (const word of words) {
    put(word.length);
    out.set(word, at);
    at += word.length;
  }
  for (let i = 0; i < ordinals.length; i++) {
    const from = starts[i] ?? 0;
    const to = starts[i + 1] ?? from;
    put(ordinals[i] ?? 0);
    put(to - from);
    for (let j = from; j < to; j++) put(sequence[j] ?? 0);
  }
  return out.slice(0, at);
}

const varintLength = (value: number): number => (value < 128 ? 1 : 1 + varintLength(value >>> 7));

/** Throws `BadSegment` for bytes that are none, or of another version. */
export function decodeSegment(bytes: Uint8Array): Segment {
  const reader = readSegment(bytes);
  const dictionary: string[] = [];
  reader.words(reader.size, (start, end) =>
    dictionary.push(Buffer.from(bytes.subarray(start, end)).toString('utf8')),
  );
  const ordinals = new Uint32Array(reader.fragments);
  const starts = new Uint32Array(reader.fragments + 1);
  const sequence = new Uint32Array(reader.length);
  reader.rows({ ordinals, starts, sequence }, 0, reader.fragments);
  return { dictionary, ordinals, starts, sequence };
}

/** Where decoded fragments go: several segments are laid into the same arrays, one behind the other. */
export type Rows = Omit<Segment, 'dictionary'>;

/**
 * Opens a segment so that it can be read in slices: the next `count` words, until there are `size`, as ranges of the bytes; then the next
 * `count` fragments into `rows` from fragment `row` on (`starts[row]` must be set), until there are `fragments`, their terms renumbered by `map`.
 */
export function readSegment(bytes: Uint8Array) {
  let at = 0;
  const get = (): number => {
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = bytes[at++];
      if (byte === undefined) break;
      value |= (byte & 127) << shift;
      if (byte < 128) return value >>> 0;
    }
    throw new BadSegment('The segment ends too early.');
  };
  if (get() !== version) throw new BadSegment('The segment has another version.');
  const size = get();
  const wordBytes = get();
  const fragments = get();
  const length = get();
  const wordsEnd = at + wordBytes;
  // A term takes a byte at least, a fragment two, a term number one: no count can make a reader set aside more than the bytes are worth.
  if (wordsEnd > bytes.length || size > wordBytes || fragments * 2 + length > bytes.length - wordsEnd)
    throw new BadSegment('The segment is cut off.');
  let word = at;
  at = wordsEnd;
  let left = length;

  function words(count: number, on: (start: number, end: number) => void): void {
    const rows = at;
    at = word;
    for (let i = 0; i < count; i++) {
      const end = get() + at;
      if (end > wordsEnd) throw new BadSegment('A term runs over the end of the dictionary.');
      on(at, end);
      at = end;
    }
    word = at;
    at = rows;
  }
  function rows(into: Rows, row: number, count: number, map?: Uint32Array): void {
    let to = into.starts[row] ?? 0;
    for (let i = row; i < row + count; i++) {
      into.ordinals[i] = get();
      const end = to + get();
      left -= end - to;
      if (left < 0) throw new BadSegment('The segment holds more than it says.');
      while (to < end) {
        const id = get();
        if (id > size) throw new BadSegment('The segment names a term it does not have.');
        into.sequence[to++] = map === undefined ? id : map[id]!;
      }
      into.starts[i + 1] = to;
    }
  }
  return { size, fragments, length, words, rows };
}
