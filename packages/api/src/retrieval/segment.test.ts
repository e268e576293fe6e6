import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BadSegment, buildSegment, decodeSegment, encodeSegment } from './segment.ts';
import { terms } from './terms.ts';

const segment = fc
  .tuple(
    fc.uniqueArray(
      fc.string({ unit: 'binary', minLength: 1 }).map((word) => word.toWellFormed()),
      { maxLength: 300 },
    ),
    fc.array(fc.tuple(fc.nat({ max: 2 ** 32 - 1 }), fc.array(fc.nat(), { maxLength: 20 })), {
      maxLength: 20,
    }),
  )
  .map(([dictionary, rows]) => {
    const sequence: number[] = [];
    const starts = [0];
    for (const [, ids] of rows) {
      sequence.push(...ids.map((id) => id % (dictionary.length + 1)));
      starts.push(sequence.length);
    }
    return {
      dictionary,
      ordinals: Uint32Array.from(rows, ([ordinal]) => ordinal),
      starts: Uint32Array.from(starts),
      sequence: Uint32Array.from(sequence),
    };
  });

describe('a segment', () => {
  it('comes back from its bytes as it was', () => {
    fc.assert(
      fc.property(segment, (segment) => {
        expect(decodeSegment(encodeSegment(segment))).toEqual(segment);
      }),
    );
  });

  it('is refused when it is cut off, and never read beyond', () => {
    fc.assert(
      fc.property(segment, fc.nat(), (segment, cut) => {
        const bytes = encodeSegment(segment);
        expect(() => decodeSegment(bytes.subarray(0, cut % bytes.length))).toThrow(BadSegment);
      }),
    );
  });

  it('is refused, or read, but never loops on damaged bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        try {
          decodeSegment(Uint8Array.from([1, ...bytes]));
        } catch (error) {
          expect(error).toBeInstanceOf(BadSegment);
        }
      }),
    );
  });

  it('holds title, heading and text of every fragment in order, apart from each other', () => {
    const { dictionary, ordinals, starts, sequence } = decodeSegment(
      buildSegment([
        { ordinal: 1, title: 'Laser manual', heading: 'Cleaning › Lens', text: 'Clean the lens.' },
        { ordinal: 4, title: 'Laser manual', heading: '', text: '' },
      ]),
    );
    const shown = (from: number, to: number) =>
      Array.from(sequence.slice(from, to), (id) => dictionary[id - 1] ?? '|');
    expect([...ordinals]).toEqual([1, 4]);
    expect(shown(starts[0]!, starts[1]!)).toEqual([
      ...terms('laser manual'),
      '|',
      ...terms('cleaning lens'),
      '|',
      ...terms('clean lens'),
    ]);
    expect(shown(starts[1]!, starts[2]!)).toEqual(terms('laser manual'));
  });
});
