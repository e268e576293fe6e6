import { crc32, deflateSync } from 'node:zlib';
import { filled, type Hostile } from './hostile.ts';

function chunk(type: string, data: Uint8Array): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const whole = Buffer.alloc(body.length + 8);
  whole.writeUInt32BE(data.length);
  body.copy(whole, 4);
  whole.writeUInt32BE(crc32(body), body.length + 4);
  return whole;
}

/** A grey PNG that says it is so large, of this data. */
export function pngOf(width: number, height: number, data: Uint8Array, before: Buffer[] = []): Buffer {
  const head = Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, 8, 0, 0, 0, 0]);
  head.writeUInt32BE(width);
  head.writeUInt32BE(height, 4);
  const signature = Buffer.from('89504e470d0a1a0a', 'hex');
  const end = chunk('IEND', Buffer.alloc(0));
  return Buffer.concat([signature, chunk('IHDR', head), ...before, chunk('IDAT', data), end]);
}

/** A TIFF, little-endian, of one directory for each list of [tag, value]; `next` is where the last one says that another stands. */
function tiffOf(directories: (readonly [tag: number, value: number])[][], next = 0): Buffer {
  const parts: Buffer[] = [Buffer.from('49492a0008000000', 'hex')];
  let at = 8;
  for (const [i, entries] of directories.entries()) {
    const size = 2 + 12 * entries.length + 4;
    const part = Buffer.alloc(size);
    part.writeUInt16LE(entries.length);
    for (const [j, [tag, value]] of entries.entries()) {
      part.writeUInt16LE(tag, 2 + 12 * j);
      // A long.
      part.writeUInt16LE(4, 4 + 12 * j);
      part.writeUInt32LE(1, 6 + 12 * j);
      part.writeUInt32LE(value, 10 + 12 * j);
    }
    at += size;
    part.writeUInt32LE(i === directories.length - 1 ? next : at, size - 4);
    parts.push(part);
  }
  return Buffer.concat(parts);
}

/** Width, height, one byte a pixel, uncompressed or as said, one strip. */
const grey = (width: number, height: number, compression = 1) =>
  [
    [256, width],
    [257, height],
    [258, 8],
    [259, compression],
    [262, 1],
    [273, 8],
    [277, 1],
    [278, height],
    [279, Math.min(width * height, 1_000)],
  ] as const;

const jpegHead = (width: number, height: number) => {
  const frame = Buffer.from('ffd8ffe000104a46494600010100000100010000ffc0000b080000000001011100', 'hex');
  frame.writeUInt16BE(height, 25);
  frame.writeUInt16BE(width, 27);
  return frame;
};

/** Pictures made to do harm. */
export const hostilePictures: readonly Hostile[] = [
  {
    name: '60,000 by 60,000 pixels in few bytes',
    filename: 'flood.png',
    bytes: () => pngOf(60_000, 60_000, deflateSync(filled(1_000, '\0'))),
  },
  {
    name: '10,000 by 9,900 pixels, all of them there',
    filename: 'large.png',
    bytes: () => pngOf(10_000, 9_900, deflateSync(filled(10_001 * 9_900, '\0'), { level: 1 })),
  },
  {
    name: '60,000 by 60,000 pixels in few bytes',
    filename: 'flood.tiff',
    bytes: () => Buffer.concat([tiffOf([[...grey(60_000, 60_000)]])]),
  },
  {
    name: '9,000 by 9,000 pixels of which none is there',
    filename: 'hollow.tiff',
    bytes: () => tiffOf([[...grey(9_000, 9_000)]]),
  },
  {
    name: 'a directory that comes after itself',
    filename: 'circle.tiff',
    bytes: () => tiffOf([[...grey(20, 20)]], 8),
  },
  {
    name: 'five thousand pages',
    filename: 'pages.tiff',
    bytes: () => tiffOf(Array.from({ length: 5_000 }, () => [...grey(10, 10)])),
  },
  {
    name: '65,535 by 65,535 pixels in few bytes',
    filename: 'flood.jpg',
    bytes: () => Buffer.concat([jpegHead(65_535, 65_535), filled(200, '\0')]),
  },
  {
    name: '65,535 by 65,535 pixels in few bytes',
    filename: 'flood.gif',
    bytes: () => Buffer.from('474946383961ffffffff0000002c00000000ffffffff0002024401003b', 'hex'),
  },
  {
    name: 'a profile that inflates to 256 MB',
    filename: 'profile.png',
    bytes: () =>
      pngOf(1, 1, deflateSync(Buffer.alloc(2)), [
        chunk(
          'iCCP',
          Buffer.concat([Buffer.from('a\0\0', 'latin1'), deflateSync(filled(256 * 2 ** 20), { level: 9 })]),
        ),
      ]),
  },
  {
    name: 'a chunk that says it is 2 GB',
    filename: 'chunk.png',
    bytes() {
      const bytes = pngOf(8, 8, deflateSync(Buffer.alloc(72)));
      bytes.writeUInt32BE(0x7fffffff, 33);
      return bytes;
    },
  },
  {
    name: 'one pixel',
    filename: 'pixel.png',
    bytes: () => pngOf(1, 1, deflateSync(Buffer.alloc(2))),
  },
  {
    name: 'noise in which no word stands',
    filename: 'noise.png',
    bytes: () =>
      pngOf(
        400,
        400,
        deflateSync(
          Uint8Array.from({ length: 401 * 400 }, (_, i) =>
            i % 401 === 0 ? 0 : (Math.imul(i, 2_654_435_761) >>> 24) & 0xff,
          ),
        ),
      ),
  },
  {
    name: 'a picture that is a script as well',
    filename: 'script.gif',
    bytes: () => Buffer.from('GIF89a/*\0\0\0\0\0\0\0*/=1;alert(1)//;'),
  },
];
