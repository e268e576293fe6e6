import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { sentences } from './sentences.ts';

const split = (text: string) => sentences(text).map(([start, end]) => text.slice(start, end));

describe('sentences', () => {
  it.each([
    ['See Fig. 3 for it. Use No. 5 now.', ['See Fig. 3 for it.', 'Use No. 5 now.']],
    ['Ask Dr. Meyer first. Then start.', ['Ask Dr. Meyer first.', 'Then start.']],
    ['Wait approx. 5 min. Then go on.', ['Wait approx. 5 min.', 'Then go on.']],
    [
      'Use a solvent, e.g. Ethanol, i.e. Alcohol vs. Water. Dry it.',
      ['Use a solvent, e.g. Ethanol, i.e. Alcohol vs. Water.', 'Dry it.'],
    ],
    ['Set 3.5 V. Press OK.', ['Set 3.5 V.', 'Press OK.']],
    ['1. Press Start. 2. Open the lid!', ['1. Press Start.', '2. Open the lid!']],
    ['Step 1. Press Start. Wait.', ['Step 1. Press Start.', 'Wait.']],
    ['The pump . . . . . 58', ['The pump . . . . . 58']],
    ['Wait ... 5 min. Go on...... Stop.', ['Wait ... 5 min.', 'Go on......', 'Stop.']],
    ['The limit is reached! Stop? Yes.', ['The limit is reached!', 'Stop?', 'Yes.']],
    ['これは水です。それは油です。', ['これは水です。', 'それは油です。']],
    ['see config.Next and www.example.org.', ['see config.Next and www.example.org.']],
  ])('splits %j', (text, expected) => expect(split(text)).toEqual(expected));

  it('runs over wrapped lines and stops at blank lines, items and short lines', () => {
    const page = [
      'Calibration',
      'The detector must be calibrated before every series of measurements, and',
      'also when the lamp was changed. Use the standard.',
      '- Switch on the lamp',
      '- Wait for the',
      'green light',
      '',
      'Maintenance',
      '',
      'Clean it.',
    ].join('\n');
    expect(split(page)).toEqual([
      'Calibration',
      'The detector must be calibrated before every series of measurements, and\nalso when the lamp was changed.',
      'Use the standard.',
      '- Switch on the lamp',
      '- Wait for the\ngreen light',
      'Maintenance',
      'Clean it.',
    ]);
  });

  it('gives a line of 10 MB without any end in bounded pieces that cover it', () => {
    const line = 'abcdefgh '.repeat(1_200_000);
    const found = sentences(line);
    expect(found.length).toBeGreaterThan(500);
    expect(
      found
        .map(([s, e]) => line.slice(s, e))
        .join('')
        .replaceAll(' ', ''),
    ).toBe(line.replaceAll(' ', ''));
  });

  it('does not change where it splits because a chunk ends there', () => {
    const text = 'The pump no. 5 runs at 5.5 V. See Fig. 3 there. '.repeat(3000);
    const found = split(text);
    expect(found).toHaveLength(6000);
    expect(new Set(found)).toEqual(new Set(['The pump no. 5 runs at 5.5 V.', 'See Fig. 3 there.']));
  });

  const piece = fc.oneof(
    fc.constantFrom('. ', '\n', '\n\n', 'Fig. ', '1. ', ' ', 'e.g. ', '! ', '- ', '。', '\t', ' ', 'X. Y. '),
    fc.string({ unit: 'grapheme', maxLength: 12 }),
    fc.string({ unit: 'binary', maxLength: 6 }),
  );
  test.prop([fc.array(piece, { maxLength: 60 }).map((p) => p.join(''))])(
    'covers all that is not white space, in order, trimmed',
    (text) => {
      let at = 0;
      for (const [start, end] of sentences(text)) {
        expect(text.slice(at, start).trim()).toBe('');
        expect(end).toBeGreaterThan(start);
        expect(text.slice(start, end).trim()).toBe(text.slice(start, end));
        at = end;
      }
      expect(text.slice(at).trim()).toBe('');
    },
  );
});
