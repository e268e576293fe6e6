import { describe, expect, it } from 'vitest';
import { corrupt, corruptions } from './claims-corrupt.ts';
import { paraphrase, seeded } from './claims-paraphrase.ts';

const sentence =
  'If the pump must be stopped, open the valve of the LSR-II for 5 min and check the pressure before the next run.';
const page = `${sentence} The FACS-3 holds 12 tubes.`;

describe('the material of the claims evaluation', () => {
  it('is the same for the same seed', () => {
    for (const seed of [1, 2, 3])
      expect(paraphrase(sentence, seeded(seed))).toEqual(paraphrase(sentence, seeded(seed)));
  });

  it('rewords without a change of numbers and names', () => {
    for (let seed = 0; seed < 50; seed++) {
      const { text } = paraphrase(sentence, seeded(seed)) ?? { text: '' };
      expect(text).not.toBe(sentence);
      expect(text).toContain('LSR-II');
      expect(text).toMatch(/\b(?:5|five)\b/);
    }
  });

  it.each(corruptions.filter((kind) => kind !== 'page'))('changes something for %s', (kind) => {
    const made = Array.from({ length: 20 }, (_, seed) => corrupt(kind, sentence, page, seeded(seed)));
    const wrong = made.filter((text) => text !== undefined);
    expect(wrong.length).toBeGreaterThan(5);
    for (const text of wrong) expect(text).not.toBe(sentence);
  });
});
