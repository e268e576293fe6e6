import type { Citation, Locator } from '@rayni/client';
import { describe, expect, it } from 'vitest';
import { printable } from './connect.ts';
import { markQuote } from './mark-quote.ts';
import { markRows } from './mark-rows.ts';
import { placeOf, proofLine } from './proof-line.ts';

const span = (page: number) => ({ page, width: 1, height: 1, rects: [] });

describe('placeOf', () => {
  it.each<[Locator, string]>([
    [{ kind: 'pdf', spans: [span(12)] }, 'p. 12'],
    [{ kind: 'pdf', spans: [span(13), span(12), span(13)] }, 'pp. 12–13'],
    [{ kind: 'time', start: 65.4, end: 80 }, '1:05–1:20'],
    [{ kind: 'time', start: 0, end: 3_661, speaker: 'Trainer' }, '0:00–1:01:01 (Trainer)'],
    [{ kind: 'slide', slide: 3, start: 0, end: 1 }, 'slide 3'],
    [{ kind: 'sheet', sheet: 'Limits', range: 'A1:B2', start: 0, end: 1 }, 'Limits A1:B2'],
    [{ kind: 'text', start: 0, end: 1 }, ''],
    [{ kind: 'none' }, ''],
  ])('%j is %s', (locator, shown) => expect(placeOf(locator)).toBe(shown));
});

describe('proofLine', () => {
  const citation: Citation = {
    id: 'c',
    marker: 2,
    sourceId: 's',
    sourceTitle: 'Manual\u001b[2J',
    sourceType: 'pdf',
    versionId: 'v',
    fragmentId: 'f',
    quote: 'The pump\nruns at 5 bar.',
    ranges: [],
    locator: { kind: 'pdf', spans: [span(4)] },
    support: 'verified',
    reasons: [],
    score: 1,
  };

  it('names source, place and support, and quotes on one line', () => {
    expect(proofLine(citation)).toBe('[2] Manual[2J, p. 4 · verified · "The pump runs at 5 bar."');
  });

  it('says what is missing where it is less than verified', () => {
    expect(proofLine({ ...citation, support: 'partial', reasons: ['number', 'unit'] })).toContain(
      '· partial (number, unit) ·',
    );
  });

  it('cuts a long quote', () => {
    const line = proofLine({ ...citation, quote: 'word '.repeat(100) });
    expect(line.length).toBeLessThan(200);
    expect(line).toMatch(/word…"$/);
  });
});

describe('markQuote', () => {
  it('marks the quote within its passage', () => {
    expect(markQuote('One. Two words. Three.', 'Two words.')).toBe('One. »Two words.« Three.');
  });

  it('cuts a long passage at words, some 300 characters from the quote', () => {
    const marked = markQuote(`${'before '.repeat(100)}HERE ${'after '.repeat(100)}`, 'HERE');
    expect(marked).toMatch(/^… (before )+»HERE«( after)+ …$/);
    expect(marked!.length).toBeGreaterThan(500);
    expect(marked!.length).toBeLessThan(650);
  });

  it('shows a passage of one endless word', () => {
    expect(markQuote(`${'a'.repeat(1_000)}HERE${'b'.repeat(1_000)}`, 'HERE')).toBe(
      `… ${'a'.repeat(300)}»HERE«${'b'.repeat(300)} …`,
    );
  });

  it('knows when the quote is not there', () => {
    expect(markQuote('One.', 'Two.')).toBeUndefined();
    expect(markQuote('One.', '')).toBeUndefined();
  });
});

describe('printable', () => {
  it('drops what steers a terminal and keeps lines, tabs and letters', () => {
    expect(printable('a\u001b[31mb\u0007\u009b\u0000\r\n\tü😀')).toBe('a[31mb\n\tü😀');
  });
});

describe('markRows', () => {
  const rows = Array.from({ length: 20 }, (_, i) => `R-${i}\t${i * 100} rpm`).join('\n');
  const passage = `Rotor\tSpeed\n ${rows}`;

  it('marks the row of the quote among its neighbours, under the names of the columns', () => {
    expect(markRows(passage, 'R-9\t900 rpm')?.split('\n')).toEqual([
      '  Rotor  Speed',
      '  …',
      '  R-6    600 rpm',
      '  R-7    700 rpm',
      '  R-8    800 rpm',
      '» R-9    900 rpm',
      '  R-10   1000 rpm',
      '  R-11   1100 rpm',
      '  R-12   1200 rpm',
      '  …',
    ]);
  });

  it('marks every row the quote touches, and leaves nothing out that is near', () => {
    expect(markRows('Rotor\tSpeed\nA\t1\nB\t2', 'Speed\nA\t1')?.split('\n')).toEqual([
      '» Rotor  Speed',
      '» A      1',
      '  B      2',
    ]);
    expect(markRows('A\t1', 'B')).toBeUndefined();
    expect(markRows('A\t1', '')).toBeUndefined();
  });
});
