import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { codeParts, tokenize } from './tokens.ts';

const shown = (text: string) =>
  tokenize(text).map((t) => `${t.kind} ${t.norm}${t.unit === undefined ? '' : ` [${t.unit}]`}`);

describe('tokenize', () => {
  it.each([
    ['5V', ['number 5 [V]']],
    ['10-20', ['number 10', 'number 20']],
    ['10–20 °C', ['number 10 [°C]', 'number 20 [°C]']],
    ['10 to 20 min', ['number 10 [min]', 'word to', 'number 20 [min]']],
    ['20 ± 0.5 °C', ['number 20 [°C]', 'number ±0.5 [°C]']],
    ['1,234 and 12,345.670', ['number 1234', 'word and', 'number 12345.67']],
    ['−5 and -5 and x-5', ['number -5', 'word and', 'number -5', 'word and', 'word x', 'number 5']],
    ['2 × 10^5, 2×10⁵, 2e5', ['number 200000', 'number 200000', 'number 200000']],
    ['½ 2½ 1/4 .5', ['number 0.5', 'number 2.5', 'number 0.25', 'number 0.5']],
    ['2.50 2.5 0,5', ['number 2.5', 'number 2.5', 'number 0.5']],
    ['5 µm 5 μm 5um', ['number 5 [µm]', 'number 5 [µm]', 'number 5 [µm]']],
    ['25 ºC', ['number 25 [°C]']],
    ['½abc .5abc', ['number 0.5', 'word abc', 'number 0.5', 'word abc']],
    ['25 ° C, 25 degrees Celsius', ['number 25 [°C]', 'number 25 [°C]']],
    ['500 x g, 500 g', ['number 500 [x g]', 'number 500 [g]']],
    ['0.5 mL/min at 9.8 m/s²', ['number 0.5 [mL/min]', 'word at', 'number 9.8 [m/s²]']],
    ['24-VDC, 5-minute', ['number 24 [VDC]', 'number 5 [min]']],
    ['5 in the box, 5 in.', ['number 5', 'word in', 'word the', 'word box', 'number 5 [in]']],
    ['5 mV is not 5 MV', ['number 5 [mV]', 'word is', 'word not', 'number 5 [MV]']],
    ['E-104 LSR-II M3x8', ['code e-104', 'code lsr-ii', 'code m3x8']],
    ['PN 4471-A', ['word pn', 'code 4471-a']],
    ['set_term setTerm is.na pH', ['code set_term', 'code setterm', 'code is.na', 'code ph']],
    ['1.2.3 2024-01-15 0x1F', ['code 1.2.3', 'code 2024-01-15', 'code 0x1f']],
    ['the end.Next e.g. this', ['word the', 'word end', 'word next', 'word eg', 'word this']],
    ['well-known type-2', ['word well', 'word known', 'word type', 'number 2']],
    ['don’t the user’s', ["word don't", 'word the', 'word user']],
    ['instru-\nment', ['word instrument']],
    ['漢字 한국어 العربية ٣٤', ['word 漢', 'word 字', 'word 한국어', 'word العربية', 'number 34']],
    ['H₂O ﬁlter 1024x768', ['code h2o', 'word filter', 'number 1024', 'number 768']],
  ])('reads %s', (text, expected) => {
    expect(shown(text)).toEqual(expected);
  });

  const piece = fc.oneof(
    fc.constantFrom(...Array.from(" -.,'/×x±°%µ_\n½²①5VA1e^E"), '10', 'mL', '−', '–', 'to', '漢', '𝛼', 'é'),
    fc.string({ unit: 'binary', maxLength: 4 }),
  );
  const text = fc.array(piece, { maxLength: 40 }).map((pieces) => pieces.join(''));

  it('gives ordered, disjoint, non-empty ranges with a name, whatever the text', () => {
    fc.assert(
      fc.property(text, (text) => {
        let last = 0;
        for (const token of tokenize(text)) {
          expect(token.start).toBeGreaterThanOrEqual(last);
          expect(token.end).toBeGreaterThan(token.start);
          expect(token.end).toBeLessThanOrEqual(text.length);
          expect(token.norm).not.toBe('');
          last = token.end;
        }
      }),
    );
  });

  it('leaves no letter and no digit outside of a token, but for a multiplication x', () => {
    fc.assert(
      fc.property(text, (text) => {
        let rest = '';
        let last = 0;
        for (const token of tokenize(text)) {
          rest += `${text.slice(last, token.start)}\n`;
          last = token.end;
        }
        expect((rest + text.slice(last)).replace(/[xXº]/g, '')).not.toMatch(/[\p{L}\p{Nd}]/u);
      }),
    );
  });

  it('reads a number the same in every spelling', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 9_999_999 }), fc.integer({ min: 0, max: 999 }), (whole, part) => {
        const fraction = String(part).padStart(3, '0');
        const norm = String(Number(`${whole}.${fraction}`));
        for (const surface of [
          `${whole}.${fraction}`,
          `${whole}.${fraction}00`,
          `${whole.toLocaleString('en-US')}.${fraction}`,
        ])
          expect(tokenize(`at ${surface} mm`)[1]).toMatchObject({ norm, unit: 'mm' });
      }),
    );
  });
});

describe('codeParts', () => {
  it.each([
    ['setTerm', ['set', 'term']],
    ['E-104', ['e', '104']],
    ['HTTPServer2_x', ['http', 'server', '2', 'x']],
    ['is.na', ['is', 'na']],
  ])('splits %s', (code, parts) => {
    expect(codeParts(code)).toEqual(parts);
  });
});
