import { expect, test } from 'vitest';
import { sniff, sniffLength } from './sniff.ts';

test.each(['II*\0', 'MM\0*', 'II+\0'])(
  'a TIFF whose directory lies behind its pixels is known by its first bytes (%j)',
  async (magic) => {
    const head = Buffer.alloc(sniffLength, 0x82);
    head.write(magic, 'latin1');
    // Where the directory stands: far behind.
    head.writeUInt32LE(0x00010000, 4);
    expect(await sniff(head, 'scan.tif')).toEqual({ type: 'image', mediaType: 'image/tiff' });
  },
);
