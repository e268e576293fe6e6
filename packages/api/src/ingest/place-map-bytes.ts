import type { Boxes, PlaceMap } from './reading.ts';

const version = 1;
/** Their order is what is stored: new ones go to the end. */
const kinds = ['none', 'offsets', 'boxes', 'pixels', 'times', 'cells', 'slide'] as const;
/**
 * How many numbers an entry has, and in which fraction they are kept. Boxes in 32nds of a point: half a thousandth of an inch, well under
 * the width of a hairline. Times in milliseconds.
 */
const numbers = {
  boxes: { each: 4, grid: 32 },
  pixels: { each: 4, grid: 32 },
  times: { each: 2, grid: 1_000 },
  cells: { each: 2, grid: 1 },
} as const;

/**
 * A place map as bytes: version, kind, what holds for the whole unit, then per entry the differences to the one before as variable-length
 * integers. Boxes are kept within 1/64 of a point, times to the millisecond.
 */
export function encodePlaceMap(places: PlaceMap): Uint8Array {
  const kind = kinds.indexOf(places.kind);
  switch (places.kind) {
    case 'none':
    case 'slide':
      return Uint8Array.of(version, kind);
    case 'offsets':
      return Buffer.concat([Uint8Array.of(version, kind), Buffer.from(places.url ?? '')]);
    case 'cells':
      return Buffer.concat([
        Uint8Array.of(version, kind),
        withLength(Buffer.from(places.sheet)),
        encodeEntries(places, places.cells, numbers.cells),
      ]);
    case 'times':
      return Buffer.concat([
        Uint8Array.of(version, kind),
        encodeEntries(places, places.times, numbers.times),
      ]);
    case 'boxes':
    case 'pixels': {
      const head = Buffer.alloc(18);
      head[0] = version;
      head[1] = kind;
      head.writeDoubleLE(places.width, 2);
      head.writeDoubleLE(places.height, 10);
      return Buffer.concat([
        head,
        encodeEntries(places, places.boxes, numbers[places.kind]),
        encodeRest(places),
      ]);
    }
  }
}

/** The place map that was encoded; throws on bytes of another version. */
export function decodePlaceMap(bytes: Uint8Array): PlaceMap {
  const kind = kinds[bytes[1] ?? -1];
  if (bytes[0] !== version || kind === undefined) throw new Error('Unknown version of a place map.');
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  switch (kind) {
    case 'none':
    case 'slide':
      return { kind };
    case 'offsets':
      return { kind, ...(view.length > 2 && { url: view.toString('utf8', 2) }) };
    case 'cells': {
      const at = 6 + view.readUInt32LE(2);
      const { starts, ends, values } = decodeEntries(view, at, numbers.cells);
      return { kind, sheet: view.toString('utf8', 6, at), starts, ends, cells: Uint32Array.from(values) };
    }
    case 'times': {
      const { starts, ends, values } = decodeEntries(view, 2, numbers.times);
      return { kind, starts, ends, times: values };
    }
    case 'boxes':
    case 'pixels': {
      const { starts, ends, values, after } = decodeEntries(view, 18, numbers[kind]);
      const [width, height] = [view.readDoubleLE(2), view.readDoubleLE(10)];
      const boxes = Float32Array.from(values);
      return { kind, width, height, starts, ends, boxes, ...decodeRest(view, after) };
    }
  }
}

function withLength(bytes: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32LE(bytes.length);
  return Buffer.concat([length, bytes]);
}

type Entries = { starts: Uint32Array; ends: Uint32Array };
type Numbers = { each: number; grid: number };

function encodeEntries(
  { starts, ends }: Entries,
  values: ArrayLike<number>,
  { each, grid }: Numbers,
): Buffer {
  const count = starts.length;
  const bytes = Buffer.alloc(4 + count * (10 + each * 7));
  bytes.writeUInt32LE(count);
  let at = 4;
  const put = (value: number) => {
    // Zigzag: small negative numbers stay short.
    let rest = value < 0 ? -2 * value - 1 : 2 * value;
    while (rest > 127) {
      bytes[at++] = (rest % 128) + 128;
      rest = Math.floor(rest / 128);
    }
    bytes[at++] = rest;
  };
  let end = 0;
  const last = new Float64Array(each);
  for (let i = 0; i < count; i++) {
    put(starts[i]! - end);
    put(ends[i]! - starts[i]!);
    end = ends[i]!;
    for (let k = 0; k < each; k++) {
      const value = Math.round(values[each * i + k]! * grid);
      put(value - last[k]!);
      last[k] = value;
    }
  }
  return bytes.subarray(0, at);
}

function decodeEntries(
  bytes: Buffer,
  from: number,
  { each, grid }: Numbers,
): Entries & { values: Float64Array; after: number } {
  const count = bytes.readUInt32LE(from);
  const starts = new Uint32Array(count);
  const ends = new Uint32Array(count);
  const values = new Float64Array(each * count);
  let at = from + 4;
  const take = () => {
    let value = 0;
    let scale = 1;
    for (;;) {
      const byte = bytes[at++];
      if (byte === undefined) throw new Error('A place map ends too early.');
      value += (byte & 127) * scale;
      if (byte < 128) break;
      scale *= 128;
    }
    return value % 2 === 1 ? -(value + 1) / 2 : value / 2;
  };
  let end = 0;
  const last = new Float64Array(each);
  for (let i = 0; i < count; i++) {
    starts[i] = end + take();
    ends[i] = end = starts[i]! + take();
    for (let k = 0; k < each; k++) {
      last[k] = last[k]! + take();
      values[each * i + k] = last[k]! / grid;
    }
  }
  return { starts, ends, values, after: at };
}

/** The page, 0 for none, and the doubtful entries; nothing without either: maps were written without before there were any. */
function encodeRest({
  page = 0,
  doubtful = new Uint32Array(0),
}: Pick<Boxes, 'page' | 'doubtful'>): Uint8Array {
  if (page === 0 && doubtful.length === 0) return new Uint8Array(0);
  const bytes = Buffer.alloc(4 + 4 * doubtful.length);
  bytes.writeUInt32LE(page);
  for (const [i, index] of doubtful.entries()) bytes.writeUInt32LE(index, 4 + 4 * i);
  return bytes;
}

function decodeRest(bytes: Buffer, from: number): Pick<Boxes, 'page' | 'doubtful'> {
  if (from + 4 > bytes.length) return {};
  const page = bytes.readUInt32LE(from);
  const count = Math.floor((bytes.length - from) / 4) - 1;
  const doubtful = Uint32Array.from({ length: count }, (_, i) => bytes.readUInt32LE(from + 4 + 4 * i));
  return { ...(page > 0 && { page }), ...(count > 0 && { doubtful }) };
}
